"""docs/add-a-source.md: a sixth source is added by typing what it says, and nothing else."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.responses import Response
from starlette.routing import Route

from ingestion.settings import ROOT
from tests.helpers.providers import served
from tests.helpers.warehouse import TestWarehouse

GUIDE = (ROOT / "docs" / "add-a-source.md").read_text()
STEP = re.compile(
    r"(?:(?P<new>[Nn]ew file)|[Ii]n)\s`(?P<path>[^`]+)`(?:, below `(?P<anchor>[^`]+)`)?:\n\n"
    r"```\w+\n(?P<code>.*?)```",
    re.S,
)
MOST_LINES = 40
CSV = """code_departement,nom_departement,code_region,nom_region
01,Ain,84,Auvergne-Rhône-Alpes
22,Côtes-d'Armor,53,Bretagne
29,Finistère,53,Bretagne
35,Ille-et-Vilaine,53,Bretagne
56,Morbihan,53,Bretagne
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project, with the source of the guide in it."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("ingestion", "flows", "api", "dbt_project"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dbt_project.yml", "profiles.yml.example", "prefect.yaml"):
        shutil.copy(ROOT / name, folder)
    for step in STEP.finditer(GUIDE):
        path = folder / step["path"]
        if step["new"]:
            path.parent.mkdir(exist_ok=True)
            path.write_text(step["code"])
        else:
            before, after = path.read_text().split(step["anchor"] + "\n", 1)
            path.write_text(f"{before}{step['anchor']}\n{step['code']}{after}")
    return folder


def test_a_sixth_source_is_added_by_typing_what_the_guide_says(
    project: Path, empty_warehouse: TestWarehouse, tmp_path: Path
) -> None:
    code = "".join(step["code"] for step in STEP.finditer(GUIDE))
    assert 0 < sum(bool(line.strip()) for line in code.splitlines()) <= MOST_LINES
    [commands] = re.findall(r"^```\n(hydrotheque collect departements\n.*?)```", GUIDE, re.S | re.M)
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "hydrotheque"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m flows "$@"\n')
    script.chmod(0o755)
    resource = re.search(r'RESOURCE = .*"([0-9a-f-]{36})"', code)
    assert resource
    csv = Route(f"/fr/datasets/r/{resource[1]}", lambda request: Response(CSV, media_type="text/csv"))
    with served(csv) as url:
        done = subprocess.run(
            # Other domains were never collected: `status` says so by its exit status.
            ["sh", "-e", "-c", commands.replace("status", "status || true") + "hydrotheque collect departements"],
            check=False,
            capture_output=True,
            text=True,
            cwd=project,
            env=os.environ
            | empty_warehouse.env
            | {
                "PATH": f"{script.parent}:{os.environ['PATH']}",
                "PYTHONPATH": str(project),
                "HYDROTHEQUE_HOME": str(tmp_path / "home"),
                "HYDROTHEQUE_LAKE_URL": empty_warehouse.settings.lake_url,
                "HYDROTHEQUE_DATA_GOUV_URL": url,
            },
        )
    shown = "\n".join(line.rstrip() for line in done.stdout.splitlines())
    assert done.returncode == 0, done.stderr
    assert "collected  departements departements-france.csv: 5 rows" in shown
    assert "loaded     departements" in shown
    assert "unchanged  departements departements-france.csv" in shown
    assert re.search(r"^departements +on time", shown, re.M)
    assert re.search(r"^departement .* 5$", shown, re.M), "in status"
    assert (project / "departement.csv").read_text().count("\n") == 6
    assert "departements: INSEE, through data.gouv.fr" in (project / "departement.csv.txt").read_text()
    [(report,)] = empty_warehouse.rows("SELECT rapport FROM control.execution WHERE nom = 'build'")
    assert report["marts"]["departement"] == 5
    assert "raw_departements.lecture" in {each["source"] for each in report["freshness"]}
    [(packages,)] = empty_warehouse.rows(
        "SELECT count(*) FROM intermediate.int_controle__paquets WHERE domaine = 'departements'"
    )
    assert packages == 1, "rejet would have what it refuses"
