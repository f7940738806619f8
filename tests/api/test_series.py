"""Months, the index, communes and sensors."""

from typing import Any

import httpx
import psycopg
import pytest

from tests.api.test_pages import pages
from tests.helpers.problems import assert_problem

STATION = "07548X0009/F"
POINT = {"lambx": 652500.0, "lamby": 6862500.0}


def results(user: httpx.Client, path: str, **asked: object) -> list[dict[str, Any]]:
    answer = user.get(path, params={"limit": 1000, **asked})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def test_the_months_of_a_point_are_those_of_its_cell(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    body = user.get("/data/meteo/monthly", params={"limit": 1000, **POINT}).json()
    cell = body["cell"]["lambx"], body["cell"]["lamby"]
    rows = owner.execute(
        "select mois::text, jours, precipitation, t from marts.meteo_mensuelle "
        "where lambx = %s and lamby = %s order by mois desc",
        cell,
    ).fetchall()
    assert [(each["mois"], each["jours"], each["precipitation"], each["t"]) for each in body["results"]] == rows
    assert body["total"] == len(rows) > 12
    day = user.get("/data/meteo/", params={**POINT, "input_date": "2024-01-15"}).json()
    assert (body["cell"], body["distance_km"]) == (day["cell"], day["distance_km"])
    assert_problem(user.get("/data/meteo/monthly", params={"lambx": 600, "lamby": 16010}), "not-found")


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/data/meteo/monthly", POINT),
        ("/data/piezo/monthly", {"code_bss": STATION}),
        ("/data/piezo/index", {"code_bss": STATION}),
    ],
)
def test_a_period_has_the_months_of_both_its_ends(user: httpx.Client, path: str, asked: dict[str, Any]) -> None:
    found = results(user, path, **asked, start_date="2023-11-15", end_date="2024-02-01")
    assert sorted(each["mois"] for each in found) == ["2023-11-01", "2023-12-01", "2024-01-01", "2024-02-01"]
    backwards = user.get(path, params={**asked, "start_date": "2024-02-01", "end_date": "2024-01-31"})
    assert_problem(backwards, "invalid-request")


