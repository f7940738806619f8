"""The API's catalogue says of each table what the manifest says: descriptions, types, keys."""

import asyncio
from typing import Any

import asyncpg
import pytest
from dbt.contracts.graph.manifest import Manifest

from api.catalogue import describe
from api.models import table_of
from api.sources import OF_TABLE

ALIASES = {"timestamp with time zone": "timestamptz"}


@pytest.fixture(scope="module")
def tables(warehouse: Any) -> dict[str, dict[str, Any]]:
    """As the role of the API sees it."""

    async def read() -> dict[str, Any]:
        env = warehouse.api_env
        connection = await asyncpg.connect(
            host=env["PGHOST"],
            port=int(env["PGPORT"]),
            user=env["PGUSER"],
            password=env["PGPASSWORD"],
            database=env["PGDATABASE"],
        )
        try:
            return await describe(connection)
        finally:
            await connection.close()

    return {each["name"]: each for each in asyncio.run(read())["tables"]}


def said(text: str) -> str:
    return " ".join(text.split())


def test_it_is_what_the_manifest_says(tables: dict[str, dict[str, Any]], manifest: Manifest) -> None:
    assert set(tables) == {table_of(model).name for model in OF_TABLE}
    for name, table in tables.items():
        model = manifest.nodes[f"model.hydrotheque.{name}"]
        assert table["description"] == said(model.description)
        columns = {each["name"]: each["description"] for each in table["columns"]}
        assert columns == {column.name: said(column.description) for column in model.columns.values()}
        units = {each["name"]: each["unit"] for each in table["columns"]}
        assert units == {column.name: column.meta.get("unit") for column in model.columns.values()}
        types = {each["name"]: ALIASES.get(each["type"], each["type"]) for each in table["columns"]}
        assert types == {column.name: column.data_type for column in model.columns.values()}
        assert [table["key"]] == [c.columns for c in model.constraints if c.type == "primary_key"]
        declared = {(*c.columns, *c.to_columns) for c in model.constraints if c.type == "foreign_key"}
        assert {(*each["columns"], *each["referred"]) for each in table["references"]} == declared


def test_every_decimal_number_has_a_unit(tables: dict[str, dict[str, Any]]) -> None:
    numbers = [
        (table["name"], column["name"], column["unit"], column["description"])
        for table in tables.values()
        for column in table["columns"]
        if column["type"] == "double precision"
    ]
    assert len(numbers) > 80
    assert [each for each in numbers if each[2] is None] == []
