"""The format of SIM2's daily files: csv.gz to Parquet, with what is refused.

`;`, decimal point, DATE as AAAAMMJJ, LAMBX and LAMBY in hectometres of Lambert II étendu; columns are read by name.
"""

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
from isal import igzip

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

_REFUSED_BY_PARSER = """
    SELECT line::BIGINT AS ligne, min(column_name) AS colonne, min(error_type)::VARCHAR AS motif, min(csv_line) AS texte
    FROM reject_errors GROUP BY line ORDER BY line
"""
# A key may stand once in a file: which of two lines is right cannot be known, so neither is taken.
_FAULTY = """
    SELECT *,
        CASE WHEN lambx IS NULL OR lamby IS NULL OR date IS NULL THEN 'key missing' ELSE 'key repeated' END AS motif
    FROM (SELECT *, count(*) OVER (PARTITION BY lambx, lamby, date) AS same FROM {written})
    WHERE same > 1 OR lambx IS NULL OR lamby IS NULL OR date IS NULL
"""


@dataclass(frozen=True)
class ParsedFile:
    """A SIM2 file turned into Parquet files: its rows, the lines refused, its cells (lambx, lamby) and its days."""

    files: list[Path]
    rows: int
    refused: pa.Table
    cells: pa.Table
    days: int
    first_day: date | None
    last_day: date | None
    new_columns: tuple[str, ...]

    @property
    def figures(self) -> dict[str, int]:
        """What a later version of the file is compared with."""
        return {
            "lignes": self.rows,
            "refusees": self.refused.num_rows,
            "mailles": self.cells.num_rows,
            "jours": self.days,
        }


def parse(
    archive: Path, name: str, *, start_year: int, bbox: tuple[float, float, float, float] | None = None
) -> ParsedFile:
    """Turn a csv.gz into Parquet files beside it, streamed; the columns are KEY, VARIABLES, any new ones and
    `nom_du_fichier`.

    `bbox` is lon_min, lat_min, lon_max, lat_max. Lines that cannot be typed or keyed are refused with their text.
    Raises SourceError for a broken gzip or a missing column, naming it.
    """
    csv, folder = archive.with_suffix(""), archive.parent / "parquet"
    _decompress(archive, csv, name)
    published = _header(csv, name)
    new_columns = tuple(column for column in published if column not in _TYPES)
    with duckdb.connect() as db:
        db.execute("SET memory_limit = '250MB'; SET preserve_insertion_order = false; SET threads = 2")
        db.execute(f"SET temp_directory = '{archive.parent}'")
        lines = f"""read_csv('{csv}', delim = ';', header = true, auto_detect = false, nullstr = '', quote = '',
            dateformat = '%Y%m%d', store_rejects = true, rejects_limit = 0,
            columns = { ({column: _TYPES.get(column, "VARCHAR") for column in published}) })"""
        wanted = ", ".join((*KEY, *(v if v in published else f"NULL::DOUBLE AS {v}" for v in VARIABLES), *new_columns))
        where = f"date IS NULL OR date >= DATE '{start_year}-01-01'"
        if bbox:
            db.register("wanted_cells", _cells_inside(bbox))
            where = f"({where}) AND (lambx, lamby) IN (SELECT (lambx, lamby) FROM wanted_cells)"
        _copy(db, f"SELECT {wanted}, '{name}' AS nom_du_fichier FROM {lines} WHERE {where}", folder)
        csv.unlink()
        refused = db.sql(_REFUSED_BY_PARSER).to_arrow_table()
        refused = pa.concat_tables([refused, _remove_faulty(db, folder, refused.schema)])
        written = f"read_parquet('{folder}/*.parquet')"
        summary = f"SELECT count(*), count(DISTINCT date), min(date), max(date) FROM {written}"
        [(rows, days, first, last)] = db.sql(summary).fetchall()
        cells = db.sql(f"SELECT DISTINCT lambx, lamby FROM {written} ORDER BY ALL").to_arrow_table()
    return ParsedFile(sorted(folder.iterdir()), rows, refused, cells, days, first, last, new_columns)


def _decompress(archive: Path, csv: Path, name: str) -> None:
    # All of it before any line is parsed: the gzip trailer tells whether the file is whole.
    try:
        with igzip.open(archive) as source, csv.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
    except (EOFError, OSError) as error:
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


def _remove_faulty(db: duckdb.DuckDBPyConnection, folder: Path, schema: pa.Schema) -> pa.Table:
    """Take the rows without a key, or with a repeated one, out of the files; return them as refused lines."""
    written = f"read_parquet('{folder}/*.parquet')"
    keyed = "lambx IS NOT NULL AND lamby IS NOT NULL AND date IS NOT NULL"
    distinct = f"SELECT count(*) FROM (SELECT DISTINCT lambx, lamby, date FROM {written} WHERE {keyed})"
    [(rows, keys)] = db.sql(f"SELECT count(*), ({distinct}) FROM {written}").fetchall()
    if rows == keys:
        return schema.empty_table()
    db.execute(f"CREATE TEMP TABLE faulty AS {_FAULTY.format(written=written)}")
    kept = folder.with_name("kept")
    _copy(db, f"SELECT * FROM {written} ANTI JOIN faulty USING (lambx, lamby, date) WHERE {keyed}", kept)
    shutil.rmtree(folder)
    kept.rename(folder)
    texts = db.sql("SELECT motif, to_json(faulty)::VARCHAR AS texte FROM faulty").to_arrow_table()
    nulls = {name: pa.nulls(texts.num_rows, schema.field(name).type) for name in ("ligne", "colonne")}
    return pa.table({**nulls, "motif": texts["motif"], "texte": texts["texte"]}).cast(schema)


def _cells_inside(bbox: tuple[float, float, float, float]) -> pa.Table:
    """Return the nodes of SIM2's lattice inside a box of longitudes and latitudes."""
    nodes = [(x, y) for x in range(600, 12_501, 80) for y in range(16_010, 27_001, 80)]
    lambx, lamby = (pa.array(column, pa.int64()) for column in zip(*nodes, strict=True))
    metres = (pa.compute.multiply(lambx, 100), pa.compute.multiply(lamby, 100))
    longitude, latitude = convert(*metres, LAMBERT2, WGS84)
    table = pa.table({"lambx": lambx, "lamby": lamby, "longitude": longitude, "latitude": latitude})
    lon, lat = pa.compute.field("longitude"), pa.compute.field("latitude")
    return table.filter((lon >= bbox[0]) & (lat >= bbox[1]) & (lon <= bbox[2]) & (lat <= bbox[3]))
