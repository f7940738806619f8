"""The providers' bad days: what a run does, that lake and warehouse are right afterwards, what the operator reads."""

import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from ingestion.errors import GuardError, SourceError
from ingestion.simulator.server import running
from ingestion.sources import data_gouv, http
from tests.faults.months import MONTH_2, NOT_THE_WINDOW, VALUES, Place, copy_of, new_place
from tests.faults.proxy import FOR_EVER, Fault, Faults, answers, breaks_after, csv, edits, records, stalls

YEAR = "QUOT_SIM2_2023.csv.gz"  # the first file read
SERIES = "/chroniques"
BUSY = '{"message": "busy"}'
PAGE = "<h1>Whitelabel Error Page</h1>"
ACCEPT = "run again with --accept"


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds waited between tries: noted, not slept."""
    noted: list[float] = []
    monkeypatch.setattr("tenacity.nap.time", SimpleNamespace(sleep=noted.append))
    return noted


@dataclass(frozen=True)
class Bad:
    """A fault at a path, how many answers have it (or tries are made), and what the operator reads."""

    path: str
    fault: Fault
    times: int
    message: str = ""

    @property
    def domain(self) -> str:
        return "piezometrie" if self.path in (SERIES, "/stations") else "meteo"


def passing(name: str, path: str, fault: Fault, times: int = 1) -> Any:
    return pytest.param(Bad(path, fault, times), id=name)


def lasting(name: str, path: str, fault: Fault, message: str) -> Any:
    """A fault that another try might mend, and does not."""
    return pytest.param(Bad(path, fault, http.ATTEMPTS, message), id=name)


def refused(name: str, path: str, fault: Fault, message: str) -> Any:
    """A fault that no other try can mend."""
    return pytest.param(Bad(path, fault, 1, message), id=name)


def renamed(lines: list[str]) -> list[str]:
    return [lines[0].replace(";T_Q;", ";TEMPERATURE_Q;"), *lines[1:]]


# Faults that pass: the run is as good as one on a good day.


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
    place: Place,
    month_2: Place,
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
    place: Place, month_2: Place, faults: Faults, waits: list[float], monkeypatch: pytest.MonkeyPatch
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
    place: Place, faults: Faults, domain: str, first: str, second: str
) -> None:
    faults.add(first, answers(429, BUSY, Retry_After="1"))
    faults.add(second, answers(503, BUSY, Retry_After="1"))
    place.collect(domain)
    for path in (first, second):
        asked, again, *_ = (request.at for request in faults.requests(path))
        assert 1 <= again - asked < 2


def test_a_wait_given_as_a_date_is_kept(place: Place, faults: Faults, waits: list[float]) -> None:
    faults.add("/stations", answers(503, BUSY, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"))
    place.collect("piezometrie")
    assert waits == [0]


def test_a_download_goes_on_where_it_broke(
    place: Place, month_2: Place, faults: Faults, monkeypatch: pytest.MonkeyPatch, waits: list[float]
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
    untouched: Place, faults: Faults, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    monkeypatch.setattr(data_gouv, "BLOCK", 10_000)
    before = untouched.contents()
    faults.add(YEAR, breaks_after(35_000))
    newer = csv(lambda lines: [lines[0], *reversed(lines[1:])])
    faults.add(YEAR, replace(newer, methods=("GET",)), FOR_EVER)  # after the headers were asked for
    with pytest.raises(SourceError, match=r"[\d,]+ bytes received, [\d,]+ announced; nothing was kept, try again"):
        untouched.collect("meteo")
    assert untouched.contents() == before


# Faults that stay: the run stops with one line and nothing has changed.


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
    untouched: Place,
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


@pytest.fixture(scope="module")
def untouched(month_1: Place, second_month: str, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Month 1 at the providers of month 2, for runs that stop and must change nothing."""
    return copy_of(month_1, tmp_path_factory.mktemp("untouched"), second_month)


# Guards: what a run stops for, and what --accept lets through.


def without(pattern: str) -> Fault:
    """The file without the lines that match."""
    return csv(lambda lines: [line for line in lines if not re.match(pattern, line)])


