"""Export a table of the marts or snapshots to a file, with a note beside it: licence, producers, columns.

Rows stream: memory does not grow with the table. The file takes its name when it is complete.
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
A reuse of these data names their producers and the day of their last update."""

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
    """A table to export, as the database describes it: columns are (name, type, description)."""

    schema: str
    name: str
    description: str
    columns: list[tuple[str, str, str]]

    @property
    def query(self) -> sql.Composed:
        return sql.SQL("SELECT * FROM {}").format(sql.Identifier(self.schema, self.name))


@dataclass(frozen=True)
class Exported:
    """The files of an export: `rows` rows, and the note beside them."""

    table: str
    file: Path
    note: Path
    rows: int


def export(settings: Settings, name: str, kind: Format, output: Path | None = None) -> Exported:
    """Write a table to `output`, by default TABLE.parquet or TABLE.csv in the current folder.

    Reads as the role analyste. Replaces a file of that name in one step, after success only.
    Raises SettingsError for a table outside marts and snapshots and for an output that cannot be written,
    WarehouseError for an error of PostgreSQL.
    """
    reader = open_warehouse(settings, "analyste")
    with reader.connect() as connection:
        table = _find(connection, name)
    file = output or Path(f"{table.name}.{kind}")
    note = file.with_name(f"{file.name}.txt")
    try:
        with _replacing(file) as new_file, _replacing(note) as new_note:
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
def _replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary file. It takes the name `path` after success, and is deleted after an error."""
    if path.is_dir():
        raise SettingsError(f"--output {path}: this is a folder; name a file")
    if not path.parent.is_dir():
        raise SettingsError(f"--output {path}: no folder {path.parent}")
    new = path.with_name(f".{path.name}.{datetime.now(UTC):%H%M%S%f}.new")
    try:
        yield new
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _note(settings: Settings, table: Table) -> str:
    """Return the note: the table, its licence, its producers and their last days, its columns."""
    with open_warehouse(settings).connect() as connection:  # as the owner: analysts cannot read `control`
        loaded: dict[str, date] = dict(connection.execute(_LOADED).fetchall())
        lake = connection.execute("SELECT lac FROM control.origine").fetchone()
    lines = [f"{table.schema}.{table.name}, exported from Hydrothèque on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"]
    lines += [table.description, "", LICENCE, "", "Producers, and the day this warehouse last loaded their data:"]
    lines += [f"  {name}: {SOURCES[name].producers}; {loaded[name]}" for name in SOURCES if name in loaded]
    if lake and lake[0].startswith("simulated"):
        lines += ["", "SIMULATED DATA: a program made them; they are not measurements."]
    lines += ["", "Columns:"]
    return "\n".join(
        [*lines, *(f"  {name} ({kind}): {' '.join(text.split())}" for name, kind, text in table.columns), ""]
    )


def _write_parquet(reader: Warehouse, table: Table, note: str, path: Path) -> int:
    """Write Parquet with the note and the columns' descriptions in its metadata."""
    described = {name: {"description": text} for name, _, text in table.columns}
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
    """Yield the batches. Arrow turns an error of PostgreSQL into an OSError: raise WarehouseError instead."""
    try:
        yield from batches
    except (OSError, pa.ArrowException) as error:
        raise WarehouseError(f"{table.name}: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].split("ERROR:")[-1].strip()


def _write_csv(reader: Warehouse, table: Table, note: str, path: Path) -> int:
    """Write csv: UTF-8, commas, a header line; an empty field is null, `""` an empty text."""
    command = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER)").format(table.query)
    with reader.connect() as connection, connection.cursor() as cursor, path.open("wb") as target:
        connection.execute("SET TimeZone = 'UTC'; SET DateStyle = 'ISO'")
        with cursor.copy(command) as copy:
            for block in copy:
                target.write(block)
        return cursor.rowcount


_WRITERS: dict[Format, Callable[[Warehouse, Table, str, Path], int]] = {"parquet": _write_parquet, "csv": _write_csv}
