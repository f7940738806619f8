"""What a run of the benchmark writes, and what it leaves as it stands."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as command
from tests.benchmarks import document
from tests.benchmarks.bench import Bench, BenchError, Figure

MACHINE = f"{document.MACHINE}2 cores."


@pytest.fixture(autouse=True)
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "benchmarks.md"
    monkeypatch.setattr(document, "DOCUMENT", path)
    monkeypatch.setattr(document, "_machine", lambda _: MACHINE)
    return path


def _write(scale: float, *figures: Figure) -> None:
    document.update(Bench(scale, Path()), {figure.key: figure for figure in figures})


def test_the_plans_of_the_largest_scale_stay(written: Path) -> None:
    _write(1, Figure("question_day_ms", 3, (2, 3, 4), "select 1;"))
    _write(5, Figure("question_day_ms", 60, (59, 60, 61), "select 5;"))
    _write(1, Figure("question_day_ms", 3, (2, 3, 4), "select 2;"))
    _write(5, Figure("idle_build_s", 9))
    text = written.read_text()
    assert "At SCALE=5, of the tables as dbt built them:\n\n```\nselect 5;\n```\n" in text
    assert "| 3.0 (2.0 to 4.0) | **60.0 (59.0 to 61.0) missed** |" in text
    assert "## All of France since 2000" in text


def test_a_part_that_fails_keeps_what_it_measured_before(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def part(_: Bench) -> Iterator[Figure]:
        yield Figure("idle_build_s", 9)
        raise BenchError("the server is gone")

    monkeypatch.setitem(command.PARTS, "marts", part)
    figures: dict[str, Figure] = {}
    assert not command._measured(Bench(1, Path()), "marts", figures)
    assert list(figures) == ["idle_build_s"]
    assert "the server is gone" in capsys.readouterr().err


def test_the_document_names_every_part() -> None:
    assert " ".join(command.PARTS) == document.PARTS