def with_columns(names: set[str], change: Callable[[str], str]) -> Fault:
    """The file with some columns changed on every line."""

    def changed(lines: list[str]) -> list[str]:
        header = lines[0].split(";")
        rows = (zip(header, line.split(";"), strict=True) for line in lines[1:])
        return [lines[0], *(";".join(change(v) if name in names else v for name, v in row) for row in rows)]

    return csv(changed)


def levels_as_words(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | ({"niveau_nappe_eau": "sec"} if number < 10 else {}) for number, row in enumerate(rows)]


def decimal_comma(value: str) -> str:
    return value.replace(".", ",")


NOVEMBER_ENDS = r"\d+;\d+;202311(28|29|30)"
GUARDED = pytest.mark.parametrize(
    "bad",
    [
        refused("year loses days", YEAR, without(NOVEMBER_ENDS), f"{YEAR}.*(362.*365|365.*362)"),
        refused("year loses a cell", YEAR, csv(lambda lines: lines[:1] + lines[366:]), f"{YEAR}.*(12.*11|11.*12)"),
        refused(
            "year is shorter",
            YEAR,
            with_columns({"DLI_Q", "SSI_Q", "PE_Q"}, lambda value: ""),
            f"{YEAR} has [0-9,]+ bytes instead of",
        ),
        refused(
            "column of another type",
            YEAR,
            with_columns({"T_Q"}, decimal_comma),
            f"{YEAR}.*4,380 lines that cannot be read",
        ),
        lasting("fewer measures", SERIES, records(lambda rows: rows[:-50]), r"/chroniques\?.* announced \d+ rows and"),
        refused("field of another type", SERIES, records(levels_as_words), r"/chroniques\?.*niveau_nappe_eau"),
    ],
)


@GUARDED
def test_a_guard_stops_the_run(
    untouched: Place, first_month: str, faults: Faults, waits: list[float], bad: Bad
) -> None:
    place = untouched.at(first_month)
    before = place.contents()
    faults.add(bad.path, bad.fault, FOR_EVER)
    with pytest.raises(GuardError, match=bad.message) as error:
        place.collect(bad.domain)
    assert str(error.value).endswith(ACCEPT)
    assert "\n" not in str(error.value)
    assert place.load().contents() == before


@GUARDED
def test_an_operator_lets_it_through_and_a_good_day_mends_it(
    month_1: Place, first_month: str, tmp_path: Path, faults: Faults, waits: list[float], bad: Bad
) -> None:
    place = copy_of(month_1, tmp_path, first_month)
    good = month_1.checksums(VALUES[bad.domain], NOT_THE_WINDOW)
    faults.add(bad.path, bad.fault, FOR_EVER)
    place.month(bad.domain, accept=True)
    assert place.checksums(VALUES[bad.domain], NOT_THE_WINDOW) != good
    faults.clear()
    place.month(bad.domain)
    assert place.checksums(VALUES[bad.domain], NOT_THE_WINDOW) == good


def test_values_of_another_type_that_an_operator_lets_through_are_refused_with_their_text(
    place: Place, first_month: str, faults: Faults
) -> None:
    place = place.at(first_month)
    faults.add(SERIES, records(levels_as_words), FOR_EVER)
    place.month("piezometrie", accept=True)
    refused = place.rows("SELECT texte FROM raw_piezometrie.rejet")
    assert len(refused) == 10 * len(faults.requests(SERIES))
    assert all('"niveau_nappe_eau":"sec"' in text for (text,) in refused)
    assert sum(line.refused for line in place.collected) == len(refused)


def test_a_new_column_is_no_fault(place: Place, first_month: str, faults: Faults) -> None:
    faults.add(YEAR, csv(lambda lines: [f"{lines[0]};ALBEDO_Q", *(f"{line};0.2" for line in lines[1:])]), FOR_EVER)
    place = place.at(first_month).month("meteo")
    assert [line.new_columns for line in place.collected if line.new_columns] == [("albedo",)]
    assert place.rows("SELECT DISTINCT albedo FROM raw_meteo.sim2 WHERE nom_du_fichier ~ '2023'") == [("0.2",)]


