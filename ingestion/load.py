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
import pyarrow.parquet as pq
from dlt.destinations import postgres

from ingestion.control import claim
from ingestion.domains import DOMAINS, Domain, Window
from ingestion.lake import identity, imported, nullable_schema, open_lake, write
from ingestion.report import Loaded, Reporter
from ingestion.settings import Settings
from ingestion.sources import capteurs_lake, communes, piezometrie, qualite_eau, sim2
from ingestion.warehouse import Warehouse

Files = dict[str, list[str]]  # URLs by table
TABLES = {
    "meteo": sim2.TABLES,
    "piezometrie": piezometrie.TABLES,
    "capteurs": capteurs_lake.TABLES,
    "qualite_eau": qualite_eau.TABLES,
    "communes": communes.TABLES,
}


def load(settings: Settings, warehouse: Warehouse, domain: str, reporter: Reporter) -> None:
    """Load every complete package of a domain that `control.paquet_charge` does not know yet.

    A package is known only when all its tables are in; loading it again gives the same rows.
    """
    lake = open_lake(settings, domain)
    with warehouse.connect() as connection:
        if held := identity(settings):
            claim(connection, held)
        done = {
            row[0]
            for row in connection.execute("SELECT paquet FROM control.paquet_charge WHERE domaine = %s", (domain,))
        }
        new = [package for package in lake.complete_packages() if package not in done]
        for batch in _batches(lake.files_of(new), DOMAINS[domain].rows_at_once) if new else ():
            with reporter.timed(Loaded(domain, list(batch)[-1], packages=len(batch))) as line:
                line.rows = _load(domain, batch, warehouse)
                _ensure_indexes(connection, DOMAINS[domain])
                with connection.transaction(), connection.cursor() as cursor:
                    cursor.executemany(
                        "INSERT INTO control.paquet_charge (domaine, paquet) VALUES (%s, %s)",
                        [(domain, package) for package in batch],
                    )


def ensure_raw_tables(warehouse: Warehouse) -> None:
    """Create the raw tables that are not there, without a row: dbt reads them all, and few collect every domain."""
    with warehouse.connect() as connection:
        for domain, tables in TABLES.items():
            _ensure_tables(warehouse, DOMAINS[domain].schema, tables)
            _ensure_indexes(connection, DOMAINS[domain])


def forget(warehouse: Warehouse) -> None:
    """Drop every raw schema and the list of packages loaded: the lake holds them all."""
    with warehouse.connect() as connection, connection.transaction():
        connection.execute("SET LOCAL client_min_messages = warning")
        for domain in DOMAINS.values():
            for name in (domain.schema, f"{domain.schema}_staging"):
                connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")
            connection.execute(f"CREATE SCHEMA {domain.schema}")
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


def _load(name: str, packages: dict[str, Files], warehouse: Warehouse) -> int:
    domain = DOMAINS[name]
    with TemporaryDirectory(prefix="hydrotheque-raw-") as work:
        files: dict[str, list[Path]] = {}
        for tables in packages.values():
            for table, urls in tables.items():
                files.setdefault(table, []).extend(_local(url, Path(work)) for url in urls)
        rows: int = sum(pq.read_metadata(path).num_rows for paths in files.values() for path in paths)
        if len(packages) > 1:
            files = {
                table: [_merged(paths, Path(work) / f"{table}.parquet", domain.windows.get(table))]
                for table, paths in files.items()
            }
        pipeline = dlt.pipeline(
            f"brut_{name}",
            pipelines_dir=f"{work}/dlt",
            destination=postgres(warehouse.url),
            dataset_name=domain.schema,
        )
        resources = [
            dlt.resource(imported(paths), name=table, **domain.tables[table]) for table, paths in files.items()
        ]
        if name == "meteo" and "sim2" not in files:
            _empty_file(warehouse, files["lecture"])
        if name == "piezometrie" and "lecture" in files:
            _empty_series(warehouse, files["lecture"])
        columns = {table: nullable_schema(paths) for table, paths in files.items()}
        _ensure_tables(warehouse, domain.schema, columns)
        _ensure_staging(warehouse, domain.schema, columns)
        write(pipeline, dlt.source(lambda: resources, name=name)())
        return rows


def _merged(paths: list[Path], target: Path, window: Window | None) -> Path:
    """Write the rows of several packages as one file, without those that a later one of them replaces."""
    rows = "(SELECT * FROM read_parquet($paths, union_by_name = true, hive_partitioning = false))"
    kept = f"SELECT * FROM {rows} AS r"
    if window:
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


def _empty_file(warehouse: Warehouse, records: list[Path]) -> None:
    """Delete the lines of a file that has none any more: without a row dlt has nothing to merge."""
    with warehouse.connect() as connection:
        if _exists(connection, "raw_meteo.sim2"):
            names = pq.read_table(records, columns=["nom_du_fichier"])["nom_du_fichier"].to_pylist()
            connection.execute("DELETE FROM raw_meteo.sim2 WHERE nom_du_fichier = ANY(%s)", (names,))


def _empty_series(warehouse: Warehouse, readings: list[Path]) -> None:
    """Delete the measures of stations that have none any more from the start of their reading on."""
    columns = pq.read_table(readings, columns=["code_bss", "lu_depuis", "lignes"])
    gone = [(row["code_bss"], row["lu_depuis"]) for row in columns.to_pylist() if not row["lignes"]]
    with warehouse.connect() as connection, connection.cursor() as cursor:
        query = "DELETE FROM raw_piezometrie.chroniques WHERE code_bss = %s AND date_mesure >= %s"
        cursor.executemany(query, gone)


def _local(url: str, folder: Path) -> Path:
    """Return the path of a lake file on this machine, downloaded first when the lake is elsewhere."""
    files, path = fsspec.url_to_fs(url)
    if "file" in files.protocol:
        return Path(path)
    copy = folder / f"{abs(hash(url))}.parquet"
    files.get_file(path, copy)
    return copy


def _ensure_indexes(connection: psycopg.Connection, domain: Domain) -> None:
    for table, columns in domain.indexes.items():
        name = f"{domain.schema}.{table}"
        if _exists(connection, name):
            connection.execute(f"CREATE INDEX IF NOT EXISTS {table}_portee ON {name} ({columns})")


def _exists(connection: psycopg.Connection, table: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (table,)).fetchone()
    return bool(row and row[0])
