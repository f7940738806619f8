"""From the lake to the raw schemas: each complete package once, in the order of the lake."""

from pathlib import Path
from tempfile import TemporaryDirectory

import adbc_driver_postgresql.dbapi as adbc
import dlt
import fsspec
import psycopg
import pyarrow.parquet as pq
from dlt.destinations import postgres

from ingestion.control import claim
from ingestion.domains import DOMAINS, Domain
from ingestion.lake import Lake, identity, imported, nullable_schema, open_lake, write
from ingestion.report import Loaded, Reporter
from ingestion.settings import Settings
from ingestion.warehouse import Warehouse


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
        for package in lake.complete_packages():
            if package in done:
                continue
            with reporter.timed(Loaded(domain, package)) as line:
                line.rows = _load_package(lake, package, warehouse)
                _ensure_indexes(connection, DOMAINS[domain])
                connection.execute(
                    "INSERT INTO control.paquet_charge (domaine, paquet) VALUES (%s, %s)", (domain, package)
                )


def forget(warehouse: Warehouse) -> None:
    """Drop every raw schema and the list of packages loaded: the lake holds them all."""
    with warehouse.connect() as connection, connection.transaction():
        connection.execute("SET LOCAL client_min_messages = warning")
        for domain in DOMAINS.values():
            for name in (domain.schema, f"{domain.schema}_staging"):
                connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")
            connection.execute(f"CREATE SCHEMA {domain.schema}")
        connection.execute("DELETE FROM control.paquet_charge; DELETE FROM control.origine")


def _load_package(lake: Lake, package: str, warehouse: Warehouse) -> int:
    domain = DOMAINS[lake.domain]
    with TemporaryDirectory(prefix="hydrotheque-raw-") as work:
        files = {
            table: [_local(url, Path(work)) for url in urls] for table, urls in lake.package_files(package).items()
        }
        pipeline = dlt.pipeline(
            f"brut_{lake.domain}",
            pipelines_dir=f"{work}/dlt",
            destination=postgres(warehouse.url),
            dataset_name=domain.schema,
        )
        resources = [
            dlt.resource(imported(paths), name=table, **domain.tables[table]) for table, paths in files.items()
        ]
        _ensure_tables(warehouse, domain.schema, files)
        write(pipeline, dlt.source(lambda: resources, name=lake.domain)())
        return sum(pq.read_metadata(path).num_rows for paths in files.values() for path in paths)


def _ensure_tables(warehouse: Warehouse, schema: str, files: dict[str, list[Path]]) -> None:
    """Create the tables that a package has: dlt makes none for a table without a row, and dbt reads them all."""
    with warehouse.connect() as connection:
        if schema == DOMAINS["meteo"].schema and "sim2" not in files:
            _empty_file(connection, files["lecture"])
        missing = [table for table in files if not _exists(connection, f"{schema}.{table}")]
    if missing:
        with adbc.connect(warehouse.url) as connection, connection.cursor() as cursor:
            for table in missing:
                empty = nullable_schema(files[table]).empty_table()
                cursor.adbc_ingest(table, empty, mode="create", db_schema_name=schema)
            connection.commit()


def _empty_file(connection: psycopg.Connection, records: list[Path]) -> None:
    """Delete the lines of a file that has none any more: without a row dlt has nothing to merge."""
    if _exists(connection, "raw_meteo.sim2"):
        names = pq.read_table(records, columns=["nom_du_fichier"])["nom_du_fichier"].to_pylist()
        connection.execute("DELETE FROM raw_meteo.sim2 WHERE nom_du_fichier = ANY(%s)", (names,))


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
