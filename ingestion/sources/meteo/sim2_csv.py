"""The format of SIM2's daily files: csv.gz to Parquet, with what is refused.

`;`, decimal point, DATE as AAAAMMJJ, LAMBX and LAMBY in hectometres of Lambert II étendu; columns are read by name.
"""

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from isal import igzip, isal_zlib

from ingestion.errors import SourceError
from ingestion.sources.coordinates import LAMBERT2, WGS84, convert

KEY = ("lambx", "lamby", "date")
# The 26 variables in published order. The header of before 2025 adds `_Q` to each and lacks SSWI_10J.
VARIABLES: tuple[str, ...] = (
    "prenei", "preliq", "t", "ff", "q", "dli", "ssi", "hu", "evap", "etp", "pe", "swi", "sswi_10j", "drainc",
    "runc", "resr_neige", "resr_neige6", "hteurneige", "hteurneige6", "hteurneigex", "snow_frac", "ecoulement",
    "wg_racine", "wgi_racine", "tinf_h", "tsup_h",
)  # fmt: skip
ADDED_IN_2025 = "sswi_10j"
_TYPES = {"lambx": "BIGINT", "lamby": "BIGINT", "date": "DATE"} | dict.fromkeys(VARIABLES, "DOUBLE")

# SIM2's lattice, and room around it: LAMBX = 600 + 80 i, LAMBY = 16010 + 80 j.
_COLUMNS, _ROWS = range(600, 12_501, 80), range(16_010, 27_001, 80)

REFUSED = pa.schema({"ligne": pa.int64(), "colonne": pa.string(), "motif": pa.string(), "texte": pa.string()})
_REFUSED_BY_PARSER = """
    SELECT line::BIGINT AS ligne, min(column_name) AS colonne,
        CASE min(error_type) WHEN 'CAST' THEN 'value unreadable' ELSE lower(min(error_type)) END AS motif,
        replace(min(csv_line), chr(0), '') AS texte
    FROM (SELECT * REPLACE (error_type::VARCHAR AS error_type) FROM reject_errors) GROUP BY line ORDER BY line
"""
_KEYED = "lambx IS NOT NULL AND lamby IS NOT NULL AND date IS NOT NULL"
_ON_LATTICE = " AND ".join(
    f"{name} BETWEEN {nodes.start} AND {nodes.stop} AND ({name} - {nodes.start}) % {nodes.step} = 0"
    for name, nodes in (("lambx", _COLUMNS), ("lamby", _ROWS))
)
# A key may stand once in a file: which of two lines is right cannot be known, so neither is taken.
_FAULTY = f"""
    SELECT *, CASE WHEN NOT ({_KEYED}) THEN 'key missing' WHEN NOT ({_ON_LATTICE}) THEN 'cell off the grid'
        WHEN NOT {{in_period}} THEN 'date outside the file' ELSE 'key repeated' END AS motif
    FROM (SELECT *, count(*) OVER (PARTITION BY lambx, lamby, date) AS same FROM {{written}})
    WHERE same > 1 OR NOT ({_KEYED}) OR NOT ({_ON_LATTICE}) OR NOT {{in_period}}
"""
# How many values each variable has, from what the files say of themselves.
_VALUES = """
    SELECT path_in_schema, sum(num_values - stats_null_count)::BIGINT FROM parquet_metadata({files})
    WHERE type = 'DOUBLE' GROUP BY ALL
"""


@dataclass(frozen=True)
class ParsedFile:
    """A SIM2 file turned into Parquet files: its rows, the lines refused, its cells (lambx, lamby) and its days, and
    how many values each variable has.
    """

    files: list[Path]
    rows: int
    refused: pa.Table
    cells: pa.Table
    days: int
    values: dict[str, int]
    first_day: date | None
    last_day: date | None
    new_columns: tuple[str, ...]

    @property
    def figures(self) -> dict[str, Any]:
        """What a later version of the file is compared with."""
        return {"mailles": self.cells.num_rows, "jours": self.days, "valeurs": self.values}


@dataclass(frozen=True)
class Selection:
    """Which lines of a file are right, by the years of its name, and which are collected: from a year on, in a box of
    lon_min, lat_min, lon_max, lat_max.
    """

    years: tuple[int, int] | None = None
    start_year: int = 1958
    bbox: tuple[float, float, float, float] | None = None


def parse(archive: Path, name: str, selection: Selection) -> ParsedFile:
    """Turn a csv.gz into Parquet files beside it, streamed; the columns are KEY, VARIABLES, any new ones and
    `nom_du_fichier`.

    Lines that cannot be typed or keyed, or lie off the grid or outside the file's years, are refused with their text.
    Raises SourceError for a broken gzip or a missing column, naming it.
    """
    csv, folder = archive.with_suffix(""), archive.parent / "parquet"
    _decompress(archive, csv, name)
    published = _header(csv, name)
    new_columns = tuple(column for column in published if column not in _TYPES)
    with duckdb.connect() as db:
        db.execute("SET memory_limit = '250MB'; SET preserve_insertion_order = false; SET threads = 2")
        db.execute(f"SET temp_directory = '{archive.parent}'")
        types = {column: _TYPES.get(column, "VARCHAR") for column in published}
        lines = f"""read_csv('{csv}', delim = ';', header = true, auto_detect = false, nullstr = '', quote = '',
            dateformat = '%Y%m%d', store_rejects = true, rejects_limit = 0, columns = {types})"""
        variables = (v if v in published else f"NULL::DOUBLE AS {v}" for v in VARIABLES)
        new = (f"replace({column}, chr(0), '') AS {column}" for column in new_columns)
        where = _collected(db, selection)
        # Not a constant: that column would be REQUIRED in the Parquet file, which dlt then writes anew as nullable.
        columns = ", ".join((*KEY, *variables, *new, f"if(date IS NULL, NULL, '{name}') AS nom_du_fichier"))
        _copy(db, f"SELECT {columns} FROM {lines} WHERE {where}", folder)
        csv.unlink()
        refused = db.sql(_REFUSED_BY_PARSER).to_arrow_table()
        refused = pa.concat_tables([refused, _remove_faulty(db, folder, selection, refused.schema)])
        written = f"read_parquet('{folder}/*.parquet')"
        summary = f"SELECT count(*), count(DISTINCT date), min(date), max(date) FROM {written}"
        [(rows, days, first, last)] = db.sql(summary).fetchall()
        values = dict(db.sql(_VALUES.format(files=f"'{folder}/*.parquet'")).fetchall())
        cells = db.sql(f"SELECT DISTINCT lambx, lamby FROM {written} ORDER BY ALL").to_arrow_table()
    return ParsedFile(sorted(folder.iterdir()), rows, refused, cells, days, values, first, last, new_columns)


