"""A table of the marts or of the snapshots as one file, and beside it a note: licence, producers, columns.

Rows stream: the memory taken does not grow with the table. The file appears under its name when it is complete.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

import adbc_driver_postgresql.dbapi as adbc
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql

from ingestion.errors import SettingsError, WarehouseError
from ingestion.settings import Settings
from ingestion.sources import SOURCES
from ingestion.warehouse import Warehouse, open_warehouse

Format = Literal["parquet", "csv"]
SCHEMAS = ["marts", "snapshots"]
LICENCE = """Licence Ouverte 2.0 (Etalab), https://www.etalab.gouv.fr/licence-ouverte-open-licence
Who publishes these data again names their producers and the day of their last update."""

_TABLES = """
    SELECT n.nspname, c.relname, obj_description(c.oid)
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'v', 'm', 'p') AND has_table_privilege(c.oid, 'SELECT')
    ORDER BY n.nspname, c.relname
"""
_COLUMNS = """
    SELECT attname, format_type(atttypid, atttypmod), coalesce(col_description(attrelid, attnum), '')
    FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_LOADED = "SELECT domaine, max(charge_le)::date FROM control.paquet_charge GROUP BY domaine"


@dataclass(frozen=True)
class Table:
    """A table that may be exported, as the database describes it: columns are (name, type, description)."""

    schema: str
    name: str
    description: str
    columns: list[tuple[str, str, str]]

    @property
    def query(self) -> sql.Composed:
        return sql.SQL("SELECT * FROM {}").format(sql.Identifier(self.schema, self.name))


@dataclass(frozen=True)
class Exported:
    """What was written: a file of `rows` rows, and the note beside it."""

    table: str
    file: Path
    note: Path
    rows: int


def export(settings: Settings, name: str, kind: Format, output: Path | None = None) -> Exported:
    """Write a table to `output` (TABLE.parquet or TABLE.csv in the current folder when none is named).

    Reads as the role analyste. A file of that name is replaced, in one step, and only when all went well.
    Raises SettingsError for a table that is not in marts or snapshots and for an output that cannot be written,
    WarehouseError when PostgreSQL breaks off.
    """
    reader = open_warehouse(settings, "analyste")
    with reader.connect() as connection:
        table = _find(connection, name)
    file = output or Path(f"{table.name}.{kind}")
    note = file.with_name(f"{file.name}.txt")
    try:
        with _new(file) as new_file, _new(note) as new_note:
            text = _note(settings, table)
            rows = _WRITERS[kind](reader, table, text, new_file)
            new_note.write_text(f"{text}\n{rows:,} rows in {file.name}\n", encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"--output {file}: {error.strerror or error}") from None
    except (psycopg.Error, adbc.Error) as error:
        raise WarehouseError(f"{table.name}: {_first_line(error)}") from None
    return Exported(f"{table.schema}.{table.name}", file, note, rows)


def _find(connection: psycopg.Connection, name: str) -> Table:
    tables = connection.execute(_TABLES, (SCHEMAS,)).fetchall()
    for schema, table, description in tables:
        if name.lower() in {table, f"{schema}.{table}"}:
            columns = connection.execute(_COLUMNS, (f"{schema}.{table}",)).fetchall()
            return Table(schema, table, " ".join((description or "").split()), columns)
    known = ", ".join(table for _, table, _ in tables) or "none yet; `hydrotheque run` builds them"
    raise SettingsError(f"no table {name!r} in {' or '.join(SCHEMAS)}: {known}")


@contextmanager
def _new(path: Path) -> Iterator[Path]:
    """Yield a file to write, which takes the name `path` when the block ends well and is gone otherwise."""
    if path.is_dir():
        raise SettingsError(f"--output {path}: this is a folder; name a file")
    if not path.parent.is_dir():
        raise SettingsError(f"--output {path}: there is no folder {path.parent}")
    new = path.with_name(f".{path.name}.{datetime.now(UTC):%H%M%S%f}.new")
    try:
        yield new
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _note(settings: Settings, table: Table) -> str:
    """Say what the table is, under which licence, from whom and when, and what its columns mean."""
    with open_warehouse(settings).connect() as connection:  # the owner's: analysts do not read `control`
        loaded: dict[str, date] = dict(connection.execute(_LOADED).fetchall())
        lake = connection.execute("SELECT lac FROM control.origine").fetchone()
    lines = [f"{table.schema}.{table.name}, exported from Hydrothèque on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"]
    lines += [table.description, "", LICENCE, "", "Producers, and the day this warehouse last loaded their data:"]
    lines += [f"  {name}: {SOURCES[name].producers}; {loaded[name]}" for name in SOURCES if name in loaded]
    if lake and lake[0].startswith("simulated"):
        lines += ["", "SIMULATED DATA: made by a program, they say nothing about France."]
    lines += ["", "Columns:"]
    return "\n".join(
        [*lines, *(f"  {name} ({kind}): {' '.join(said.split())}" for name, kind, said in table.columns), ""]
    )


def _write_parquet(reader: Warehouse, table: Table, note: str, path: Path) -> int:
    """The note is in the file too, and each column carries its description."""
    described = {name: {"description": said} for name, _, said in table.columns}
    with adbc.connect(reader.url) as connection, connection.cursor() as cursor:
        cursor.execute(table.query.as_string())
        batches = cursor.fetch_record_batch()
        fields = [field.with_metadata(described[field.name]) for field in batches.schema]
        schema = pa.schema(fields, metadata={"hydrotheque": note})
        rows = 0
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            for batch in _read(table, batches):
                writer.write_batch(pa.record_batch(batch.columns, schema=schema))
                rows += batch.num_rows
        return rows


def _read(table: Table, batches: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """Yield the batches; Arrow makes an OSError, as of a file, of what PostgreSQL says."""
    try:
        yield from batches
    except (OSError, pa.ArrowException) as error:
        raise WarehouseError(f"{table.name}: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].split("ERROR:")[-1].strip()


def _write_csv(reader: Warehouse, table: Table, note: str, path: Path) -> int:
    """UTF-8, commas, a line of names; an empty field is null, `""` an empty text."""
    command = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER)").format(table.query)
    with reader.connect() as connection, connection.cursor() as cursor, path.open("wb") as target:
        connection.execute("SET TimeZone = 'UTC'; SET DateStyle = 'ISO'")
        with cursor.copy(command) as copy:
            for block in copy:
                target.write(block)
        return cursor.rowcount


_WRITERS: dict[Format, Callable[[Warehouse, Table, str, Path], int]] = {"parquet": _write_parquet, "csv": _write_csv}
