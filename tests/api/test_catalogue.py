"""/data/catalogue over HTTP; tests/dbt/test_catalogue.py compares it with dbt's manifest."""

from typing import Any

import httpx
import psycopg
import pytest

from api.catalogue import description_and_unit


@pytest.fixture(scope="module")
def tables(user: httpx.Client) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in user.get("/data/catalogue").json()["tables"]}


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("Level of the groundwater: high is wet. Unit: m NGF.", ("Level of the groundwater: high is wet.", "m NGF")),
        ("Fraction of these days. Unit: 1.", ("Fraction of these days.", "1")),
        ("Value measured. Unit: column unite.", ("Value measured.", "column unite")),
        ("Unit of the values in the row: mm (H), l/s (Q).", ("Unit of the values in the row: mm (H), l/s (Q).", None)),
        ("", ("", None)),
    ],
)
def test_a_comment_is_a_description_and_a_unit(comment: str, expected: tuple[str, str | None]) -> None:
    assert description_and_unit(comment) == expected


def test_versions_rows_and_freshness(tables: dict[str, dict[str, Any]], owner: psycopg.Connection[Any]) -> None:
    state = owner.execute("select nom_table, lignes, version from marts.etat_table").fetchall()
    known = {name: (rows, version) for name, rows, version in state}
    assert {name: (each["rows"], each["version"]) for name, each in tables.items()} == {
        name: known[name] for name in tables
    }
    for table in tables.values():
        assert table["built"]
        assert table["producers"]
        for producer in table["producers"]:
            assert producer["url"].startswith("https://")
            assert producer["collected"]
            assert producer["late"] is False


def test_it_changes_when_no_table_does(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    etag = user.get("/data/catalogue").headers["ETag"]
    owner.execute("update control.collecte set reussie_le = reussie_le + interval '1 s' where domaine = 'meteo'")
    assert user.get("/data/catalogue", headers={"If-None-Match": etag}).status_code == 200
