"""A year's zip to Parquet: what is kept of it is what was published; what stops it is one line."""

import io
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.errors import SourceError
from ingestion.sources import csv_stream
from ingestion.sources.qualite_eau.yearly_zip import COLUMNS, OURS, ParsedYear, parse
from tests.ingestion.dis import csv, row, tables, zipped

NAME = "dis-2023.zip"
RESULT = "DIS_RESULT_2023.txt"
COM_UDI = "DIS_COM_UDI_2023.txt"


def parsed(folder: Path, content: bytes | dict[str, bytes]) -> ParsedYear:
    archive = folder / NAME
    archive.write_bytes(zipped(content) if isinstance(content, dict) else content)
    return parse(archive, NAME, 2023)


def rows_of(year: ParsedYear, table: str) -> list[tuple[str | None, ...]]:
    """The rows without our columns, in the order of their text."""
    found = pa.concat_tables([pq.ParquetFile(path).read() for path in year.files[table]]).drop_columns(list(OURS))
    return sorted((tuple(line.values()) for line in found.to_pylist()), key=str)


def test_the_columns_are_as_published_then_ours(tmp_path: Path) -> None:
    year = parsed(tmp_path, tables(2023))
    assert year.rows == {"com_udi": 3, "plv": 3, "result": 3}
    assert year.members["plv"] == {"lignes": 3, "refusees": 0}
    for table, columns in COLUMNS.items():
        found = pq.ParquetFile(year.files[table][0]).read()
        assert found.column_names == [*columns, *OURS]
        assert {str(field.type) for field in found.schema} == {"string", "int64"}
        assert found["annee"].to_pylist() == [2023] * 3
        assert found["nom_du_fichier"].to_pylist() == [NAME] * 3
        assert rows_of(year, table) == [tuple(row(table, key)) for key in "123"]


_texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\r\n"), max_size=12)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(_texts, min_size=3, max_size=3).filter(any), min_size=1, max_size=8))
def test_any_text_comes_through_as_it_is(lines: list[list[str]]) -> None:
    source = io.BytesIO(csv(["a", "b", "c"], lines))
    with duckdb.connect() as db:
        columns, end = csv_stream.read_header(source, NAME)
        with csv_stream.csv_errors(NAME), csv_stream.fed(source) as stream:
            found = db.sql(f"SELECT * FROM {csv_stream.lines(stream, columns, end)}").fetchall()
        assert csv_stream.refused_lines(db, NAME, len(found)).num_rows == 0
    assert found == [tuple(value or None for value in line) for line in lines]


def test_columns_are_read_by_name_in_any_order_and_new_ones_are_kept(tmp_path: Path) -> None:
    columns = [*reversed(COLUMNS["com_udi"]), "month"]
    content = csv(columns, [[*reversed(row("com_udi", "1")), "1"]])
    year = parsed(tmp_path, tables(2023) | {COM_UDI: content})
    assert year.new_columns == ("com_udi.month",)
    assert rows_of(year, "com_udi") == [(*row("com_udi", "1"), "1")]


@pytest.mark.parametrize(
    "changed",
    [
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content.replace(b'"', b""),
        lambda content: content.replace(b"nomcommune 1", b"nom\0commune 1"),
        lambda content: content.replace(b"inseecommune,", b'"INSEECOMMUNE",', 1),
        lambda content: content.rstrip(b"\n"),
    ],
    ids=["CRLF", "BOM", "no quotes", "NUL", "quoted header in capitals", "no last line end"],
)
def test_ways_of_writing_the_same_rows(tmp_path: Path, changed: Callable[[bytes], bytes]) -> None:
    members = tables(2023)
    year = parsed(tmp_path, members | {COM_UDI: changed(members[COM_UDI])})
    assert rows_of(year, "com_udi") == [tuple(row("com_udi", key)) for key in "123"]


def test_members_are_found_whatever_their_case_and_folder(tmp_path: Path) -> None:
    members = {f"2023/{name.lower()}": content for name, content in tables(2023).items()}
    assert parsed(tmp_path, members | {"LISEZMOI.txt": b"x"}).rows == {"com_udi": 3, "plv": 3, "result": 3}


def test_a_text_over_two_lines_is_one_value(tmp_path: Path) -> None:
    values = [*row("com_udi", "1")[:5], "le\nsoir"]
    year = parsed(tmp_path, tables(2023) | {COM_UDI: csv(COLUMNS["com_udi"], [values, row("com_udi", "2")])})
    assert rows_of(year, "com_udi")[0] == tuple(values)