def test_the_months_of_a_station(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    rows = owner.execute(
        "select mois::text, niveau_moyen, niveau_min, niveau_max, part_valides from marts.nappe_mensuelle "
        "where code_bss = %s order by mois desc",
        [STATION],
    ).fetchall()
    names = ("mois", "niveau_moyen", "niveau_min", "niveau_max", "part_valides")
    found = results(user, "/data/piezo/monthly", code_bss=STATION)
    assert [tuple(each[name] for name in names) for each in found] == rows[:1000]
    assert_problem(user.get("/data/piezo/monthly?code_bss=nowhere"), "not-found")


def test_the_index_of_many_stations(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    rows = owner.execute(
        "select code_bss, mois::text, ips, classe, code_departement from marts.indicateur_piezometrique "
        "join marts.info_nappe using (code_bss) where mois between '2023-01-01' and '2023-12-01' order by 1, 2"
    ).fetchall()
    year = {"start_date": "2023-01-01", "end_date": "2023-12-31"}
    names = ("code_bss", "mois", "ips", "classe", "code_departement")

    def index(**asked: object) -> list[tuple[Any, ...]]:
        return [tuple(each[name] for name in names) for each in results(user, "/data/piezo/index", **year, **asked)]

    assert len(rows) > 24
    assert sorted(index()) == sorted(rows)
    assert sorted(index(code_departement=rows[0][4])) == sorted(row for row in rows if row[4] == rows[0][4])
    assert index(code_bss=[STATION, "nowhere"]) == [row for row in rows if row[0] == STATION]


def test_a_commune(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    code, name, postcodes = owner.execute(
        "select code_insee, nom, codes_postaux from marts.commune where codes_postaux like '%,%' order by 1 limit 1"
    ).fetchone() or pytest.fail("no commune has two postcodes")
    found = user.get(f"/data/communes/{code}").json()
    assert (found["code_insee"], found["nom"], found["codes_postaux"]) == (code, name, postcodes.split(", "))
    assert_problem(user.get("/data/communes/99999"), "not-found")
    for malformed in ("7505", "750566", "A5056", "٧٥٠٥٦", "75056%0A"):
        assert user.get(f"/data/communes/{malformed}").status_code == 422, malformed


def test_communes_by_name_and_departement(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    every = results(user, "/data/communes/list")
    assert [each["code_insee"] for each in every] == sorted(each["code_insee"] for each in every)
    somewhere = every[0]["code_departement"]
    there = results(user, "/data/communes/list", code_departement=somewhere)
    assert there == [each for each in every if each["code_departement"] == somewhere]
    current = results(user, "/data/communes/list", actuelle=True)
    assert current == [each for each in every if each["actuelle"]]
    owner.execute("insert into marts.commune (code_insee, nom, actuelle) values ('99998', 'L''Hôtel-Œuvré', true)")
    try:
        for typed in ("l'hotel", "L’HÔTEL-oeuvre", "l hôtel œ"):
            assert [each["code_insee"] for each in results(user, "/data/communes/list", nom=typed)] == ["99998"], typed
        for typed in ("hotel", "l%", "l_hotel", "l\\"):
            assert results(user, "/data/communes/list", nom=typed) == [], typed
    finally:
        owner.execute("delete from marts.commune where code_insee = '99998'")


def test_sensors_by_kind_and_place(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    every = results(user, "/data/capteurs/list")
    assert len(every) == owner.execute("select count(*) from marts.capteur").fetchone()[0]  # type: ignore[index]
    for kind in ("hydrometrie", "piezometrie"):
        assert results(user, "/data/capteurs/list", type=kind) == [each for each in every if each["type"] == kind]
    assert_problem(user.get("/data/capteurs/list?type=meteo"), "invalid-request")
    answer = user.get("/data/capteurs/stations?limit=1000")
    assert answer.headers["Content-Type"] == "application/geo+json"
    features = answer.json()["features"]
    assert [feature["properties"] for feature in features] == every
    for feature in features:
        place = [feature["properties"]["longitude"], feature["properties"]["latitude"]]
        assert feature["id"] == feature["properties"]["code_capteur"]
        assert feature["geometry"] == (None if None in place else {"type": "Point", "coordinates": place})


def test_the_latest_value_of_each_quantity(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    rows = owner.execute(
        "select distinct on (code_capteur, grandeur) code_capteur, grandeur, valeur, unite, libelle_statut "
        "from marts.mesure_capteur order by code_capteur, grandeur, instant desc"
    ).fetchall()
    names = ("code_capteur", "grandeur", "valeur", "unite", "libelle_statut")
    found = results(user, "/data/capteurs/latest")
    assert sorted(tuple(each[name] for name in names) for each in found) == sorted(rows)
    assert [row for page in pages(user, "/data/capteurs/latest", 4) for row in page["results"]] == found
    of_one = results(user, "/data/capteurs/latest", code_capteur=rows[0][0], grandeur=rows[0][1])
    assert [tuple(each[name] for name in names) for each in of_one] == rows[:1]


def test_the_values_the_days_and_the_gaps_of_a_sensor(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    code, quantity, count = owner.execute(
        "select code_capteur, grandeur, count(*) from marts.mesure_capteur group by 1, 2 order by 3 desc limit 1"
    ).fetchone() or pytest.fail("no sensor has a value")
    series = {"code_capteur": code, "grandeur": quantity}
    asked = f"code_capteur={code}&grandeur={quantity}"
    values = [row for page in pages(user, f"/data/capteurs/values?{asked}", 1000) for row in page["results"]]
    assert len(values) == count
    instants = [each["instant"] for each in values]
    assert instants == sorted(instants, reverse=True)
    assert {each["unite"] for each in values} == {"mm" if quantity == "H" else values[0]["unite"]}
    some = results(user, "/data/capteurs/values", **series, start=instants[9], end=instants[4])
    assert [each["instant"] for each in some] == instants[5:10]
    days = results(user, "/data/capteurs/daily", **series)
    assert sum(each["mesures"] for each in days) == count
    assert (
        results(user, "/data/capteurs/daily", **series, start_date=days[2]["jour"], end_date=days[1]["jour"])
        == days[1:3]
    )
    assert_problem(user.get("/data/capteurs/values?code_capteur=nowhere"), "not-found")
    assert_problem(user.get(f"/data/capteurs/values?{asked}&start=2024-01-01T00:00:00"), "invalid-request")
    gaps = owner.execute("select code_capteur, heures from marts.lacune_capteur order by 1, grandeur, debut").fetchall()
    assert [(each["code_capteur"], each["heures"]) for each in results(user, "/data/capteurs/gaps")] == gaps[:1000]
