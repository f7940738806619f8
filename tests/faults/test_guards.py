"""Guards: what a run stops for, what --accept lets through, and what is refused or new without stopping it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingestion.errors import GuardError
from tests.faults.bad import ACCEPT, SERIES, YEAR, Bad, lasting, refused
from tests.faults.months import NOT_THE_WINDOW, VALUES, new_place
from tests.faults.proxy import FOR_EVER, Fault, Faults, csv, records
from tests.helpers.warehouse import TestWarehouse


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


def without_the_first_station(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    first = min(row["code_bss"] for row in rows)
    return [row for row in rows if row["code_bss"] != first]


def at_midnight(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"date_mesure": f"{row['date_mesure']}T00:00:00Z"} for row in rows]


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
        refused("variable without a value", YEAR, with_columns({"ETP_Q"}, lambda value: ""), "0 values of etp instead"),
        refused("half the measures", SERIES, records(lambda rows: rows[::2], told=True), r"[\d,]+ measures instead of"),
        refused("a station without", SERIES, records(without_the_first_station, told=True), "no measure left of those"),
    ],
)


@GUARDED
def test_a_guard_stops_the_run(
    untouched: TestWarehouse, first_month: str, faults: Faults, waits: list[float], bad: Bad
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
    month_1: TestWarehouse, first_month: str, tmp_path: Path, faults: Faults, waits: list[float], bad: Bad
) -> None:
    place = month_1.clone(tmp_path).at(first_month)
    good = month_1.checksums(VALUES[bad.domain], NOT_THE_WINDOW)
    faults.add(bad.path, bad.fault, FOR_EVER)
    place.month(bad.domain, accept=True)
    assert place.checksums(VALUES[bad.domain], NOT_THE_WINDOW) != good
    faults.clear()
    place.month(bad.domain)
    assert place.checksums(VALUES[bad.domain], NOT_THE_WINDOW) == good


def test_measures_none_of_which_can_be_read_stop_the_first_run_too(
    tmp_path: Path, first_month: str, faults: Faults
) -> None:
    place = new_place(tmp_path, first_month)
    faults.add(SERIES, records(at_midnight), FOR_EVER)
    with pytest.raises(GuardError, match=r"([\d,]+) of \1 measures: date_mesure unreadable; nothing was replaced"):
        place.collect("piezometrie")
    assert place.load().rows("SELECT count(*) FROM raw_piezometrie.chroniques") == [(0,)]


def test_a_station_whose_measures_an_operator_lets_go_is_without_them_in_the_tables(
    built: TestWarehouse, first_month: str, tmp_path: Path, faults: Faults
) -> None:
    place = built.clone(tmp_path).at(first_month)
    query = "SELECT min(code_bss), count(*) FROM marts.nappe WHERE date_mesure > '2024-06-30' GROUP BY code_bss"
    before = dict(place.rows(query))
    faults.add(SERIES, records(without_the_first_station, told=True), FOR_EVER)
    place.month("piezometrie", accept=True).build("--select", "+nappe")
    del before[min(before)]
    assert dict(place.rows(query)) == before
    place.month("piezometrie")  # and no guard stops the next month for it


def test_values_of_another_type_that_an_operator_lets_through_are_refused_with_their_text(
    place: TestWarehouse, first_month: str, faults: Faults
) -> None:
    place = place.at(first_month)
    faults.add(SERIES, records(levels_as_words), FOR_EVER)
    place.month("piezometrie", accept=True)
    refused = place.rows("SELECT texte FROM raw_piezometrie.rejet")
    assert len(refused) == 10 * len(faults.requests(SERIES))
    assert all('"niveau_nappe_eau":"sec"' in text for (text,) in refused)
    assert sum(line.refused for line in place.collected) == len(refused)


def test_a_new_column_is_no_fault(place: TestWarehouse, first_month: str, faults: Faults) -> None:
    faults.add(YEAR, csv(lambda lines: [f"{lines[0]};ALBEDO_Q", *(f"{line};0.2" for line in lines[1:])]), FOR_EVER)
    place = place.at(first_month).month("meteo")
    assert [line.new_columns for line in place.collected if line.new_columns] == [("albedo",)]
    assert place.rows("SELECT DISTINCT albedo FROM raw_meteo.sim2 WHERE nom_du_fichier ~ '2023'") == [("0.2",)]


def test_a_new_field_is_no_fault(place: TestWarehouse, first_month: str, faults: Faults) -> None:
    faults.add(SERIES, records(lambda rows: [row | {"fiabilite": 3} for row in rows]), FOR_EVER)
    place = place.at(first_month).month("piezometrie")
    assert {line.new_columns for line in place.collected} == {(), ("fiabilite",)}
    assert place.rows("SELECT DISTINCT fiabilite FROM raw_piezometrie.chroniques WHERE fiabilite IS NOT NULL") == [
        ("3",)
    ]


def with_day(day: str) -> Fault:
    """Series whose first record has this day."""
    return records(lambda rows: [{**rows[0], "date_mesure": day}, *rows[1:]])


@pytest.mark.parametrize("day", ["2024-13-45", "2023-02-30", "31/12/2023", "hier"])
def test_a_record_without_a_readable_day_is_refused_with_its_text(
    place: TestWarehouse, first_month: str, faults: Faults, day: str
) -> None:
    faults.add(SERIES, with_day(day), FOR_EVER)
    place.at(first_month).month("piezometrie")
    [(reason, text)] = place.rows("SELECT motif, texte FROM raw_piezometrie.rejet")
    assert reason == "date_mesure unreadable"
    assert day in text


def test_a_record_refused_is_refused_once_however_often_it_is_read(
    place: TestWarehouse, first_month: str, faults: Faults
) -> None:
    faults.add(SERIES, with_day("2024-13-45"), FOR_EVER)
    place = place.at(first_month).month("piezometrie")
    before = place.contents()
    assert place.month("piezometrie").contents() == before


def test_the_command_says_what_stopped_it_and_what_to_do(
    place: TestWarehouse, first_month: str, faults: Faults
) -> None:
    place = place.at(first_month)
    faults.add(YEAR, without(NOVEMBER_ENDS), FOR_EVER)
    stopped = place.command("collect", "meteo")
    assert stopped.returncode == 6, stopped.stderr
    [line] = stopped.stderr.strip().splitlines()
    assert line.startswith(f"hydrotheque: {YEAR}")
    assert line.endswith(ACCEPT)
    accepted = place.command("collect", "meteo", "--accept")
    assert accepted.returncode == 0, accepted.stderr
