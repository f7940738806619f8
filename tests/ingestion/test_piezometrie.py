"""Which questions are put to Hub'Eau, and what of the answers enters the lake."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from ingestion.errors import SourceError
from ingestion.providers import hubeau
from ingestion.providers.records import CHRONIQUE
from ingestion.sources.collect_series import requests
from ingestion.sources.piezometrie.plan import plan
from ingestion.sources.piezometrie.readings import judge, kept, refusals
from ingestion.sources.source import Series
from tests.helpers.providers import served

WINDOW = timedelta(400)
CODES = st.text(alphabet="0123456789ABCX/é ", min_size=1, max_size=20)
DAYS = st.dates(date(1950, 1, 1), date(2026, 12, 31))
SERIES = st.builds(Series, CODES, DAYS, st.integers(0, 30_000))
PATH = "/api/v1/niveaux_nappes/chroniques"


@given(st.lists(CODES, max_size=300))
def test_every_code_is_asked_once_in_a_url_that_fits(codes: list[str]) -> None:
    parts = list(hubeau.chunks(codes))
    assert [code for part in parts for code in part] == codes
    base = "https://hubeau.eaufrance.fr/api/v1/niveaux_nappes/chroniques?code_bss="
    rest = "&date_debut_mesure=2026-01-01&date_fin_mesure=2026-01-01&sort=asc&size=20000"
    assert all(len(base + quote(",".join(part), safe=",") + rest) <= hubeau.URL_LENGTH for part in parts)


@given(st.lists(SERIES, max_size=60))
def test_every_series_is_in_one_question_of_bounded_size(lot: list[Series]) -> None:
    groups = list(requests(lot, WINDOW, hubeau.CAP))
    assert sorted(map(repr, lot)) == sorted(repr(series) for group in groups for series in group)
    for group in groups:
        assert len(group) == 1 or sum(series.expected for series in group) <= hubeau.CAP
        assert max(series.since for series in group) - min(series.since for series in group) <= WINDOW


@given(st.dictionaries(CODES, st.tuples(st.none() | DAYS, st.none() | st.integers(0, 20_000)), max_size=30), st.data())
def test_from_which_day_on_a_station_is_read(stations: dict[str, Any], data: Any) -> None:
    today = date(2027, 1, 1)
    known = {
        code: {"dernier_jour": data.draw(DAYS).isoformat(), "complet_le": today.isoformat()}
        for code in list(stations)[::2]
    }
    table = pa.table(
        {
            "code_bss": pa.array(list(stations), pa.string()),
            "date_debut_mesure": pa.array([start for start, _ in stations.values()], pa.date32()),
            "nb_mesures_piezo": pa.array([count for _, count in stations.values()], pa.int64()),
        }
    )
    series = {each.code: each for each in plan(table, {}, known, WINDOW, today)}
    assert set(series) == set(stations)
    for code, (start, _) in stations.items():
        first = start or date(1900, 1, 1)
        assert series[code].complete == (code not in known)
        if code in known:
            assert series[code].since == max(first, date.fromisoformat(known[code]["dernier_jour"]) - WINDOW)
        else:
            assert series[code].since == first
    assert all(each.complete for each in plan(table, {}, known, WINDOW, today, full=True))


@pytest.mark.parametrize(("since", "whole"), [(date(2009, 12, 31), True), (date(2010, 1, 1), False), (None, True)])
def test_a_station_that_is_to_begin_earlier_is_read_whole(since: date | None, whole: bool) -> None:
    table = pa.table({"code_bss": ["A"], "date_debut_mesure": [date(2000, 1, 1)], "nb_mesures_piezo": [9000]})
    known = {"A": {"dernier_jour": "2026-11-20", "complet_le": "2026-11-20", "depuis": "2010-01-01"}}
    [series] = plan(table, {"A": since}, known, WINDOW, date(2026, 11, 26))
    assert series.complete == whole


def test_every_station_is_read_whole_once_a_year() -> None:
    codes = [f"{number:05d}X0001/P" for number in range(500)]
    table = pa.table(
        {"code_bss": codes, "date_debut_mesure": [date(2000, 1, 1)] * 500, "nb_mesures_piezo": [9000] * 500}
    )
    known = {code: {"dernier_jour": "2025-12-20", "complet_le": "2025-12-28"} for code in codes}
    whole: dict[str, int] = dict.fromkeys(codes, 0)
    for month in range(1, 13):
        today = date(2026, month, 8)
        for series in plan(table, {}, known, WINDOW, today):
            if series.complete:
                whole[series.code] += 1
                known[series.code]["complet_le"] = today.isoformat()
    assert set(whole.values()) <= {0, 1}
    assert sum(whole.values()) > 450  # those of January rested less than a month


def judged(rows: pa.Table, asked: list[str]) -> tuple[pa.Table, pa.Table]:
    """The measures kept and the records refused of a first reading of all stations."""
    with duckdb.connect() as db:
        judge(db, rows, asked)
        first = {"code_bss": asked, "lu_depuis": [date(1900, 1, 1)] * len(asked), "lignes": [0] * len(asked)}
        db.register("readings", pa.table(first))
        db.register("changed", rows.select(["code_bss"]).rename_columns(["code"]))
        return kept(db), refusals(db)


def provider(count: int, asked: list[dict[str, str]]) -> Route:
    """A provider that has one measure a day and station over `count` days from 1990-01-01, and the real cap."""

    def chroniques(request: Any) -> JSONResponse:
        asked.append(dict(request.query_params))
        first, last = (date.fromisoformat(request.query_params[f"date_{end}_mesure"]) for end in ("debut", "fin"))
        days = [date(1990, 1, 1) + timedelta(n) for n in range(count)]
        rows = [
            {"code_bss": code, "date_mesure": day.isoformat(), "niveau_nappe_eau": 1}
            for code in request.query_params["code_bss"].split(",")
            for day in days
            if first <= day <= last
        ]
        size = int(request.query_params["size"])
        return JSONResponse({"count": len(rows), "data": rows[:size]}, status_code=206 if len(rows) > size else 200)

    return Route(PATH, chroniques)


def test_a_series_beyond_the_cap_is_cut_by_dates_and_complete() -> None:
    asked: list[dict[str, str]] = []
    with served(provider(45_000, asked)) as url:
        tables = list(hubeau.chroniques(hubeau.HubEau(url), ["a"], date(1990, 1, 1), date(2120, 1, 1)))
    days = pa.concat_tables(tables)["date_mesure"].to_pylist()
    assert len(days) == len(set(days)) == 45_000
    assert len(asked) > 3


def test_the_last_day_asked_for_is_included_and_the_next_is_not() -> None:
    with served(provider(40, [])) as url:
        [rows] = hubeau.chroniques(hubeau.HubEau(url), ["a", "b"], date(1990, 1, 5), date(1990, 1, 9))
    assert sorted(set(rows["date_mesure"].to_pylist())) == [f"1990-01-0{day}" for day in range(5, 10)]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (HTMLResponse("<h1>Whitelabel Error Page</h1>"), "answered text/html.* where JSON was expected"),
        (JSONResponse({"count": 3, "data": [{"code_bss": "a"}]}), "announced 3 rows and sent 1"),
        (JSONResponse({"code": "x"}), "answered without `count`"),
        (JSONResponse([]), "did not answer Hub'Eau's envelope"),
        (
            JSONResponse({"count": 1, "data": [{"niveau_nappe_eau": "bas"}]}),
            r"niveau_nappe_eau\) changed from number to string.*run again with --accept",
        ),
        (JSONResponse({"message": "page"}, status_code=400), "answered 400 Bad Request"),
    ],
)
def test_a_wrong_answer_is_one_line(answer: Any, message: str) -> None:
    with served(Route(PATH, lambda request: answer)) as url, pytest.raises(SourceError, match=message) as error:
        hubeau.HubEau(url).ask("chroniques", code_bss="a")
    assert "\n" not in str(error.value)


def test_accepted_answers_keep_what_can_be_read() -> None:
    rows = [
        {"code_bss": "a", "date_mesure": "2024-01-01", "niveau_nappe_eau": "bas"},
        {"code_bss": "a", "date_mesure": "2024-01-02", "niveau_nappe_eau": 1.5},
    ]
    with served(Route(PATH, lambda request: JSONResponse({"count": 3, "data": rows}))) as url:
        answer = hubeau.HubEau(url, accept=True).ask("chroniques", code_bss="a")
    found, refused = judged(answer.rows, ["a"])
    assert found.select(["date_mesure", "niveau_nappe_eau"]).to_pylist() == [
        {"date_mesure": date(2024, 1, 2), "niveau_nappe_eau": 1.5}
    ]
    assert refused["motif"].to_pylist() == ["value of another type"]
    assert '"niveau_nappe_eau":"bas"' in refused["texte"][0].as_py()


def test_an_unreachable_provider_is_one_line() -> None:
    with pytest.raises(SourceError, match=r"http://127.0.0.1:9/.* cannot be reached: .*refused"):
        hubeau.HubEau("http://127.0.0.1:9").ask("stations")


def test_new_fields_are_kept_and_nested_ones_become_text() -> None:
    row = {"code_bss": "a", "date_mesure": "2024-01-01", "capteur": {"type": "CTD", "voies": [1, 2]}, "indice": 7}
    with served(Route(PATH, lambda request: JSONResponse({"count": 1, "data": [row]}))) as url:
        answer = hubeau.HubEau(url).ask("chroniques", code_bss="a")
    found, refused = judged(answer.rows, ["a"])
    assert found["capteur"].to_pylist() == ['{"type":"CTD","voies":[1,2]}']
    assert found["indice"].to_pylist() == ["7"]
    assert refused.num_rows == 0


def test_measures_without_a_day_or_of_another_station_are_refused() -> None:
    fields = [(field.name, field.type) for field in CHRONIQUE]
    rows = pa.Table.from_pylist(
        [
            {"code_bss": "a", "date_mesure": "2024-01-01"},
            {"code_bss": "a", "date_mesure": "31/01/2024"},
            {"code_bss": "a", "date_mesure": "2024-02-30"},
            {"code_bss": "a", "date_mesure": "24-01-01"},
            {"code_bss": "a", "date_mesure": "2024-01-15T10:00:00"},
            {"code_bss": "a", "date_mesure": "2024-01-02", "timestamp_mesure": 900_000_000_000_000_000},
            {"code_bss": None, "date_mesure": "2024-01-01"},
            {"code_bss": "b", "date_mesure": "2024-01-01"},
        ],
        schema=pa.schema(fields),
    )
    found, refused = judged(rows, ["a"])
    assert found["date_mesure"].to_pylist() == [date(2024, 1, 1)]
    unreadable = ["date_mesure unreadable"] * 4
    others = ["timestamp_mesure out of range", "code_bss missing", "station not asked for"]
    assert sorted(refused["motif"].to_pylist()) == sorted([*unreadable, *others])
    assert any('"date_mesure":"31/01/2024"' in text for text in refused["texte"].to_pylist())
