"""`make` sets up a fresh clone: with uv, with pip alone, and with the Pythons that every package has a wheel for."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ingestion.settings import ROOT

pytestmark = pytest.mark.program
# Few packages stand for the lock: what builds the project itself, and one with an extra.
PACKAGES = {"editables", "hatchling", "packaging", "pathspec", "pluggy", "trove-classifiers"}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A project of the same Makefile and pyproject.toml, with a short lock."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for package in ("ingestion", "api", "flows"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "README.md").touch()
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    pins = re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text())
    lock = [pin for pin in pins if pin.split("==")[0] in PACKAGES]
    assert len(lock) == len(PACKAGES)
    (tmp_path / "requirements.lock").write_text("\n".join(lock) + "\n")
    return tmp_path


def make(folder: Path, *arguments: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Set up the project of a folder; `path` is searched for programs before the machine's own folders."""
    folders = f"{path}:/usr/bin:/bin" if path else os.environ["PATH"]
    inherited = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    }  # `make test` sets some
    return subprocess.run(
        ["make", ".venv/.ready", *arguments],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        env={**inherited, "PATH": folders},
    )


def program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def python_only(folder: Path) -> Path:
    """A folder of programs with this Python and without uv."""
    program(folder, "python3", f'exec {shutil.which("python3")} "$@"')
    return folder


def installed(folder: Path) -> set[str]:
    return {path.name.split("-")[0] for path in (folder / ".venv").glob("lib/*/site-packages/*.dist-info")}


@pytest.mark.parametrize("setup", ["uv", "pip"])
def test_each_way_installs_the_lock_and_the_project(clone: Path, tmp_path: Path, setup: str) -> None:
    done = make(clone, f"SETUP={setup}", path=python_only(tmp_path / "bin"))
    assert (done.returncode, done.stderr) == (0, "")
    *uv, line = done.stdout.splitlines()
    assert line.startswith(f"installing the packages of requirements.lock in .venv with {setup}")
    assert [each.startswith("installing uv ") for each in uv] == [True] * (setup == "uv")
    assert {"hydrotheque", *(name.replace("-", "_") for name in PACKAGES)} <= installed(clone)
    assert make(clone, f"SETUP={setup}").stdout.count("\n") == 1, "set up twice"


@pytest.mark.parametrize("setup", ["uv", "pip"])
def test_a_package_that_is_not_the_one_of_the_lock_is_refused(clone: Path, tmp_path: Path, setup: str) -> None:
    lock = clone / "requirements.lock"
    lock.write_text(re.sub(r"sha256:\w{8}", "sha256:00000000", lock.read_text()))
    done = make(clone, f"SETUP={setup}", path=python_only(tmp_path / "bin"))
    assert done.returncode != 0
    assert "hash" in done.stderr.lower()
    assert not (clone / ".venv" / ".ready").exists()


def test_a_uv_of_the_machine_is_used(clone: Path, tmp_path: Path) -> None:
    program(tmp_path / "bin", "uv", f'echo "$@" >> {tmp_path}/asked')
    done = make(clone, path=tmp_path / "bin")
    assert "installing uv" not in done.stdout
    asked = (tmp_path / "asked").read_text()
    assert "--python >=3.11,<3.15 .venv" in asked
    assert "--require-hashes" in asked


def test_another_python_is_refused_in_one_line(clone: Path, tmp_path: Path) -> None:
    answer = 'case "$*" in *-V*) echo Python 3.9.18;; *) exit 1;; esac'
    program(tmp_path / "bin", "python3", answer)
    done = make(clone, "SETUP=pip", path=tmp_path / "bin")
    line, *ended = done.stderr.strip().splitlines()
    assert line == (
        "python3 is Python 3.9.18; Hydrothèque needs Python 3.11 to 3.14: install one, or uv, which brings its own"
    )
    assert all(each.startswith("make") for each in ended)
