"""/data/piezo_value/, /data/piezo/list and /data/piezo_meteo/."""

import datetime as dt
from typing import Any

import httpx
import psycopg
import pytest

STATION = "07548X0009/F"
JOINED = {"include_continuite": "continuite", "include_nature": "nature_mesure", "include_producteur": "producteur"}


def pages(user: httpx.Client, size: int, code_bss: str = STATION) -> list[dict[str, Any]]:
    """Every page of the levels of a station."""
    found, offset, total = [], 0, 1
    while offset < total:
        body = user.post(f"/data/piezo_value/?limit={size}&offset={offset}", json={"code_bss": code_bss}).json()
        assert (body["limit"], body["offset"]) == (size, offset)
        found.append(body)
        total, offset = body["total"], offset + size
    return found


def test_the_pages_hold_every_level_once_newest_first(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    rows = owner.execute(
        "select date_mesure, timestamp_mesure, niveau_nappe_eau, profondeur_nappe from marts.nappe "
        "where code_bss = %s order by date_mesure desc",
        [STATION],
    ).fetchall()
    found = pages(user, 301)
    assert {page["total"] for page in found} == {len(rows)}
    levels = [level for page in found for level in page["results"]]
    expected = [
        {
            "date_mesure": (instant or dt.datetime.combine(day, dt.time(), dt.UTC)).isoformat().replace("+00:00", "Z"),
            "niveau_nappe_eau": level,
            "profondeur_nappe": depth,
        }
        for day, instant, level, depth in rows
    ]
    assert [{name: level[name] for name in expected[0]} for level in levels] == expected


def test_a_day_without_time_is_at_midnight(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    row = owner.execute(
        "select code_bss, date_mesure from marts.nappe where timestamp_mesure is null order by 1, 2 desc limit 1"
    ).fetchone()
    if row is None:
        pytest.skip("every level of this warehouse has a time")
    levels = [level["date_mesure"] for page in pages(user, 1000, row[0]) for level in page["results"]]
    assert f"{row[1]}T00:00:00Z" in levels


def test_a_page_beyond_the_end_is_empty(user: httpx.Client) -> None:
    body = user.post("/data/piezo_value/?limit=10&offset=1000000", json={"code_bss": STATION}).json()
    assert body["results"] == []
    assert body["total"] > 0


def test_fifty_levels_when_not_said(user: httpx.Client) -> None:
    body = user.post("/data/piezo_value/", json={"code_bss": STATION}).json()
    assert (body["limit"], body["offset"], len(body["results"])) == (50, 0, 50)


@pytest.mark.parametrize("path", ["/data/piezo_value/", "/data/piezo/list"])
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=1", 200),
        ("limit=1000", 200),
        ("limit=0", 422),
        ("limit=1001", 422),
        ("limit=-5", 422),
        ("offset=-1", 422),
        ("offset=99999999999999999999", 422),
        ("limit=many", 422),
    ],
)
def test_limits(user: httpx.Client, path: str, query: str, status: int) -> None:
    ask = user.get if path.endswith("list") else lambda url: user.post(url, json={"code_bss": STATION})
    answer = ask(f"{path}?{query}")
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["detail"].startswith(query.split("=", maxsplit=1)[0])


@pytest.mark.parametrize("flags", range(8))
def test_what_is_not_asked_for_is_null(user: httpx.Client, owner: psycopg.Connection[Any], flags: int) -> None:
    asked = {flag: bool(flags >> bit & 1) for bit, flag in enumerate(JOINED)}
    body = user.post("/data/piezo_value/?limit=1000", json={"code_bss": STATION, **asked}).json()
    for flag, field in JOINED.items():
        given = [level[field] for level in body["results"]]
        if not asked[flag]:
            assert set(map(str, given)) == {"None"}
            continue
        rows = owner.execute(
            f"select j.code_{field}, j.nom_{field} from marts.nappe n left join marts.{field} j using (code_{field}) "
            "where code_bss = %s order by date_mesure desc limit 1000",
            [STATION],
        ).fetchall()
        expected = [None if code is None else {f"code_{field}": code, f"nom_{field}": name} for code, name in rows]
        assert given == expected
        assert any(given)
    assert all(level["info"] is None for level in body["results"])


def test_info_is_the_station(user: httpx.Client) -> None:
    body = user.post("/data/piezo_value/?limit=2", json={"code_bss": STATION, "include_info": True}).json()
    listed = {each["code_bss"]: each for each in user.get("/data/piezo/list?limit=1000").json()["results"]}
    assert [level["info"] for level in body["results"]] == [listed[STATION]] * 2


