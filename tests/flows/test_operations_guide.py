"""docs/operations.md: every alert is in it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from flows.reporting import findings
from ingestion.settings import ROOT

GUIDE = (ROOT / "docs" / "operations.md").read_text()


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
