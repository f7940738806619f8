"""docs/operations.md: every alert is in it, and a sixth source is added by typing what it says."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.responses import Response
from starlette.routing import Route

from flows.reporting import findings
from ingestion.settings import ROOT
from tests.helpers.providers import served
from tests.helpers.warehouse import TestWarehouse

GUIDE = (ROOT / "docs" / "operations.md").read_text()
STEP = re.compile(
    r"(?:(?P<new>[Nn]ew file)|[Ii]n)\s`(?P<path>[^`]+)`(?:, below `(?P<anchor>[^`]+)`)?:\n\n"
    r"```\w+\n(?P<code>.*?)```",
    re.S,
)
MOST_LINES = 80
CSV = """code_departement,nom_departement,code_region,nom_region
01,Ain,84,Auvergne-Rhône-Alpes
22,Côtes-d'Armor,53,Bretagne
29,Finistère,53,Bretagne
35,Ille-et-Vilaine,53,Bretagne
56,Morbihan,53,Bretagne
"""


def titles() -> Iterator[str]:
    """The titles of the alerts in flows/reporting/findings.py, with … for what differs."""
    for node in ast.walk(ast.parse(Path(str(findings.__file__)).read_text())):
        title: ast.expr | None = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Alert":
            title = node.args[0]
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "title":
            title = node.value
        if isinstance(title, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "…" for part in title.values)
        else:
            assert title is None or (isinstance(title, ast.Name) and title.id == "title"), "a title no test can read"


def test_every_alert_has_its_cause_and_cure() -> None:
    assert sorted(re.findall(r"^### (.+)$", GUIDE, re.M)) == sorted(titles())


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
    assert 0 < sum(bool(line.strip()) for line in code.splitlines()) < MOST_LINES
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
            ["sh", "-e", "-c", commands + "hydrotheque collect departements\nhydrotheque status"],
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
                "PAGER": "cat",
            },
        )
    shown = "\n".join(line.rstrip() for line in done.stdout.splitlines())
    assert "collected  departements departements-france.csv: 5 rows" in shown, done.stderr
    [table] = re.findall(r"^ code_departement .*?\(4 rows\)$", GUIDE, re.S | re.M)
    assert table in shown
    assert "unchanged  departements departements-france.csv" in shown
    assert re.search(r"^departements +on time", shown, re.M)
    assert empty_warehouse.rows("SELECT count(*) FROM marts.departement") == [(5,)]
