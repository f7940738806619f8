"""From the lake to the raw schemas: each complete package once, in the order of the lake."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import adbc_driver_postgresql.dbapi as adbc
import dlt
import duckdb
import fsspec
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from dlt.destinations import postgres

from ingestion.control.followed import claim
from ingestion.lake import identity, imported, nullable_schema, open_lake, write
from ingestion.report import Loaded, Reporter
from ingestion.settings import Settings
from ingestion.sources import SOURCES
from ingestion.sources.source import SAME_FILE, Keyed, Scope, Source, Window
from ingestion.warehouse.connection import Warehouse

Files = dict[str, list[str]]  # URLs by table


def load(settings: Settings, warehouse: Warehouse, domain: str, reporter: Reporter) -> None:
    """Load every complete package of a domain that `control.paquet_charge` does not know yet.

    A package is known only when all its tables are in; loading it again gives the same rows.
    """
    source, lake = SOURCES[domain], open_lake(settings, domain)
    with warehouse.connect() as connection:
        if held := identity(settings):
            claim(connection, held)
        done = {
            row[0]
            for row in connection.execute("SELECT paquet FROM control.paquet_charge WHERE domaine = %s", (domain,))
        }
        new = [package for package in lake.complete_packages() if package not in done]
        for batch in _batches(lake.files_of(new), source.rows_at_once) if new else ():
            with reporter.timed(Loaded(domain, list(batch)[-1], packages=len(batch))) as line:
                line.rows = _load(source, batch, warehouse)
                _ensure_indexes(connection, source)
                with connection.transaction(), connection.cursor() as cursor:
                    cursor.executemany(
                        "INSERT INTO control.paquet_charge (domaine, paquet) VALUES (%s, %s)",
                        [(domain, package) for package in batch],
                    )


def ensure_raw_tables(warehouse: Warehouse) -> None:
    """Create the raw tables that are not there, without a row: dbt reads them all, and few collect every domain."""
    with warehouse.connect() as connection:
        for source in SOURCES.values():
            _ensure_tables(warehouse, source.schema, {name: table.columns for name, table in source.tables.items()})
            _ensure_indexes(connection, source)


def forget(warehouse: Warehouse) -> None:
    """Drop every raw schema and the list of packages loaded: the lake holds them all."""
    with warehouse.connect() as connection, connection.transaction():
        connection.execute("SET LOCAL client_min_messages = warning")
        for source in SOURCES.values():
            for name in (source.schema, f"{source.schema}_staging"):
                connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")
            connection.execute(f"CREATE SCHEMA {source.schema}")
        connection.execute(
            "DELETE FROM control.paquet_charge; DELETE FROM control.origine; DELETE FROM control.conservation"
        )


def _batches(packages: dict[str, Files], most_rows: int) -> Iterator[dict[str, Files]]:
    """Group packages, in their order, so that each group has about `most_rows` rows; one by one when it is 0."""
    batch: dict[str, Files] = {}
    rows = 0
    for package, files in packages.items():
        batch[package] = files
        rows += sum(_rows(url) for urls in files.values() for url in urls) if most_rows else 0
        if rows >= most_rows:
            yield batch
            batch, rows = {}, 0
    if batch:
        yield batch


def _rows(url: str) -> int:
    with fsspec.open(url) as file:
        return int(pq.read_metadata(file).num_rows)


def _load(source: Source, packages: dict[str, Files], warehouse: Warehouse) -> int:
    with TemporaryDirectory(prefix="hydrotheque-raw-") as work:
        files: dict[str, list[Path]] = {}
        for tables in packages.values():
            for table, urls in tables.items():
                files.setdefault(table, []).extend(_local(url, Path(work)) for url in urls)
        rows: int = sum(pq.read_metadata(path).num_rows for paths in files.values() for path in paths)
        if len(packages) > 1:
            files = {
                table: [_merged(paths, Path(work) / f"{table}.parquet", source.tables[table].replaces)]
                for table, paths in files.items()
            }
        pipeline = dlt.pipeline(
            f"brut_{source.domain}",
            pipelines_dir=f"{work}/dlt",
            destination=postgres(warehouse.url),
            dataset_name=source.schema,
        )
        resources = [
            dlt.resource(imported(paths), name=table, **source.tables[table].replaces.hints)
            for table, paths in files.items()
        ]
        if "lecture" in files:
            _delete_emptied(warehouse, source, files)
        columns = {table: nullable_schema(paths) for table, paths in files.items()}
        _ensure_tables(warehouse, source.schema, columns)
        _ensure_staging(warehouse, source.schema, columns)
        write(pipeline, dlt.source(lambda: resources, name=source.domain)())
        return rows


def _merged(paths: list[Path], target: Path, replaces: Keyed | Scope | Window) -> Path:
    """Write the rows of several packages as one file, without those that a later one of them replaces."""
    rows = "(SELECT * FROM read_parquet($paths, union_by_name = true, hive_partitioning = false))"
    kept = f"SELECT * FROM {rows} AS r"
    if isinstance(window := replaces, Window):
        same = " AND ".join(f"lu.{key} = r.{key}" for key in window.keys)
        kept += f""" WHERE NOT EXISTS (
            SELECT 1 FROM (SELECT DISTINCT {", ".join(window.keys)}, lu_depuis, paquet FROM {rows}) AS lu
            WHERE {same} AND lu.paquet > r.paquet AND lu.lu_depuis <= r.{window.instant})"""
    with duckdb.connect() as db:
        db.execute(f"COPY ({kept}) TO '{target}' (FORMAT parquet)", {"paths": [str(path) for path in paths]})
    return target


def _ensure_tables(warehouse: Warehouse, schema: str, columns: dict[str, pa.Schema]) -> None:
    """Create the tables that are not there: dlt makes none for a table without a row."""
    with warehouse.connect() as connection:
        missing = [table for table in columns if not _exists(connection, f"{schema}.{table}")]
    if missing:
        with adbc.connect(warehouse.url) as connection, connection.cursor() as cursor:
            for table in missing:
                cursor.adbc_ingest(table, columns[table].empty_table(), mode="create", db_schema_name=schema)
            connection.commit()


def _ensure_staging(warehouse: Warehouse, schema: str, tables: Iterable[str]) -> None:
    """Create, without a log, the tables that dlt fills before it merges: what they hold is written again, and a crash
    may empty them.
    """
    with warehouse.connect() as connection:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}_staging")
        for table in tables:
            connection.execute(f"CREATE UNLOGGED TABLE IF NOT EXISTS {schema}_staging.{table} (LIKE {schema}.{table})")


def _delete_emptied(warehouse: Warehouse, source: Source, files: dict[str, list[Path]]) -> None:
    """Delete the rows of files and series that have none any more: without a row dlt has nothing to merge."""
    readings = pa.concat_tables([pq.read_table(path) for path in files["lecture"]], promote_options="permissive")
    with warehouse.connect() as connection, connection.cursor() as cursor:
        for name, table in source.tables.items():
            raw = f"{source.schema}.{name}"
            if table.replaces == SAME_FILE and name not in files:
                names = readings["nom_du_fichier"].to_pylist()
                cursor.execute(f"DELETE FROM {raw} WHERE nom_du_fichier = ANY(%s)", (names,))
            elif isinstance(window := table.replaces, Window) and set(window.keys) < set(readings.column_names):
                gone = readings.filter(pc.equal(readings["lignes"], 0)).to_pylist()
                same = " AND ".join(f"{key} = %({key})s" for key in window.keys)
                cursor.executemany(f"DELETE FROM {raw} WHERE {same} AND {window.instant} >= %(lu_depuis)s", gone)


def _local(url: str, folder: Path) -> Path:
    """Return the path of a lake file on this machine, downloaded first when the lake is elsewhere."""
    files, path = fsspec.url_to_fs(url)
    if "file" in files.protocol:
        return Path(path)
    copy = folder / f"{abs(hash(url))}.parquet"
    files.get_file(path, copy)
    return copy


def _ensure_indexes(connection: psycopg.Connection, source: Source) -> None:
    for name, table in source.tables.items():
        raw = f"{source.schema}.{name}"
        if table.index and _exists(connection, raw):
            connection.execute(f"CREATE INDEX IF NOT EXISTS {name}_portee ON {raw} ({', '.join(table.index)})")


def _exists(connection: psycopg.Connection, table: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (table,)).fetchone()
    return bool(row and row[0])
