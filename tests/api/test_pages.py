"""Pages by `after`, beside those by limit and offset."""

import base64
from typing import Any

import httpx
import orjson
import psycopg
import pytest

from tests.helpers.problems import assert_problem

STATION = "07548X0009/F"
LISTS = ["/data/piezo/list", "/data/piezo/stations", "/data/piezo/latest", f"/data/piezo_value/?code_bss={STATION}",
         "/data/piezo/index?start_date=2024-01-01&end_date=2024-03-31", "/data/communes/list",
         "/data/capteurs/list", "/data/eau/prelevements?cdreseau=070000002"]  # fmt: skip


def pages(user: httpx.Client, path: str, limit: int) -> list[dict[str, Any]]:
    """Every page, each after the one before."""
    found: list[dict[str, Any]] = []
    after = ""
    while not found or after:
        params = httpx.QueryParams(limit=limit, **({"after": after} if after else {}))
        page = user.get(str(httpx.URL(path).copy_merge_params(params))).raise_for_status().json()
        found.append(page)
        after = page["next"]
    return found


def results(page: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.get("results", page.get("features"))
    return found


@pytest.mark.parametrize("path", LISTS)
def test_the_pages_are_the_whole_in_its_order(user: httpx.Client, path: str) -> None:
    (whole,) = pages(user, path, 1000) if "value" not in path else [None]
    for limit in (1, 7) if whole else (300, 301):
        found = pages(user, path, limit)
        rows = [row for page in found for row in results(page)]
        assert {page["total"] for page in found} == {len(rows)}
        assert {len(results(page)) for page in found[:-1]} <= {limit}
        assert found[-1]["next"] is None
        assert results(found[-1])
        if whole:
            assert rows == results(whole)
        else:
            by_offset = user.post(f"{path}&limit=1000", json={"code_bss": STATION}).json()["results"]
            assert rows[: len(by_offset)] == by_offset


def test_a_page_by_offset_goes_on_by_after(user: httpx.Client) -> None:
    first = user.get("/data/piezo/list?limit=3&offset=2").json()
    second = user.get(f"/data/piezo/list?limit=3&after={first['next']}").json()
    assert first["results"] + second["results"] == user.get("/data/piezo/list?limit=6&offset=2").json()["results"]


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_a_cursor_with_an_instant_outside_of_the_calendar(user: httpx.Client, instant: str) -> None:
    cursor = base64.urlsafe_b64encode(orjson.dumps(["x", "H", instant])).rstrip(b"=").decode()
    assert_problem(user.get(f"/data/capteurs/gaps?after={cursor}"), "invalid-request")


def test_rows_that_come_in_between_change_nothing_behind(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    first = user.get("/data/piezo/list?limit=3").json()
    expected = user.get(f"/data/piezo/list?limit=3&after={first['next']}").json()["results"]
    owner.execute("insert into marts.info_nappe (code_bss) values ('00000X0000/NEW')")
    try:
        again = user.get(f"/data/piezo/list?limit=3&after={first['next']}").json()["results"]
    finally:
        owner.execute("delete from marts.info_nappe where code_bss = '00000X0000/NEW'")
    assert again == expected


def cursor(*values: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "after",
    ["", "x", "%00", "é", "=", "AAAA", cursor(), cursor(1), cursor(None), cursor("a", "b"), cursor(["a"]), cursor({}),
     cursor("nul\x00"), cursor("x" * 400), cursor(10**18), cursor(1.5), cursor(True)],
)  # fmt: skip
def test_what_is_no_cursor(user: httpx.Client, path: str, after: str) -> None:
    answer = user.get(str(httpx.URL(path).copy_merge_params({"after": after})))
    assert_problem(answer, "invalid-request")
    assert answer.json()["errors"][0]["field"] == "after"


def test_a_cursor_from_elsewhere_is_none_or_a_place(user: httpx.Client) -> None:
    assert user.get(f"/data/piezo_value/?code_bss={STATION}&after={cursor('2024-01-15')}").status_code == 200
    assert user.get(f"/data/piezo_value/?code_bss={STATION}&after={cursor('soon')}").status_code == 422
    assert user.get(f"/data/piezo/list?after={cursor('zzz')}").json()["results"] == []


def test_one_way_at_a_time_and_not_too_far(user: httpx.Client) -> None:
    after = user.get("/data/piezo/list?limit=1").json()["next"]
    assert_problem(user.get(f"/data/piezo/list?offset=1&after={after}"), "invalid-request")
    assert user.get("/data/piezo/list?offset=100000").json()["results"] == []
    assert_problem(user.get("/data/piezo/list?offset=100001"), "invalid-request")
