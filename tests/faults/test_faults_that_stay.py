"""Faults that stay: the run stops with one line and an exit status, and nothing has changed."""

import re

import pytest

from ingestion.errors import SourceError
from ingestion.providers import http
from tests.faults.bad import BUSY, PAGE, SERIES, YEAR, Bad, lasting, refused
from tests.faults.proxy import FOR_EVER, Faults, answers, breaks_after, csv, edits, stalls
from tests.helpers.warehouse import TestWarehouse


def renamed(lines: list[str]) -> list[str]:
    return [lines[0].replace(";T_Q;", ";TEMPERATURE_Q;"), *lines[1:]]


@pytest.mark.parametrize(
    "bad",
    [
        lasting("hubeau: 500", SERIES, answers(500, BUSY), r"/chroniques\?.* answered 500 Internal Server .*busy"),
        lasting("hubeau: 503", SERIES, answers(503, BUSY), "answered 503 Service Unavailable: .*busy"),
        lasting("hubeau: 429", SERIES, answers(429, BUSY), "answered 429 Too Many Requests: .*busy"),
        lasting("hubeau: web page", SERIES, answers(200, PAGE, "text/html"), "text/html.* where JSON was expected"),
        lasting("hubeau: time-outs", SERIES, stalls(1), r"/chroniques\?.* timed out"),
        lasting("hubeau: resets", SERIES, breaks_after(20_000), r"/chroniques\?.*IncompleteRead"),
        lasting("dataset: 503", "/api/1/datasets", answers(503, BUSY), "/datasets/.* answered 503 Service .*busy"),
        lasting("file: 500", YEAR, answers(500, BUSY), "answered 500 Internal Server Error: .*busy"),
        lasting("file: resets", YEAR, breaks_after(0), "/datasets/r/.*(IncompleteRead|bytes received)"),
        lasting("file: web page", YEAR, answers(200, PAGE, "text/html"), "text/html.* where a file was expected"),
        refused("hubeau: 400", SERIES, answers(400, BUSY), "answered 400 Bad Request: .*busy"),
        refused("hubeau: half", SERIES, answers(200, '{"count": 3, "data": ['), "did not answer Hub'Eau's envelope"),
        refused("file: truncated gzip", YEAR, edits(lambda body: body[:-30]), f"{YEAR} is not a complete gzip file"),
        refused("file: no gzip", YEAR, edits(lambda body: PAGE.encode()), f"{YEAR} is not a complete gzip file"),
        refused("file: renamed column", YEAR, csv(renamed), f"{YEAR} lacks column T; the file was not kept"),
    ],
)
def test_a_fault_that_stays_changes_nothing(
    untouched: TestWarehouse,
    first_month: str,
    faults: Faults,
    waits: list[float],
    monkeypatch: pytest.MonkeyPatch,
    bad: Bad,
) -> None:
    monkeypatch.setattr(http, "TIMEOUT", (1, 0.5))
    # Series are asked for in any month; a new list of stations would be a package of its own, and right to keep.
    place = untouched.at(first_month) if bad.domain == "piezometrie" else untouched
    before = place.contents()
    faults.add(bad.path, bad.fault, FOR_EVER)
    with pytest.raises(SourceError, match=bad.message) as error:
        place.collect(bad.domain)
    assert "\n" not in str(error.value)
    assert len(waits) == bad.times - 1
    assert place.load().contents() == before


def test_the_command_leaves_when_the_provider_is_down(place: TestWarehouse, faults: Faults) -> None:
    faults.add("/stations", answers(503, BUSY, Retry_After="0"), FOR_EVER)
    down = place.command("collect", "piezometrie")
    assert down.returncode == 3, down.stderr
    [line] = down.stderr.strip().splitlines()
    assert re.fullmatch(r"hydrotheque: http://127.0.0.1:\d+/.*/stations\?.* answered 503 Service Unavailable: .*", line)
    assert len(faults.requests("/stations")) == 4