# The command: a line and an exit status.


def test_the_command_says_what_stopped_it_and_what_to_do(place: Place, first_month: str, faults: Faults) -> None:
    place = place.at(first_month)
    faults.add(YEAR, without(NOVEMBER_ENDS), FOR_EVER)
    stopped = place.command("collect", "meteo")
    assert stopped.returncode == 6, stopped.stderr
    [line] = stopped.stderr.strip().splitlines()
    assert line.startswith(f"hydrotheque: {YEAR}")
    assert line.endswith(ACCEPT)
    accepted = place.command("collect", "meteo", "--accept")
    assert accepted.returncode == 0, accepted.stderr


def test_the_command_leaves_when_the_provider_is_down(place: Place, faults: Faults) -> None:
    faults.add("/stations", answers(503, BUSY, Retry_After="0"), FOR_EVER)
    down = place.command("collect", "piezometrie")
    assert down.returncode == 3, down.stderr
    [line] = down.stderr.strip().splitlines()
    assert re.fullmatch(r"hydrotheque: http://127.0.0.1:\d+/.*/stations\?.* answered 503 Service Unavailable: .*", line)
    assert len(faults.requests("/stations")) == 4


# What the providers do by design.


def test_revised_values_replace_the_old_ones_where_they_are_read_again(
    month_2: Place, month_1: Place, fresh: Place
) -> None:
    place = month_2
    windows = place.rows("SELECT code_bss, max(lu_depuis) FROM raw_piezometrie.lecture GROUP BY 1")
    assert place.checksums(["raw_meteo.sim2"]) == fresh.checksums(["raw_meteo.sim2"])
    assert place.checksums(["raw_meteo.sim2"]) != month_1.checksums(["raw_meteo.sim2"])
    for code, since in windows:
        again = series(fresh, f"code_bss = '{code}' AND date_mesure >= '{since}'")
        assert series(place, f"code_bss = '{code}' AND date_mesure >= '{since}'") == again
        assert series(month_1, f"code_bss = '{code}' AND date_mesure >= '{since}'") != again
        kept = series(month_1, f"code_bss = '{code}' AND date_mesure < '{since}'")
        assert series(place, f"code_bss = '{code}' AND date_mesure < '{since}'") == kept
    assert len(windows) == 5


def test_a_full_reading_replaces_every_value(month_2: Place, fresh: Place, second_month: str, tmp_path: Path) -> None:
    place = copy_of(month_2, tmp_path, second_month)
    assert series(place) != series(fresh)
    place.month("piezometrie", full=True)
    assert series(place) == series(fresh)


def test_a_second_run_of_a_month_brings_nothing(month_2: Place, second_month: str, tmp_path: Path) -> None:
    place = copy_of(month_2, tmp_path, second_month)
    before = place.contents()
    place.month()
    assert all(line.unchanged for line in place.collected)
    assert place.contents() == before


def with_day(day: str) -> Fault:
    """Series whose first record has this day."""
    return records(lambda rows: [{**rows[0], "date_mesure": day}, *rows[1:]])


@pytest.mark.parametrize("day", ["2024-13-45", "2023-02-30", "31/12/2023", "hier"])
def test_a_record_without_a_readable_day_is_refused_with_its_text(
    place: Place, first_month: str, faults: Faults, day: str
) -> None:
    faults.add(SERIES, with_day(day), FOR_EVER)
    place.at(first_month).month("piezometrie")
    [(reason, text)] = place.rows("SELECT motif, texte FROM raw_piezometrie.rejet")
    assert reason == "date_mesure unreadable"
    assert day in text


def test_a_record_refused_is_refused_once_however_often_it_is_read(
    place: Place, first_month: str, faults: Faults
) -> None:
    faults.add(SERIES, with_day("2024-13-45"), FOR_EVER)
    place = place.at(first_month).month("piezometrie")
    before = place.contents()
    assert place.month("piezometrie").contents() == before


