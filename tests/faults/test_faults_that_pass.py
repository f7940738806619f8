"""Faults that pass: the run is as good as one on a good day, and no quicker than the provider asks."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion.errors import SourceError
from ingestion.providers import data_gouv, http
from tests.faults.bad import BUSY, PAGE, SERIES, YEAR, Bad, passing
from tests.faults.months import new_place
from tests.faults.proxy import FOR_EVER, Faults, answers, breaks_after, csv, records, stalls
from tests.helpers.warehouse import TestWarehouse


@pytest.mark.parametrize(
    "bad",
    [
        passing("hubeau: 500 three times", SERIES, answers(500, BUSY), 3),
        passing("hubeau: 502 with XML", SERIES, answers(502, "<ErrorResource/>", "application/xml"), 1),
        passing("hubeau: web page", SERIES, answers(200, PAGE, "text/html"), 1),
        passing("hubeau: reset in mid-body twice", SERIES, breaks_after(20_000), 2),
        passing("hubeau: time-out", SERIES, stalls(1.5), 1),
        passing("hubeau: fewer measures than count", SERIES, records(lambda rows: rows[: len(rows) // 7]), 1),
        passing("hubeau: fewer stations than count", "/stations", records(lambda rows: rows[1:]), 1),
    ],
)
def test_a_fault_that_passes_leaves_no_trace(
    place: TestWarehouse,
    month_2: TestWarehouse,
    faults: Faults,
    waits: list[float],
    monkeypatch: pytest.MonkeyPatch,
    bad: Bad,
) -> None:
    monkeypatch.setattr(http, "TIMEOUT", (1, 0.75))
    faults.add(bad.path, bad.fault, bad.times)
    place.month("piezometrie")
    assert faults.spent
    assert place.raw("piezometrie") == month_2.raw("piezometrie")
    assert len(waits) == bad.times
    assert all(0 < wait <= 60 for wait in waits)
    assert sum(line.refused for line in place.collected) == 0


def test_faults_of_files_that_pass_leave_no_trace(
    place: TestWarehouse, month_2: TestWarehouse, faults: Faults, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "TIMEOUT", (1, 0.75))
    for fault in (answers(200, PAGE, "text/html"), answers(500, BUSY)):
        faults.add("/api/1/datasets", fault)
    for fault in (answers(200, PAGE, "text/html"), answers(500, BUSY), stalls(1.5)):
        faults.add(YEAR, fault)
    place.month("meteo")
    assert faults.spent
    assert len(waits) == 5
    assert place.raw("meteo") == month_2.raw("meteo")


@pytest.mark.parametrize(
    ("domain", "first", "second"), [("piezometrie", "/stations", SERIES), ("meteo", "/api/1/datasets", YEAR)]
)
def test_the_wait_that_a_provider_asks_for_is_kept(
    place: TestWarehouse, faults: Faults, waits: list[float], domain: str, first: str, second: str
) -> None:
    faults.add(first, answers(429, BUSY, Retry_After="7"))
    faults.add(second, answers(503, BUSY, Retry_After="8"))
    place.collect(domain)
    assert waits == [7, 8]


def test_a_wait_takes_its_time(place: TestWarehouse, faults: Faults) -> None:
    faults.add("/stations", answers(429, BUSY, Retry_After="1"))
    place.collect("piezometrie")
    asked, again, *_ = (request.at for request in faults.requests("/stations"))
    assert 1 <= again - asked < 2


def test_a_wait_given_as_a_date_is_kept(place: TestWarehouse, faults: Faults, waits: list[float]) -> None:
    faults.add("/stations", answers(503, BUSY, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"))
    place.collect("piezometrie")
    assert waits == [0]


def test_a_download_goes_on_where_it_broke(
    place: TestWarehouse, month_2: TestWarehouse, faults: Faults, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    monkeypatch.setattr(data_gouv, "BLOCK", 10_000)
    faults.add(YEAR, breaks_after(35_000))
    faults.add(YEAR, breaks_after(20_000))
    place.month("meteo")
    whole, *parts = (request.headers for request in faults.requests(YEAR))
    assert "range" not in whole
    starts = [int(re.fullmatch(r"bytes=(\d+)-", part["range"])[1]) for part in parts]
    assert [0 < starts[0] <= 35_000, starts[0] < starts[1] <= 55_000] == [True, True], starts
    assert all(part["if-range"].strip('"') for part in parts)
    assert place.raw("meteo") == month_2.raw("meteo")


def test_a_file_replaced_while_it_is_read_is_not_patched_together(
    untouched: TestWarehouse, faults: Faults, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    monkeypatch.setattr(data_gouv, "BLOCK", 10_000)
    before = untouched.contents()
    faults.add(YEAR, breaks_after(35_000))
    newer = csv(lambda lines: [lines[0], *reversed(lines[1:])])
    faults.add(YEAR, replace(newer, methods=("GET",)), FOR_EVER)  # after the headers were asked for
    with pytest.raises(SourceError, match=r"[\d,]+ bytes received, [\d,]+ announced; nothing was kept, try again"):
        untouched.collect("meteo")
    assert untouched.contents() == before


def test_the_pace_with_hubeau_is_kept(second_month: str, faults: Faults, tmp_path: Path) -> None:
    departments = ("59", "62", "33", "85", "01", "02", "03", "04", "05", "06", "07", "08")
    place = new_place(tmp_path, second_month, piezo_stations=(), piezo_departements=departments)
    place.at(second_month, hubeau_requests_per_second=5).collect("piezometrie")
    times = sorted(request.at for request in faults.seen)
    assert len(times) >= 13
    assert max(sum(start <= at < start + 0.95 for at in times) for start in times) <= 5


def test_without_a_pace_nothing_waits(second_month: str, faults: Faults, tmp_path: Path) -> None:
    departments = ("59", "62", "33", "85", "01", "02", "03", "04", "05", "06", "07", "08")
    place = new_place(tmp_path, second_month, piezo_stations=(), piezo_departements=departments)
    place.at(second_month, hubeau_requests_per_second=0).collect("piezometrie")
    times = [request.at for request in faults.requests("/stations")]
    assert max(times) - min(times) < 1
