"""Piezometers by place, and the latest level of many."""

import math
from typing import Any

import httpx
import psycopg
import pytest

from tests.helpers.problems import assert_problem

PARIS = (2.35, 48.85)


@pytest.fixture(scope="module")
def stations(user: httpx.Client) -> dict[str, Any]:
    """The properties of every station, by code."""
    return {each["code_bss"]: each for each in user.get("/data/piezo/list?limit=1000").json()["results"]}


def found(user: httpx.Client, **asked: object) -> list[str]:
    answer = user.get("/data/piezo/stations", params={"limit": 1000, **asked})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/geo+json"
    body = answer.json()
    assert body["total"] == len(body["features"])
    return [feature["id"] for feature in body["features"]]


def test_a_feature_is_a_station_at_its_place(user: httpx.Client, stations: dict[str, Any]) -> None:
    body = user.get("/data/piezo/stations?limit=1000").json()
    assert body["type"] == "FeatureCollection"
    assert [feature["properties"] for feature in body["features"]] == list(stations.values())
    for feature in body["features"]:
        assert feature["type"] == "Feature"
        place = [feature["properties"]["x"], feature["properties"]["y"]]
        assert feature["geometry"] == (None if None in place else {"type": "Point", "coordinates": place})


@pytest.mark.parametrize("margin", [0.0, 0.5, 3.0])
def test_in_a_box(user: httpx.Client, stations: dict[str, Any], margin: float) -> None:
    for each in list(stations.values())[:4]:
        west, south, east, north = each["x"] - margin, each["y"] - margin, each["x"] + margin, each["y"] + margin
        inside = [
            code for code, other in stations.items() if west <= other["x"] <= east and south <= other["y"] <= north
        ]
        assert found(user, bbox=f"{west},{south},{east},{north}") == inside
        assert each["code_bss"] in inside


def test_in_a_departement(user: httpx.Client, stations: dict[str, Any]) -> None:
    for departement in {each["code_departement"] for each in stations.values()}:
        expected = [code for code, each in stations.items() if each["code_departement"] == departement]
        assert found(user, code_departement=departement) == expected
    assert found(user, code_departement="988") == []


def kilometres(x1: float, y1: float, x2: float, y2: float) -> float:
    """By the spherical law of cosines, not by the haversine formula that the API uses."""
    a, b, d = math.radians(y1), math.radians(y2), math.radians(x2 - x1)
    cosine = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(d)
    return 6371.0088 * math.acos(min(1.0, cosine))


@pytest.mark.parametrize("distance", [1, 50, 200, 500])
def test_around_a_point(user: httpx.Client, stations: dict[str, Any], distance: int) -> None:
    near = [code for code, each in stations.items() if kilometres(*PARIS, each["x"], each["y"]) <= distance]
    assert found(user, longitude=PARIS[0], latitude=PARIS[1], distance_km=distance) == near


def test_the_distance_is_to_the_metre(user: httpx.Client, stations: dict[str, Any]) -> None:
    each = next(iter(stations.values()))
    away = kilometres(each["x"], each["y"] + 0.3, each["x"], each["y"])
    asked = {"longitude": each["x"], "latitude": each["y"] + 0.3}
    assert each["code_bss"] in found(user, **asked, distance_km=away + 0.001)
    assert each["code_bss"] not in found(user, **asked, distance_km=away - 0.001)


@pytest.mark.parametrize("path", ["/data/piezo/stations", "/data/capteurs/list", "/data/capteurs/stations"])
def test_the_smallest_numbers_there_are(user: httpx.Client, path: str) -> None:
    """PostgreSQL reckons with none of them: it calls their half an underflow."""
    answer = user.get(path, params={"longitude": 2, "latitude": 48, "distance_km": 1e-323})
    assert_problem(answer, "invalid-request")
    for latitude in (5e-324, -5e-324):
        asked = {"longitude": 5e-324, "latitude": latitude, "distance_km": 0.001}
        assert user.get(path, params=asked).status_code == 200


def test_what_is_given_holds_together(user: httpx.Client, stations: dict[str, Any]) -> None:
    each = next(iter(stations.values()))
    box = f"{each['x'] - 1},{each['y'] - 1},{each['x'] + 1},{each['y'] + 1}"
    both = set(found(user, bbox=box, code_departement=each["code_departement"]))
    assert both == set(found(user, bbox=box)) & set(found(user, code_departement=each["code_departement"]))


@pytest.mark.parametrize(
    "asked",
    [
        {"bbox": "1,2,3"},
        {"bbox": "1,2,3,4,5"},
        {"bbox": "3,48,2,49"},
        {"bbox": "2,49,3,48"},
        {"bbox": "nan,48,3,49"},
        {"bbox": "-1e999,48,3,49"},
        {"bbox": "west,48,3,49"},
        {"bbox": "2,48,3,149"},
        {"longitude": 2},
        {"longitude": 2, "latitude": 48},
        {"distance_km": 10},
        {"longitude": 2, "latitude": 48, "distance_km": 0},
        {"longitude": 2, "latitude": 48, "distance_km": 501},
        {"longitude": 181, "latitude": 48, "distance_km": 1},
        {"longitude": "nan", "latitude": 48, "distance_km": 1},
        {"code_departement": "7"},
        {"code_departement": "2C"},
        {"code_departement": "٧٥"},
        {"code_departement": "75\n"},
    ],
)
def test_places_that_are_none(user: httpx.Client, asked: dict[str, Any]) -> None:
    assert_problem(user.get("/data/piezo/stations", params=asked), "invalid-request")


def test_the_latest_level_of_many(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    rows = owner.execute(
        "select distinct on (code_bss) code_bss, date_mesure::text, niveau_nappe_eau, profondeur_nappe, statut "
        "from marts.nappe where niveau_nappe_eau is not null order by code_bss, date_mesure desc"
    ).fetchall()
    names = ("code_bss", "date_mesure", "niveau_nappe_eau", "profondeur_nappe", "statut")

    def latest(**asked: object) -> list[tuple[Any, ...]]:
        body = user.get("/data/piezo/latest", params={"limit": 1000, **asked}).json()
        assert body["total"] == len(body["results"])
        return [tuple(each[name] for name in names) for each in body["results"]]

    assert sorted(latest()) == sorted(rows)
    some = [row[0] for row in rows[::3]]
    assert sorted(latest(code_bss=[*some, "nowhere"])) == sorted(row for row in rows if row[0] in some)
    assert latest(code_bss="nowhere") == []
    assert {row[0] for row in latest(code_departement="75")} <= {row[0] for row in rows}


def test_not_too_many_at_once(user: httpx.Client) -> None:
    assert user.get("/data/piezo/latest", params={"code_bss": ["07548X0009/F"] * 250}).status_code == 200
    assert_problem(user.get("/data/piezo/latest", params={"code_bss": ["1"] * 251}), "invalid-request")