def series(place: Place, where: str = "true") -> list[tuple[Any, ...]]:
    """Measures by station and day, without what tells one reading from another."""
    return place.rows(
        f"""SELECT (to_jsonb(c) - '{{paquet,lu_depuis,_dlt_load_id,_dlt_id}}'::text[])::text
        FROM raw_piezometrie.chroniques AS c WHERE {where} ORDER BY 1"""
    )


@pytest.fixture(scope="module")
def fresh(home: Path, month_2: Place, second_month: str, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Month 2 collected into an empty place; read only."""
    return new_place(home, tmp_path_factory.mktemp("fresh"), second_month).month()


def test_both_headers_give_the_same_columns(month_2: Place) -> None:
    headers = {
        name: gzip.decompress(requests.get(url, timeout=10).content).split(b"\n", 1)[0].decode().split(";")
        for name, url in month_2.rows("SELECT nom_du_fichier, url FROM raw_meteo.lecture")
    }
    assert "T_Q" in headers[YEAR]
    assert "SSWI_10J" in headers["QUOT_SIM2_2024.csv.gz"]
    found = month_2.rows(
        """SELECT nom_du_fichier, count(*), count(t), count(tsup_h), count(sswi_10j) > 0 FROM raw_meteo.sim2
        GROUP BY 1 ORDER BY 1"""
    )
    days = {YEAR: 365, "QUOT_SIM2_2024.csv.gz": 366, "QUOT_SIM2_latest.csv.gz": 60}
    assert found == [(name, 12 * n, 12 * n, 12 * n, name != YEAR) for name, n in days.items()]


def test_from_decades_to_years_every_day_stands_once_and_the_newest_wins(
    home: Path, files: Path, second_month: str, tmp_path: Path
) -> None:
    decades = replace(MONTH_2, today=date(2025, 1, 8), revision=0, layout="decades")
    with running(decades, cache_dir=files) as url:
        place = new_place(home, tmp_path, url).month("meteo", "piezometrie").build()
    assert {name for (name,) in place.rows("SELECT DISTINCT nom_du_fichier FROM marts.meteo")} == {
        "QUOT_SIM2_previous-2020.csv.gz",
        "QUOT_SIM2_latest.csv.gz",
    }
    place.at(second_month).month("meteo").build()
    newest = """SELECT DISTINCT ON (lambx, lamby, date) lambx, lamby, date, t, etp, nom_du_fichier
        FROM raw_meteo.sim2 JOIN (
            SELECT DISTINCT ON (nom_du_fichier) nom_du_fichier, modifie_le FROM raw_meteo.lecture
            ORDER BY nom_du_fichier, paquet DESC
        ) AS lecture USING (nom_du_fichier) ORDER BY lambx, lamby, date, modifie_le DESC"""
    built = place.rows("SELECT lambx, lamby, date, t, etp, nom_du_fichier FROM marts.meteo ORDER BY 1, 2, 3")
    assert built == place.rows(newest)
    assert len(built) == 12 * ((date(2025, 2, 8) - date(2023, 1, 1)).days + 1)
    assert "QUOT_SIM2_previous-2020.csv.gz" not in {row[-1] for row in built}


def test_the_pace_with_hubeau_is_kept(home: Path, second_month: str, faults: Faults, tmp_path: Path) -> None:
    departments = ("59", "62", "33", "85", "01", "02", "03", "04", "05", "06", "07", "08")
    place = new_place(home, tmp_path, second_month, piezo_stations=(), piezo_departements=departments)
    place.at(second_month, hubeau_requests_per_second=5).month("piezometrie")
    times = sorted(request.at for request in faults.seen)
    assert len(times) >= 13
    assert max(sum(start <= at < start + 0.95 for at in times) for start in times) <= 5


def test_without_a_pace_nothing_waits(home: Path, second_month: str, faults: Faults, tmp_path: Path) -> None:
    departments = ("59", "62", "33", "85", "01", "02", "03", "04", "05", "06", "07", "08")
    place = new_place(home, tmp_path, second_month, piezo_stations=(), piezo_departements=departments)
    place.at(second_month, hubeau_requests_per_second=0).month("piezometrie")
    times = [request.at for request in faults.requests("/stations")]
    assert max(times) - min(times) < 1
