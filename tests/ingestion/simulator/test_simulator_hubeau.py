"""The answers of Hub'Eau: envelope, pages, limits, filters, fields."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import httpx
import pytest
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse

from ingestion.simulator.server import running
from ingestion.simulator.world import Scenario

STATIONS, CHRONIQUES = "/api/v1/niveaux_nappes/stations", "/api/v1/niveaux_nappes/chroniques"
EXAMPLE = "07548X0009/F"
STATION_FIELDS = [
    *("code_bss", "urn_bss", "date_debut_mesure", "date_fin_mesure", "code_commune_insee", "nom_commune", "x", "y"),
    *("codes_bdlisa", "urns_bdlisa", "geometry", "bss_id", "altitude_station", "nb_mesures_piezo"),
    *("code_departement", "nom_departement", "libelle_pe", "profondeur_investigation", "codes_masse_eau_edl"),
    *("noms_masse_eau_edl", "urns_masse_eau_edl", "date_maj"),
]
MEASURE_FIELDS = [
    *("code_bss", "urn_bss", "date_mesure", "timestamp_mesure", "niveau_nappe_eau", "mode_obtention", "statut"),
    *("qualification", "code_continuite", "nom_continuite", "code_producteur", "nom_producteur"),
    *("code_nature_mesure", "nom_nature_mesure", "profondeur_nappe"),
]


def ask(site: httpx.Client, path: str, **parameters: object) -> httpx.Response:
    """GET with parameters."""
    return site.get(path, params={name: str(value) for name, value in parameters.items()})


def walk(site: httpx.Client, path: str, **parameters: object) -> tuple[list[int], list[dict[str, object]]]:
    """Follow `next` to the end: the statuses and all the rows."""
    answer = ask(site, path, **parameters)
    statuses, rows = [answer.status_code], answer.json()["data"]
    while following := answer.json()["next"]:
        answer = site.get(following)
        statuses.append(answer.status_code)
        rows += answer.json()["data"]
    return statuses, rows


def test_a_station_has_the_published_fields_in_order(site):
    body = ask(site, STATIONS).json()
    assert list(body) == ["count", "first", "last", "prev", "next", "api_version", "data"]
    assert (body["count"], body["api_version"]) == (16, "1.4.3")
    for station in body["data"]:
        assert list(station) == STATION_FIELDS
        assert isinstance(station["altitude_station"], str)
        assert isinstance(station["x"], float)
        assert isinstance(station["nb_mesures_piezo"], int)
        assert datetime.strptime(station["date_maj"].replace(" CET", ""), "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    assert [s["code_bss"] for s in body["data"]][:4] == ["00263X0129/PZASA4", "00026X0040/P1", "00053X0004/F1", EXAMPLE]
    assert [s["code_departement"] for s in body["data"]][:4] == ["59", "62", "62", "33"]
    assert [s["altitude_station"] for s in body["data"]].count("-999") == 1
    for nullable in ("codes_bdlisa", "libelle_pe", "profondeur_investigation", "noms_masse_eau_edl"):
        assert 0 < sum(station[nullable] is None for station in body["data"]) < 16


def test_stations_are_filtered(site):
    every = ask(site, STATIONS).json()["data"]
    example = every[3]

    def codes(**parameters: object) -> list[object]:
        return [station["code_bss"] for station in ask(site, STATIONS, **parameters).json()["data"]]

    assert codes(code_bss=f"{EXAMPLE},00026X0040/P1") == ["00026X0040/P1", EXAMPLE]
    assert codes(bss_id=example["bss_id"]) == [EXAMPLE]
    assert codes(code_departement="59,62") == [station["code_bss"] for station in every[:3]]
    assert codes(code_commune=example["code_commune_insee"]) == [EXAMPLE]
    box = f"{example['x'] - 0.01},{example['y'] - 0.01},{example['x'] + 0.01},{example['y'] + 0.01}"
    assert codes(bbox=box) == [EXAMPLE]
    late = [s["code_bss"] for s in every if s["date_debut_mesure"] <= "2022-02-01"]
    assert codes(date_recherche="2022-02-01") == late
    assert 0 < len(late) < 16
    many = [s["code_bss"] for s in every if s["nb_mesures_piezo"] >= 1055]
    assert codes(nb_mesures_piezo_min=1055) == many
    assert 0 < len(many) < 16
    assert codes(code_departement="974") == []


def test_fields_restrict_the_answer_in_the_published_order(site):
    answer = ask(site, CHRONIQUES, code_bss=EXAMPLE, fields="statut,niveau_nappe_eau,date_mesure", size=2)
    assert [list(row) for row in answer.json()["data"]] == [["date_mesure", "niveau_nappe_eau", "statut"]] * 2
    assert [list(row) for row in ask(site, STATIONS, fields="code_bss", size=1).json()["data"]] == [["code_bss"]]
    assert ask(site, CHRONIQUES, code_bss=EXAMPLE, fields="code_bss", size=1).json()["data"] == [{"code_bss": EXAMPLE}]


def test_a_measure_has_the_published_fields_in_order(site):
    rows = ask(site, CHRONIQUES, size=20_000).json()["data"]
    assert all(list(row) == MEASURE_FIELDS for row in rows)
    assert all(isinstance(row["niveau_nappe_eau"], float) for row in rows)
    assert all(row["niveau_nappe_eau"] == round(row["niveau_nappe_eau"], 2) for row in rows)
    assert 0 < sum(row["timestamp_mesure"] is None for row in rows) < len(rows) / 100
    assert 0 < sum(row["code_nature_mesure"] is None for row in rows) < len(rows) / 2
    assert len({row["statut"] for row in rows}) == 4
    assert Counter(row["qualification"] for row in rows).most_common(1)[0][0] == "Correcte"
    for code, name in (("continuite",) * 2, ("producteur",) * 2, ("nature_mesure",) * 2):
        pairs = {(row[f"code_{code}"], row[f"nom_{name}"]) for row in rows}
        assert len(pairs) == len({pair[0] for pair in pairs}) >= 3
    for row in rows:
        if row["timestamp_mesure"] is not None:
            assert str(datetime.fromtimestamp(row["timestamp_mesure"] / 1000, UTC).date()) == row["date_mesure"]
    days = Counter((row["code_bss"], row["date_mesure"]) for row in rows)
    assert set(days.values()) == {1, 2}


def test_the_example_of_january_2024(site):
    answer = ask(
        site, CHRONIQUES, code_bss=EXAMPLE, date_debut_mesure="2024-01-01", date_fin_mesure="2024-02-01"
    ).json()
    assert sorted({row["date_mesure"] for row in answer["data"]}) == [f"2024-01-{d:02d}" for d in range(1, 32)]
    times = [row["timestamp_mesure"] for row in answer["data"] if row["date_mesure"] == "2024-01-15"]
    assert times == [int(datetime(2024, 1, 15, 10, tzinfo=UTC).timestamp() * 1000)]


def test_the_last_day_stops_at_midnight(site):
    at_ten = ask(site, CHRONIQUES, code_bss=EXAMPLE, date_debut_mesure="2024-01-14", date_fin_mesure="2024-01-15")
    assert [row["date_mesure"] for row in at_ten.json()["data"]] == ["2024-01-14"]
    rows = ask(site, CHRONIQUES, size=20_000).json()["data"]
    midnight = next(row for row in rows if row["timestamp_mesure"] and row["timestamp_mesure"] % 86_400_000 == 0)
    day = midnight["date_mesure"]
    kept = ask(site, CHRONIQUES, code_bss=midnight["code_bss"], date_debut_mesure=day, date_fin_mesure=day)
    assert midnight in kept.json()["data"]


def test_the_chain_of_pages_gives_every_row_once(site):
    codes = f"{EXAMPLE},00026X0040/P1"
    statuses, rows = walk(site, CHRONIQUES, code_bss=codes, size=300)
    whole = ask(site, CHRONIQUES, code_bss=codes)
    assert statuses == [206] * (len(statuses) - 1) + [200]
    assert len(statuses) > 5
    assert rows == whole.json()["data"]
    assert whole.status_code == 200
    assert len({(r["code_bss"], r["date_mesure"], r["timestamp_mesure"]) for r in rows}) == whole.json()["count"]
    assert [row["date_mesure"] for row in rows] == sorted(row["date_mesure"] for row in rows)


def test_the_links_of_a_middle_page(site):
    first = ask(site, STATIONS, size=5)
    assert first.status_code == 206
    assert first.json()["prev"] is None
    middle = site.get(first.json()["next"]).json()
    assert middle["prev"] == first.json()["first"] == middle["first"]
    assert middle["last"].endswith("page=4&size=5")
    last = site.get(middle["last"])
    assert (last.status_code, len(last.json()["data"]), last.json()["next"]) == (200, 1, None)
    assert ask(site, STATIONS).json()["last"] is None


def test_descending_order_is_the_reverse(site):
    up, down = (ask(site, CHRONIQUES, code_bss=EXAMPLE, sort=order).json()["data"] for order in ("asc", "desc"))
    assert up == down[::-1]


def test_departments_are_ignored_by_chroniques(site):
    plain = ask(site, CHRONIQUES, code_bss=EXAMPLE, size=1).json()["count"]
    assert ask(site, CHRONIQUES, code_bss=EXAMPLE, size=1, code_departement="75").json()["count"] == plain


def test_the_station_count_is_the_count_of_its_measures(site):
    for station in ask(site, STATIONS, size=5).json()["data"]:
        answer = ask(site, CHRONIQUES, code_bss=station["code_bss"], size=20_000).json()
        assert answer["count"] == len(answer["data"]) == station["nb_mesures_piezo"]


@pytest.mark.parametrize(
    ("path", "parameters", "field"),
    [
        (CHRONIQUES, {"size": 20_001}, "size"),
        (CHRONIQUES, {"size": 5_000, "page": 5}, "size"),
        (CHRONIQUES, {"size": "many"}, "size"),
        (CHRONIQUES, {"page": 0}, "page"),
        (CHRONIQUES, {"date_debut_mesure": "01/02/2024"}, "date_debut_mesure"),
        (CHRONIQUES, {"sort": "up"}, "sort"),
        (CHRONIQUES, {"fields": "level"}, "fields"),
        (STATIONS, {"bbox": "1,2,3"}, "bbox"),
        (STATIONS, {"format": "xml"}, "format"),
        (STATIONS, {"nb_mesures_piezo_min": "-1"}, "nb_mesures_piezo_min"),
    ],
)
def test_what_is_refused_names_the_parameter(site, path, parameters, field):
    answer = ask(site, path, **parameters)
    assert answer.status_code == 400
    assert answer.json()["code"] == "InvalidRequest"
    assert [error["field"] for error in answer.json()["field_errors"]] == [field]


def test_20_000_rows_deep_is_allowed(site):
    assert ask(site, CHRONIQUES, size=20_000).status_code == 200
    assert ask(site, CHRONIQUES, size=5_000, page=4).json()["data"] == []


def test_a_url_too_long_is_refused(site):
    assert ask(site, STATIONS, code_bss=",".join([EXAMPLE] * 400)).status_code == 414
    assert ask(site, STATIONS, code_bss=",".join([EXAMPLE] * 100)).status_code == 200


def test_an_unknown_station_has_no_measures(site):
    body = ask(site, CHRONIQUES, code_bss="00000X0000/X").json()
    assert (body["count"], body["data"], body["next"]) == (0, [], None)


def test_another_seed_gives_other_levels_and_a_station_may_have_no_position():
    one, two = (Scenario(seed=seed, cells=1, stations=20, history_start=date(2024, 1, 1)) for seed in (1, 2))
    answers = []
    for scenario in (one, one, two):
        with running(scenario) as url:
            answers.append(httpx.get(f"{url}{CHRONIQUES}", params={"code_bss": EXAMPLE}).json()["data"])
            every = httpx.get(f"{url}{STATIONS}").json()["data"]
    assert answers[0] == answers[1]
    assert answers[0][0]["date_mesure"] == "2024-01-01"
    assert answers[0] != answers[2]
    assert [(s["x"], s["y"], s["geometry"]) for s in every].count((None, None, None)) == 1
    assert replace(one, seed=2) == two


class Down:
    """A middleware that answers 503 to everything."""

    def __init__(self, app: object) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        """Answer without asking the application."""
        await PlainTextResponse("Service Unavailable", status_code=503)(scope, receive, send)


def test_middleware_stands_in_front_of_both_providers():
    with running(Scenario(cells=1, stations=1), middleware=[Middleware(Down)]) as url:
        assert httpx.get(f"{url}{STATIONS}").status_code == 503
        assert httpx.get(f"{url}/api/1/datasets/x/").status_code == 503