def test_lines_that_cannot_be_read_are_refused_with_their_text(tmp_path: Path) -> None:
    right = [row("result", str(number)) for number in range(300)]
    lines = csv(COLUMNS["result"], right).splitlines()
    lines[5:5] = [b'"075","short"']
    lines[9:9] = [b",".join([b'"x"'] * 18)]
    lines[20:20] = [lines[1].replace(b"cddept 0", b"cddept \xe9")]
    year = parsed(tmp_path, tables(2023) | {RESULT: b"\n".join([*lines, b""])})
    assert rows_of(year, "result") == sorted((tuple(line) for line in right), key=str)
    assert [(line["membre"], line["ligne"]) for line in year.refused.to_pylist()] == [
        ("result", 6), ("result", 10), ("result", 21),
    ]  # fmt: skip
    assert year.refused["motif"].to_pylist()[:2] == ["missing columns", "too many columns"]
    assert year.refused["texte"].to_pylist()[0] == '"075","short"'
    assert year.members["result"] == {"lignes": 300, "refusees": 3}


def without(name: str) -> dict[str, bytes]:
    return {member: content for member, content in tables(2023).items() if member != name}


def changed(name: str, old: bytes, new: bytes) -> dict[str, bytes]:
    members = tables(2023)
    return members | {name: members[name].replace(old, new)}


LATIN = csv(COLUMNS["com_udi"], [row("com_udi", "é")] * 4).decode().encode("latin-1")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html><body>maintenance</body></html>", "dis-2023.zip is not a complete zip"),
        (zipped(tables(2023))[:-40], "dis-2023.zip is not a complete zip"),
        (zipped(tables(2023)).replace(b"PK\x01\x02", b"PK\x01\x03"), "dis-2023.zip is not a complete zip"),
        (without(RESULT), "lacks DIS_RESULT_2023.txt; nothing was kept"),
        ({name.replace("2023", "2022"): c for name, c in tables(2023).items()}, "of another year"),
        (tables(2023) | {"copy/dis_plv_2023.TXT": b""}, "holds copy/dis_plv_2023.TXT beside DIS_PLV_2023.txt"),
        (tables(2023) | {RESULT: b"0" * 5_000_000}, "would unpack [0-9,]+ bytes to 5,000,000, more than 100 to one"),
        (changed(RESULT, b"rqana,", b"resultat,"), "DIS_RESULT_2023.txt lacks column rqana"),
        (changed(COM_UDI, b"debutalim\n", b"debutalim,annee\n"), "no usable name: 'annee'"),
        (tables(2023) | {COM_UDI: LATIN}, "DIS_COM_UDI_2023.txt is not UTF-8"),
        (tables(2023) | {COM_UDI: csv(COLUMNS["com_udi"], [])}, "DIS_COM_UDI_2023.txt has no line that can be read"),
        (tables(2023) | {COM_UDI: b""}, "DIS_COM_UDI_2023.txt lacks column inseecommune"),
    ],
    ids=[
        "web page", "truncated", "broken directory", "member missing", "another year", "member twice", "zip bomb",
        "column missing", "column of ours", "latin-1", "no line", "empty member",
    ],
)  # fmt: skip
def test_a_bad_zip_is_one_line(tmp_path: Path, content: bytes | dict[str, bytes], message: str) -> None:
    with pytest.raises(SourceError, match=message) as error:
        parsed(tmp_path, content)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(NAME)


def test_a_member_that_does_not_unpack_to_what_it_says_is_one_line(tmp_path: Path) -> None:
    whole = bytearray(zipped(tables(2023)))
    start = whole.index(b"DIS_RESULT_2023.txt") + len("DIS_RESULT_2023.txt")
    for position in range(start + 30, start + 60):
        whole[position] ^= 0xFF
    with pytest.raises(SourceError, match="not a complete zip"):
        parsed(tmp_path, bytes(whole))


def test_more_errors_than_are_noted_stop_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_stream, "MOST_REFUSED", 5)
    lines = csv(COLUMNS["result"], [row("result", str(number)) for number in range(50)]).splitlines()
    with pytest.raises(SourceError, match="5 errors or more"):
        parsed(tmp_path, tables(2023) | {RESULT: b"\n".join([*lines, *[b'"short"'] * 9, b""])})
