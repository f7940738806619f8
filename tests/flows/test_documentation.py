"""`make docs`: a page that works offline, and a diagram that says what the contracts say."""

import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from flows.upkeep import documentation
from tests.helpers.browser import needs_chromium, page
from tests.helpers.warehouse import TestWarehouse


@pytest.fixture(scope="module")
def documented(warehouse: TestWarehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The page, with the diagram written elsewhere than in the repository."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documentation, "SCHEMA", tmp_path_factory.mktemp("docs") / "schema.md")
        yield documentation.build(warehouse.settings, warehouse.owner)


@pytest.fixture
def served(documented: Path) -> Iterator[str]:
    handler = partial(SimpleHTTPRequestHandler, directory=str(documented.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_page_is_one_file_that_loads_nothing(documented: Path) -> None:
    text = documented.read_text(encoding="utf-8")
    assert re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=.?(?:https?:)?//[^>]*>", text) == []
    assert '"Level of the groundwater: high is wet. Unit: m NGF."' in text
    assert "raw_piezometrie" in text


@needs_chromium
def test_the_page_in_chromium(documented: Path, served: str) -> None:
    wanted = (
        "One row per piezometer and day",
        "niveau_nappe_eau",
        "double precision",
        "Maintainers of Hydrothèque",
    )
    asked: list[str] = []
    with page(f"{served}/{documented.name}#!/model/model.hydrotheque.nappe", asked=asked) as opened:
        for text in wanted:
            opened.get_by_text(text).first.wait_for()
    assert asked
    assert [address for address in asked if not address.startswith(f"{served}/")] == []


def test_the_diagram_in_the_repository_is_up_to_date(documented: Path) -> None:
    committed = Path(documentation.ROOT / "docs" / "schema.md").read_text(encoding="utf-8")
    assert documentation.SCHEMA.read_text(encoding="utf-8") == committed, "run `make docs`"


def test_the_diagram_shows_keys_and_whether_a_parent_is_required() -> None:
    def mart(name: str, columns: dict[str, bool], *constraints: dict[str, Any]) -> dict[str, Any]:
        described = {
            column: {"data_type": "double precision", "constraints": [{"type": "not_null"}] * required}
            for column, required in columns.items()
        }
        return {
            "resource_type": "model", "schema": "marts", "group": "eau", "name": name, "columns": described,
            "description": "One row per well: its place.\n", "constraints": list(constraints),
        }  # fmt: skip

    parent = mart("puits", {"code": True, "x": False}, {"type": "primary_key", "columns": ["code"]})
    child = mart(
        "niveau",
        {"jour": True, "code": True, "autre": False},
        {"type": "primary_key", "columns": ["jour"]},
        {"type": "foreign_key", "columns": ["code"], "to": "ref('puits')"},
        {"type": "foreign_key", "columns": ["autre"], "to": '"base"."marts"."puits"'},
    )
    page = documentation.schema_page({"nodes": {"a": parent, "b": child}})
    for line in (
        '    puits ||--o{ niveau : "code"',
        '    puits |o--o{ niveau : "autre"',
        "        double_precision code PK",
        "        double_precision autre FK",
        "| eau | `puits` | well | code |",
    ):
        assert line in page.splitlines()
    assert "double_precision x" not in page