def _collected(db: duckdb.DuckDBPyConnection, selection: Selection) -> str:
    """Return the condition of the lines collected; one whose cell is none is taken along, to be refused."""
    where = f"date IS NULL OR date >= DATE '{selection.start_year}-01-01'"
    if selection.bbox:
        db.register("wanted", _cells_inside(selection.bbox))
        inside = "(lambx, lamby) IN (SELECT (lambx, lamby) FROM wanted)"
        where = f"({where}) AND (lambx IS NULL OR lamby IS NULL OR NOT ({_ON_LATTICE}) OR {inside})"
    return where


def _decompress(archive: Path, csv: Path, name: str) -> None:
    # All of it before any line is parsed: the gzip trailer tells whether the file is whole.
    try:
        with igzip.open(archive) as source, csv.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
    except (EOFError, OSError, isal_zlib.error) as error:  # type: ignore[misc] # its stub gives an instance
        raise SourceError(f"{name} is not a complete gzip file ({error}); nothing was kept, try again") from None


def _header(csv: Path, name: str) -> list[str]:
    """Return the file's columns under their present names, in the file's order."""
    with csv.open(encoding="utf-8", errors="replace") as lines:
        columns = [column.strip().lower().removesuffix("_q") for column in lines.readline().split(";")]
    missing = [column for column in (*KEY, *VARIABLES) if column not in columns and column != ADDED_IN_2025]
    if missing:
        raise SourceError(f"{name} lacks column {', '.join(missing).upper()}; the file was not kept")
    if unusable := [c for c in columns if not c.isidentifier() or columns.count(c) > 1]:
        raise SourceError(f"{name} has a column with no usable name: {unusable[0]!r}; the file was not kept")
    return columns


def _copy(db: duckdb.DuckDBPyConnection, query: str, folder: Path) -> None:
    # Files of half a million rows: whoever loads one holds it in memory.
    options = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880, ROW_GROUPS_PER_FILE 4"
    db.execute(f"COPY ({query}) TO '{folder}' ({options})")


def _remove_faulty(db: duckdb.DuckDBPyConnection, folder: Path, selection: Selection, schema: pa.Schema) -> pa.Table:
    """Take the rows that cannot be right out of the files; return them as refused lines."""
    written = f"read_parquet('{folder}/*.parquet')"
    in_period = "(year(date) BETWEEN {} AND {})".format(*selection.years) if selection.years else "true"
    right = f"{_KEYED} AND {_ON_LATTICE} AND {in_period}"
    distinct = f"SELECT count(*) FROM (SELECT DISTINCT lambx, lamby, date FROM {written} WHERE {right})"
    [(rows, keys)] = db.sql(f"SELECT count(*), ({distinct}) FROM {written}").fetchall()
    if rows == keys:
        return schema.empty_table()
    db.execute(f"CREATE TEMP TABLE faulty AS {_FAULTY.format(written=written, in_period=in_period)}")
    kept = folder.with_name("kept")
    _copy(db, f"SELECT * FROM {written} ANTI JOIN faulty USING (lambx, lamby, date) WHERE {_KEYED}", kept)
    shutil.rmtree(folder)
    kept.rename(folder)
    texts = db.sql("SELECT motif, to_json(faulty)::VARCHAR AS texte FROM faulty").to_arrow_table()
    nulls = {name: pa.nulls(texts.num_rows, schema.field(name).type) for name in ("ligne", "colonne")}
    return pa.table({**nulls, "motif": texts["motif"], "texte": texts["texte"]}).cast(schema)


def _cells_inside(bbox: tuple[float, float, float, float]) -> pa.Table:
    """Return the nodes of SIM2's lattice inside a box of longitudes and latitudes."""
    nodes = [(x, y) for x in _COLUMNS for y in _ROWS]
    lambx, lamby = (pa.array(column, pa.int64()) for column in zip(*nodes, strict=True))
    metres = (pa.compute.multiply(lambx, 100), pa.compute.multiply(lamby, 100))
    longitude, latitude = convert(*metres, LAMBERT2, WGS84)
    table = pa.table({"lambx": lambx, "lamby": lamby, "longitude": longitude, "latitude": latitude})
    lon, lat = pa.compute.field("longitude"), pa.compute.field("latitude")
    return table.filter((lon >= bbox[0]) & (lat >= bbox[1]) & (lon <= bbox[2]) & (lat <= bbox[3]))
