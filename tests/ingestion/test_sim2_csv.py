"""SIM2's csv.gz: what is read, what is refused, what stops the file."""

import gzip
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.errors import SourceError
from ingestion.sources.meteo import Period, period_of
from ingestion.sources.meteo.sim2_csv import ADDED_IN_2025, KEY, VARIABLES, ParsedFile, Selection, parse

NAME = "QUOT_SIM2_2024.csv.gz"
OLD = [*KEY, *(f"{name}_q" for name in VARIABLES if name != ADDED_IN_2025)]
NEW = [*KEY, *VARIABLES]
BRITTANY = (-5.5, 47.0, -1.0, 49.0)


def line(
    columns: list[str], cell: tuple[str, str] = ("600", "24010"), day: str = "20240101", value: str = "1.5"
) -> str:
    known = {"lambx": cell[0], "lamby": cell[1], "date": day}
    return ";".join(known.get(column, value) for column in columns)


def parsed(folder: Path, columns: list[str], *lines: str, **options: object) -> ParsedFile:
    archive = folder / NAME
    header = ";".join(column.upper() for column in columns)
    archive.write_bytes(gzip.compress("\n".join([header, *lines, ""]).encode()))
    return parse(archive, NAME, Selection(**options))


def rows(result: ParsedFile) -> list[dict]:
    return [row for file in result.files for row in pq.read_table(file).to_pylist()]


@pytest.mark.parametrize("columns", [OLD, NEW, list(reversed(NEW))], ids=["28 columns", "29 columns", "another order"])
def test_both_headers_give_the_same_columns(tmp_path: Path, columns: list[str]) -> None:
    result = parsed(tmp_path, columns, line(columns))
    expected = {"lambx": 600, "lamby": 24010, "date": date(2024, 1, 1)} | dict.fromkeys(VARIABLES, 1.5)
    if columns is OLD:
        expected[ADDED_IN_2025] = None
    assert rows(result) == [expected | {"nom_du_fichier": NAME}]
    assert result.new_columns == ()


def test_a_new_column_is_kept_as_text_and_named(tmp_path: Path) -> None:
    result = parsed(tmp_path, [*NEW, "albedo"], line([*NEW, "albedo"]))
    assert result.new_columns == ("albedo",)
    assert rows(result)[0]["albedo"] == "1.5"


def test_a_missing_column_stops_the_file_by_its_name(tmp_path: Path) -> None:
    columns = [column for column in NEW if column != "etp"]
    with pytest.raises(SourceError, match=r"QUOT_SIM2_2024.csv.gz lacks column ETP"):
        parsed(tmp_path, columns, line(columns))


def test_a_truncated_gzip_stops_the_file(tmp_path: Path) -> None:
    archive = tmp_path / NAME
    whole = gzip.compress("\n".join([";".join(NEW).upper(), *[line(NEW)] * 1000]).encode())
    archive.write_bytes(whole[:-20])
    with pytest.raises(SourceError, match="not a complete gzip file"):
        parse(archive, NAME, Selection())


def test_a_corrupt_gzip_stops_the_file(tmp_path: Path) -> None:
    archive = tmp_path / NAME
    whole = bytearray(gzip.compress("\n".join([";".join(NEW).upper(), *[line(NEW)] * 1000]).encode()))
    whole[40:60] = b"\xff" * 20
    archive.write_bytes(bytes(whole))
    with pytest.raises(SourceError, match="not a complete gzip file"):
        parse(archive, NAME, Selection())


def test_a_file_without_a_line_has_no_row(tmp_path: Path) -> None:
    result = parsed(tmp_path, NEW)
    assert (result.rows, rows(result), result.first_day) == (0, [], None)


def test_a_web_page_stops_the_file(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"<html>maintenance</html>")
    with pytest.raises(SourceError, match="not a complete gzip file"):
        parse(tmp_path / NAME, NAME, Selection())


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line(NEW, day="20241301"), "value unreadable"),
        (line(NEW, day="20240102", value="abc"), "value unreadable"),
        ("600;24010", "missing columns"),
        (line(NEW, day="20240102") + ";9", "too many columns"),
        (line(NEW, cell=("", "24010")), "key missing"),
        (line(NEW, cell=("-9999", "24010")), "cell off the grid"),
        (line(NEW, cell=("601", "24010")), "cell off the grid"),
        (line(NEW, day="99990102"), "date outside the file"),
        (line(NEW, day="20240102", value="1\0"), "value unreadable"),
    ],
)
def test_a_bad_line_is_refused_with_its_text_and_the_others_kept(tmp_path: Path, bad: str, reason: str) -> None:
    result = parsed(tmp_path, NEW, line(NEW), bad, line(NEW, day="20240103"), years=(2024, 2024), bbox=BRITTANY)
    assert [row["date"].day for row in rows(result)] == [1, 3]
    [refused] = result.refused.to_pylist()
    assert refused["motif"] == reason
    assert refused["texte"]


def test_a_repeated_key_refuses_both_lines(tmp_path: Path) -> None:
    result = parsed(tmp_path, NEW, line(NEW), line(NEW, value="2"), line(NEW, day="20240102"))
    assert [row["date"].day for row in rows(result)] == [2]
    assert result.refused["motif"].to_pylist() == ["key repeated", "key repeated"]


def test_the_years_and_the_box_of_the_settings(tmp_path: Path) -> None:
    lines = [line(NEW, day="20031231"), line(NEW, day="20040101"), line(NEW, cell=("9400", "19770"))]
    result = parsed(tmp_path, NEW, *lines, start_year=2004, bbox=BRITTANY)
    assert [(row["lambx"], row["date"].year) for row in rows(result)] == [(600, 2004)]


@pytest.mark.parametrize(
    ("name", "period"),
    [
        ("QUOT_SIM2_2024.csv.gz", Period("2024", 2024, 2024)),
        ("QUOT_SIM2_2010-2019.csv.gz", Period("2010-2019", 2010, 2019)),
        ("QUOT_SIM2_latest.csv.gz", Period("latest", None, None)),
        ("QUOT_SIM2_latest-20250101-20250108.csv.gz", Period("latest", None, None)),
        ("QUOT_SIM2_previous-2020-202412.csv.gz", Period("previous-2020", None, None)),
        ("MENS_SIM2_2024.csv.gz", None),
        ("QUOT_SIM2_2024.csv", None),
    ],
)
def test_the_period_of_a_file_name(name: str, period: Period | None) -> None:
    assert period_of(name) == period


@given(st.text(max_size=60))
def test_any_name_has_a_period_or_none(name: str) -> None:
    assert period_of(name) is None or name.startswith("QUOT_SIM2_")