@pytest.mark.parametrize("code_bss", ["nowhere", "07548x0009/f", "' or true --", "%", "é😀"])
def test_no_such_piezometer(user: httpx.Client, code_bss: str) -> None:
    period = {"start_date": "2024-01-01", "end_date": "2024-01-31"}
    for path, more in (("/data/piezo_value/", {}), ("/data/piezo_meteo/", period)):
        answer = user.post(path, json={"code_bss": code_bss, **more})
        assert answer.status_code == 404
        assert answer.json()["detail"].startswith(f"There is no piezometer {code_bss}: ")


@pytest.mark.parametrize("code_bss", ["", "x" * 41, "nul\x00", "new\nline", 7, None])
def test_no_code_at_all(user: httpx.Client, code_bss: object) -> None:
    answer = user.post("/data/piezo_value/", json={"code_bss": code_bss})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "code_bss"


def test_the_list_pages_by_code(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    rows = owner.execute('select code_bss from marts.info_nappe order by code_bss collate "C"').fetchall()
    whole = user.get("/data/piezo/list").json()
    assert (whole["total"], whole["limit"], whole["offset"]) == (len(rows), 100, 0)
    half = len(rows) // 2
    first = user.get(f"/data/piezo/list?limit={half}").json()["results"]
    second = user.get(f"/data/piezo/list?limit=1000&offset={half}").json()["results"]
    assert sorted(each["code_bss"] for each in first + second) == [code for (code,) in rows]
    assert first + second == user.get("/data/piezo/list?limit=1000").json()["results"]


def test_level_and_weather_side_by_side(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    asked = {"code_bss": STATION, "start_date": "2022-01-01", "end_date": "2024-12-31"}
    body = user.post("/data/piezo_meteo/", json=asked).json()
    rows = owner.execute(
        """
        with station as (select lambx, lamby from marts.info_nappe where code_bss = %(code_bss)s),
        weather as (select * from marts.meteo join station using (lambx, lamby)),
        level as (select * from marts.nappe where code_bss = %(code_bss)s)
        select coalesce(level.date_mesure, weather.date)::text, niveau_nappe_eau, profondeur_nappe, t, swi
        from level full join weather on weather.date = level.date_mesure
        where coalesce(level.date_mesure, weather.date) between %(start_date)s and %(end_date)s
        order by 1
        """,
        asked,
    ).fetchall()
    names = ("date", "niveau_nappe_eau", "profondeur_nappe", "temperature", "swi")
    assert [tuple(day[name] for name in names) for day in body["results"]] == rows
    assert body["cell"] is not None
    # The simulator leaves days without a level: they are there, with nulls.
    assert any(day["niveau_nappe_eau"] is None and day["temperature"] is not None for day in body["results"])


def test_a_level_without_weather_is_there(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    day = owner.execute("select date_mesure::text from marts.nappe where code_bss = %s limit 1", [STATION]).fetchone()
    assert day is not None
    asked = {"code_bss": STATION, "start_date": day[0], "end_date": day[0]}
    cell = user.post("/data/piezo_meteo/", json=asked).json()["cell"]
    where = "where code_bss = %s"
    try:
        owner.execute(f"update marts.info_nappe set lambx = null, lamby = null {where}", [STATION])
        body = user.post("/data/piezo_meteo/", json=asked).json()
    finally:
        owner.execute(
            f"update marts.info_nappe set lambx = %s, lamby = %s {where}", [cell["lambx"], cell["lamby"], STATION]
        )
    assert body["cell"] is None
    (only,) = body["results"]
    assert only["niveau_nappe_eau"] is not None
    assert only["temperature"] is only["t"] is None


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2024-01-02", "2024-01-01", "start_date is after end_date"),
        ("2014-01-01", "2024-01-08", "the period has 3660 days"),
        ("2014-01-01", "2024-01-09", "the period has 3661 days; at most 3660 are given at once"),
        ("0001-01-01", "9999-12-31", "the period has 3652059 days; at most 3660 are given at once"),
        ("2024-01-01", "later", "end_date: "),
    ],
)
def test_periods(user: httpx.Client, start: str, end: str, said: str) -> None:
    answer = user.post("/data/piezo_meteo/", json={"code_bss": STATION, "start_date": start, "end_date": end})
    if "3660 days" in said:
        assert answer.status_code == 200
        return
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(said)
