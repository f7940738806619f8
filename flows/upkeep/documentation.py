"""The documentation of the dbt project: one page without server or network, and a diagram of the marts."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.chain import transform
from ingestion.errors import BuildError
from ingestion.settings import ROOT, Settings
from ingestion.warehouse import Warehouse

SCHEMA = ROOT / "docs" / "schema.md"
HEADER = ("| domain | table | one row per | key |", "|---|---|---|---|")


def build(settings: Settings, warehouse: Warehouse) -> Path:
    """Write HOME/docs/index.html and docs/schema.md; return the path of the page.

    Raises BuildError with dbt's message.
    """
    folder = settings.home / "docs"
    result = transform.invoke(settings, warehouse, "docs", "generate", "--target-path", str(folder))
    if not result.success:
        raise BuildError(f"dbt: {result.exception or 'the documentation could not be generated'}")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    SCHEMA.write_text(schema_page(manifest), encoding="utf-8")
    page = folder / "index.html"
    text = page.read_text(encoding="utf-8")
    # As dbt's --static does, which would leave out the units: its page shows no meta of a column.
    text = text.replace('"MANIFEST.JSON INLINE DATA"', json.dumps(with_units(manifest)))
    text = text.replace('"CATALOG.JSON INLINE DATA"', (folder / "catalog.json").read_text(encoding="utf-8"))
    page.write_text(text, encoding="utf-8")
    return page


def with_units(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest with the unit of each column at the end of its description."""
    for node in (*manifest["nodes"].values(), *manifest["sources"].values()):
        for column in node["columns"].values():
            if unit := column["meta"].get("unit"):
                column["description"] += f" Unit: {unit}."
    return manifest


@dataclass(frozen=True)
class Key:
    """A foreign key: the columns of a mart, and the mart they refer to."""

    columns: tuple[str, ...]
    parent: str


def schema_page(manifest: dict[str, Any]) -> str:
    """Return the page on the marts' keys: a Mermaid diagram, and a line for each table, by domain."""
    nodes = sorted(manifest["nodes"].values(), key=lambda node: (str(node.get("group")), node["name"]))
    marts = [node for node in nodes if node["resource_type"] == "model" and node["schema"] == "marts"]
    snapshots = [node for node in nodes if node["resource_type"] == "snapshot"]
    keyed = [mart for mart in marts if _primary_key(mart)]
    lines = [
        "# The tables of `marts`",
        "",
        "Written by `make docs`, whose page has every column. Boxes hold the keys.",
        "",
    ]
    lines += ["```mermaid", "erDiagram"]
    lines += [line for mart in keyed for line in _entity(mart)]
    lines += [line for mart in keyed for line in _relationships(mart)]
    lines += ["```", "", *HEADER]
    lines += [f"| {' | '.join(_row(mart, _primary_key(mart)))} |" for mart in marts]
    if snapshots:
        lines += ["", "Schema `snapshots`, earlier versions of these rows:", "", *HEADER]
        lines += [f"| {' | '.join(_row(snapshot, _version_key(snapshot)))} |" for snapshot in snapshots]
    return "\n".join([*lines, ""])


def _row(mart: dict[str, Any], key: list[str]) -> tuple[str, ...]:
    grain = re.split(r"[.;:]", " ".join(mart["description"].split()).removeprefix("One row per "))[0]
    return mart["group"], f"`{mart['name']}`", grain, ", ".join(key)


def _entity(mart: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a mart's box: the columns of its keys."""
    primary = _primary_key(mart)
    foreign = {column for key in _foreign_keys(mart) for column in key.columns}
    yield f"    {mart['name']} {{"
    for name, column in mart["columns"].items():
        marks = ", ".join(mark for mark, columns in (("PK", primary), ("FK", foreign)) if name in columns)
        if marks:
            yield f"        {column['data_type'].replace(' ', '_')} {name} {marks}"
    yield "    }"


def _relationships(mart: dict[str, Any]) -> Iterator[str]:
    required = {name for name, column in mart["columns"].items() if column["constraints"]}
    for key in _foreign_keys(mart):
        one = "||" if required.issuperset(key.columns) else "|o"
        yield f'    {key.parent} {one}--o{{ {mart["name"]} : "{", ".join(key.columns)}"'


def _primary_key(mart: dict[str, Any]) -> list[str]:
    return next((key["columns"] for key in mart["constraints"] if key["type"] == "primary_key"), [])


def _version_key(snapshot: dict[str, Any]) -> list[str]:
    key = snapshot["config"]["unique_key"]
    return [*([key] if isinstance(key, str) else key), "dbt_valid_from"]


def _foreign_keys(mart: dict[str, Any]) -> list[Key]:
    """`to` ends in the mart's name: a relation in a compiled project, ref('name') in a parsed one."""
    keys = [key for key in mart["constraints"] if key["type"] == "foreign_key"]
    return [Key(tuple(key["columns"]), re.findall(r"\w+", key["to"])[-1]) for key in keys]
