"""The yearly zip of the sanitary control of drinking water: three csv to Parquet, as published, with what is refused.

UTF-8, comma, values quoted or not, empty = null. Every column stays text; columns are read by name.
"""

import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

import duckdb
import pyarrow as pa

from ingestion.errors import SourceError
from ingestion.sources import csv_stream

# As published: where the water of a commune comes from, the samples, their results.
COLUMNS: dict[str, tuple[str, ...]] = {
    "com_udi": ("inseecommune", "nomcommune", "quartier", "cdreseau", "nomreseau", "debutalim"),
    "plv": (
        "cddept", "cdreseau", "inseecommuneprinc", "nomcommuneprinc", "cdreseauamont", "nomreseauamont",
        "pourcentdebit", "referenceprel", "dateprel", "heureprel", "conclusionprel", "ugelib", "distrlib", "moalib",
        "plvconformitebacterio", "plvconformitechimique", "plvconformitereferencebact", "plvconformitereferencechim",
    ),
    "result": (
        "cddept", "referenceprel", "cdparametresiseeaux", "cdparametre", "libmajparametre", "libminparametre",
        "libwebparametre", "qualitparam", "insituana", "rqana", "cdunitereferencesiseeaux", "cdunitereference",
        "limitequal", "refqual", "valtraduite", "casparam", "referenceanl",
    ),
}  # fmt: skip
OURS = ("annee", "nom_du_fichier")
REFUSED = pa.schema(
    {"membre": pa.string(), "ligne": pa.int64(), "colonne": pa.string(), "motif": pa.string(), "texte": pa.string()}
)
MOST_RATIO = 100  # of a member's bytes to its compressed ones: text like this is 10 to 30
_MEMBER = re.compile(r"(?:.*[/\\])?DIS_(?P<table>COM_UDI|PLV|RESULT)_(?P<year>\d{4})\.(?:txt|csv)", re.IGNORECASE)


@dataclass(frozen=True)
class ParsedYear:
    """A zip turned into Parquet files: by table the files and their rows; the lines refused (schema REFUSED); the
    columns unknown so far, as `plv.latitude`.
    """

    files: dict[str, list[Path]]
    rows: dict[str, int]
    refused: pa.Table
    new_columns: tuple[str, ...]

    @property
    def members(self) -> dict[str, dict[str, int]]:
        """Lines and lines refused by table: what a later version of the zip is compared with."""
        refused = self.refused["membre"].to_pylist()
        return {table: {"lignes": rows, "refusees": refused.count(table)} for table, rows in self.rows.items()}


def parse(archive: Path, name: str, year: int) -> ParsedYear:
    """Turn a zip into Parquet files beside it, each member streamed out of it; the columns are those of COLUMNS, any
    new ones, and OURS.

    Raises SourceError for what is no complete zip, lacks a member or is of another year, for a member that is no
    UTF-8, lacks a column or has no line, and for one that unpacks to more than a text can.
    """
    with _zip_errors(name), ZipFile(archive) as container:
        members = _members(container, name, year)
        parts = {
            table: _parse(container, member, table, (name, year), archive.parent) for table, member in members.items()
        }
    return ParsedYear(
        files={table: sorted((archive.parent / table).iterdir()) for table in parts},
        rows={table: rows for table, (rows, _, _) in parts.items()},
        refused=pa.concat_tables([refused for _, refused, _ in parts.values()]),
        new_columns=tuple(f"{table}.{column}" for table, (_, _, new) in parts.items() for column in new),
    )


@contextmanager
def _zip_errors(name: str) -> Iterator[None]:
    try:
        yield
    except (BadZipFile, EOFError, zlib.error) as error:
        raise SourceError(f"{name} is not a complete zip ({error}); nothing was kept, try again") from None
    except (NotImplementedError, RuntimeError) as error:  # a method unknown to Python, a password
        raise SourceError(f"{name} cannot be unpacked ({error}); nothing was kept") from None


def _members(container: ZipFile, name: str, year: int) -> dict[str, ZipInfo]:
    """Return the member of each table; others are left alone."""
    found: dict[str, ZipInfo] = {}
    for info in container.infolist():
        if not (match := _MEMBER.fullmatch(info.filename)):
            continue
        if int(match["year"]) != year:
            raise SourceError(f"{name} holds {info.filename}, of another year; nothing was kept")
        table = match["table"].lower()
        if table in found:
            raise SourceError(f"{name} holds {info.filename} beside {found[table].filename}; nothing was kept")
        if info.file_size > MOST_RATIO * max(info.compress_size, 1):
            raise SourceError(
                f"{name}: {info.filename} would unpack {info.compress_size:,} bytes to {info.file_size:,}, "
                f"more than {MOST_RATIO} to one; nothing was kept"
            )
        found[table] = info
    if missing := [f"DIS_{table.upper()}_{year}.txt" for table in COLUMNS if table not in found]:
        raise SourceError(f"{name} lacks {', '.join(missing)}; nothing was kept")
    return {table: found[table] for table in COLUMNS}


def _parse(
    container: ZipFile, member: ZipInfo, table: str, file: tuple[str, int], folder: Path
) -> tuple[int, pa.Table, tuple[str, ...]]:
    """Write a member as Parquet files below folder/table; return its rows, the lines refused, the new columns."""
    name, year = file
    wanted, label = COLUMNS[table], f"{name}: {member.filename}"
    with container.open(member) as source, duckdb.connect() as db:
        columns, end = csv_stream.read_header(source, label)
        csv_stream.check_columns([*columns, *OURS], wanted, label)
        new = tuple(column for column in columns if column not in wanted)
        # Not constants: such columns would be REQUIRED in the Parquet file, which dlt then writes anew as nullable.
        texts = ", ".join(f'"{column}"' for column in (*wanted, *new))
        ours = f"""coalesce(nullif({year}::BIGINT, len("{wanted[0]}")), {year}::BIGINT) AS annee,
            coalesce(nullif('{name}', "{wanted[0]}"), '{name}') AS nom_du_fichier"""
        db.execute("SET memory_limit = '250MB'; SET preserve_insertion_order = false; SET threads = 2")
        db.execute(f"SET temp_directory = '{folder}'")
        with csv_stream.csv_errors(label), csv_stream.fed(source) as stream:
            rows = _copy(db, f"SELECT {texts}, {ours} FROM {csv_stream.lines(stream, columns, end)}", folder / table)
        refused = csv_stream.refused_lines(db, label, rows)
    if not rows:
        raise SourceError(f"{label} has no line that can be read; nothing was kept")
    membre = pa.array([table] * refused.num_rows, pa.string())
    return rows, refused.add_column(0, "membre", membre).cast(REFUSED), new


def _copy(db: duckdb.DuckDBPyConnection, query: str, folder: Path) -> int:
    # Files of half a million rows: whoever loads one holds it in memory.
    options = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880, ROW_GROUPS_PER_FILE 4"
    [(rows,)] = db.execute(f"COPY ({query}) TO '{folder}' ({options})").fetchall()
    return int(rows)
