"""/data/catalogue over HTTP; tests/dbt/test_catalogue.py compares it with dbt's manifest."""

from typing import Any

import httpx
import psycopg
import pytest

from api.catalogue import unit


@pytest.fixture(scope="module")
def tables(user: httpx.Client) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in user.get("/data/catalogue").json()["tables"]}


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("Level of the groundwater, in m NGF: high is wet.", "m NGF"),
        ("Rain of the month, in mm: the sum of the days' preliq.", "mm"),
        ("Liquid water in the root zone, mean of the month, in m³ per m³ of soil.", "m³ per m³"),
        ("Mean wind speed of the month, in m/s.", "m/s"),
        ("Surface in km², as published (whole numbers).", "km²"),
        ("Depth of the work, in m below ground.", "m"),
        ("Easting, in hectometres of Lambert II étendu", "hectometres"),
        ("Length of the gap, in hours: more than 6.", "hours"),
        ("Fraction of these days, 0 to 1, whose value has been checked", "1"),
        ("Standardised piezometric index, no unit, -3 (lowest) to 3", "1"),
        ("Value measured, in the unit of the column unite: mm, l/s, m NGF or m.", "column unite"),
        ("Name of the river in motion", None),
    ],
)
def test_the_unit_of_a_description(description: str, expected: str | None) -> None:
    assert unit(description) == expected


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
