"""A warehouse under test: a database and a lake of its own, and what a test does with them."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from flows.chain import steps
from flows.chain.start import started
from flows.run import Run
from ingestion.lake import open_lake
from ingestion.report import Collected, Options, Reporter
from ingestion.settings import Settings, get_settings, load_settings
from ingestion.sources import SOURCES
from ingestion.warehouse import Warehouse, initialise, marts, open_warehouse
from ingestion.warehouse.load import ensure_raw_tables
from tests.helpers import server

HYDROTHEQUE = Path(sys.executable).with_name("hydrotheque")
# The database of most tests: dbt parses the project anew when the name is another.
DATABASE = f"test_{server.WORKER}"
INITIALISED, RAW = "template_initialised", "template_raw"
# Columns that tell one run from another and say nothing of the data.
OF_THE_RUN = (
    "paquet",  # the id of a lake package is the time it was begun
    "lu_le",  # when the provider was read
    "constate_le",  # in rejet: the same
    "rejet_id",  # in rejet: a digest of the line refused and its package
    "url",  # where the simulator listened
    "_dlt_load_id",
    "_dlt_id",
)
OF_THE_BUILD = ("dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to")  # in snapshots: when it was


@dataclass(frozen=True)
class TestWarehouse:
    """A warehouse and its lake: runs the steps of the chain, counts, sums and compares what they leave."""

    __test__ = False  # a helper, whatever its name

    settings: Settings
    owner: Warehouse
    shown: list[Any] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The owner's libpq URL."""
        return self.owner.url

    @property
    def env(self) -> dict[str, str]:
        """The owner's PG* variables."""
        return self.owner.env

    @property
    def api_env(self) -> dict[str, str]:
        """The PG* variables of the API's role."""
        return open_warehouse(self.settings, "api_service").env

    @property
    def lake(self) -> Path:
        """The folder of the lake."""
        return Path(self.settings.lake_url.removeprefix("file://"))

    # What it does

    def run(self, **options: bool) -> Run:
        """A run of its own, with `accept` or `full`."""
        return Run(self.settings, self.owner, Reporter(self.shown.append), Options(**options))

    def collect(self, *domains: str, **options: bool) -> "TestWarehouse":
        """Collect domains, all of them when none is named."""
        steps.collect(self.run(**options), *domains)
        return self

    def load(self, *domains: str, **options: bool) -> "TestWarehouse":
        """Load what is new in the lake."""
        steps.load(self.run(), *domains, **options)
        return self

    def month(self, *domains: str, **options: bool) -> "TestWarehouse":
        """Collect and load."""
        return self.collect(*domains, **options).load()

    def build(self, *arguments: str) -> "TestWarehouse":
        """Build and test the tables with dbt."""
        steps.build(self.run(), *arguments)
        return self

    @property
    def collected(self) -> list[Collected]:
        """The lines shown of what was collected."""
        return [line for line in self.shown if isinstance(line, Collected)]

    @property
    def command_env(self) -> dict[str, str]:
        """The environment of a `hydrotheque` command on this warehouse."""
        resources = self.settings.qualite_eau_resources
        return {
            "HYDROTHEQUE_HOME": str(self.settings.home),
            "HYDROTHEQUE_SOURCES": "live",
            "HYDROTHEQUE_LAKE_URL": self.settings.lake_url,
            "HYDROTHEQUE_HUBEAU_URL": self.settings.hubeau_url,
            "HYDROTHEQUE_DATA_GOUV_URL": self.settings.data_gouv_url,
            "HYDROTHEQUE_PIEZO_STATIONS": ",".join(self.settings.piezo_stations),
            "HYDROTHEQUE_QUALITE_EAU_RESOURCES": ",".join(f"{year}={zip_}" for year, zip_ in resources.items()),
            **self.env,
        }

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `hydrotheque` in a process of its own, to its end."""
        return subprocess.run(
            [HYDROTHEQUE, *arguments],
            check=False,
            capture_output=True,
            text=True,
            env=os.environ | self.command_env,
            timeout=600,  # a chain that hangs, not one on a busy machine
        )

    # Others of its kind

    def at(self, url: str, **changes: Any) -> "TestWarehouse":
        """The same warehouse with providers at another address, or other settings."""
        update = {"hubeau_url": url, "data_gouv_url": url} | changes
        return replace(self, settings=self.settings.model_copy(update=update), shown=[])

    def with_home(self, home: Path) -> "TestWarehouse":
        """The same warehouse, whose runs keep their files in another HOME."""
        return replace(self, settings=self.settings.model_copy(update={"home": home}))

    def clone(self, folder: Path, name: str = DATABASE, home: Path | None = None, **changes: Any) -> "TestWarehouse":
        """Another warehouse with the same contents, its lake below `folder`; settings may change."""
        server.create_database(name, self.owner.database)
        shutil.copytree(self.lake, folder / "lake")
        update = {"lake_url": (folder / "lake").as_uri(), "pgdatabase": name}
        clone = TestWarehouse(self.settings.model_copy(update=update | changes), replace(self.owner, database=name))
        # A template gives no rights of the database; the server is the one of the worker's HOME.
        initialise(clone.with_home(server.start(server.WORKER)).settings, clone.owner)
        return clone.with_home(home) if home else clone

    def renamed(self, name: str) -> "TestWarehouse":
        """The same warehouse, whose database has another name: the next may take the one it was built under."""
        server.rename_database(self.owner.database, name)
        settings = self.settings.model_copy(update={"pgdatabase": name})
        return replace(self, settings=settings, owner=replace(self.owner, database=name))

    # What it holds

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a statement, as the owner; none of one that returns none."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(query, values or None)
            return [] if cursor.description is None else cursor.fetchall()

    def tables(self, *schemas: str) -> list[str]:
        """Return the tables of schemas but dlt's own, as `schema.table`."""
        query = """SELECT schemaname || '.' || tablename FROM pg_tables
            WHERE schemaname = ANY(%s) AND tablename !~ '^_dlt' ORDER BY 1"""
        return [table for (table,) in self.rows(query, list(schemas))]

    def checksums(self, tables: Iterable[str], left_out: Iterable[str] = OF_THE_RUN) -> dict[str, str]:
        """Number of rows and md5 of each table or query in parentheses, whatever the order of its rows."""
        names = ", ".join(f"'{name}'" for name in left_out)
        with psycopg.connect(self.url, autocommit=True) as connection:
            return {
                table: connection.execute(
                    f"""SELECT count(*) || ' rows, ' || coalesce(md5(string_agg(line, '|' ORDER BY line)), 'none')
                    FROM (SELECT (to_jsonb(whole) - array[{names}]::text[])::text AS line FROM {table} AS whole)
                    AS lines"""
                ).fetchone()[0]
                for table in tables
            }

    def versions(self, tables: Iterable[str], where: str = "true") -> dict[str, list[tuple[str, str]]]:
        """Where PostgreSQL stores each row and who wrote it: other than before when anything was written."""
        return {
            table: self.rows(f"SELECT xmin::text, ctid::text FROM {table} WHERE {where} ORDER BY 1, 2")
            for table in tables
        }

    def counters(self, counter: str, *tables: str) -> dict[str, int]:
        """A counter of pg_stat_user_tables by table, once everyone who used the tables has left and reported it."""
        others = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        query = f"SELECT schemaname || '.' || relname, {counter} FROM pg_stat_user_tables"
        with psycopg.connect(self.url, autocommit=True) as connection:
            while connection.execute(others).rowcount:
                time.sleep(0.01)
            found = dict(connection.execute(query).fetchall())
        return {table: found[table] for table in tables}

    def marts(self, left_out: Iterable[str] = OF_THE_RUN) -> dict[str, str]:
        """Checksums of every table in marts."""
        with self.owner.connect() as connection:
            return self.checksums([f"marts.{table}" for table in marts(connection)], left_out)

    def history(self, left_out: Iterable[str] = OF_THE_BUILD) -> dict[str, str]:
        """Checksums of every snapshot, and of the versions in it that stand."""
        tables = self.tables("snapshots")
        standing = [f"(SELECT * FROM {table} WHERE dbt_valid_to IS NULL)" for table in tables]
        return self.checksums([*tables, *standing], left_out)

    def raw_tables(self, *domains: str) -> list[str]:
        """Return the raw tables of domains, of all when none is named."""
        return self.tables(*(SOURCES[domain].schema for domain in domains or SOURCES))

    def raw(self, *domains: str, left_out: Iterable[str] = OF_THE_RUN) -> dict[str, str]:
        """Checksums of the raw tables."""
        return self.checksums(self.raw_tables(*domains), left_out)

    def load_records(self, domain: str) -> list[Path]:
        """The records that complete the lake's packages, oldest first."""
        folder = self.lake / SOURCES[domain].folder / "_dlt_loads"
        return sorted((path for path in folder.glob("*.jsonl") if "__" in path.name), key=lambda path: path.name)

    def contents(self) -> dict[str, Any]:
        """All that a run which stops must leave as it was: the lake's packages, the raw rows, what is loaded."""
        packages: dict[str, Any] = {}
        for domain in SOURCES:
            lake = open_lake(self.settings, domain)
            for package, tables in lake.files_of(lake.complete_packages()).items():
                paths = [Path(url.removeprefix("file://")) for urls in tables.values() for url in urls]
                packages[package] = {str(path): path.stat().st_mtime_ns for path in paths}
        loaded = self.rows("SELECT domaine, paquet FROM control.paquet_charge ORDER BY numero")
        stored = [f"(SELECT xmin::text AS by, ctid::text AS place FROM {table})" for table in self.raw_tables()]
        return {"lake": packages, "raw": self.checksums(stored, ()), "loaded": loaded}


def named(name: str) -> str:
    """Return the worker's name of a database that outlives a test."""
    return f"{name}_{server.WORKER}"


def new_warehouse(folder: Path, name: str = DATABASE, template: str = RAW, **changes: Any) -> TestWarehouse:
    """Return a warehouse of the worker's HOME, its lake below `folder`: RAW (empty raw tables) or only INITIALISED.

    Another template must be there. A warehouse of the default name lives as long as a test: the next takes its place.
    """
    if template in (INITIALISED, RAW):
        server.once(template, {INITIALISED: _initialised, RAW: _raw}[template])
    server.create_database(name, template)
    warehouse = _opened(folder, name, **changes)
    initialise(warehouse.settings, warehouse.owner)
    return warehouse


def _initialised() -> None:
    server.create_database(INITIALISED)
    warehouse = _opened(Path(os.devnull), INITIALISED)
    initialise(warehouse.settings, warehouse.owner)


def _raw() -> None:
    server.once(INITIALISED, _initialised)
    server.create_database(RAW, INITIALISED)
    ensure_raw_tables(_opened(Path(os.devnull), RAW).owner)


def shared_warehouse(
    name: str, fill: Callable[[TestWarehouse], object], folder: Path, database: str = "", **changes: Any
) -> TestWarehouse:
    """Return a copy, its lake below `folder`, of a warehouse that the first worker in need of it fills.

    The copy is the worker's own, or has a name of its own.
    """
    model = server.run_folder() / name
    server.once(name, lambda: fill(new_warehouse(model, f"template_{name}", **changes)))
    return _opened(model, f"template_{name}", **changes).clone(folder, database or named(name))


def shared_copy(
    name: str, start: TestWarehouse, work: Callable[[TestWarehouse], TestWarehouse], folder: Path
) -> TestWarehouse:
    """Return the worker's copy, its lake below `folder`, of what the first worker in need of it makes of `start`."""
    model, template = server.run_folder() / name, f"template_{name}"
    server.once(name, lambda: work(start.clone(model)).renamed(template))
    settings = start.settings.model_copy(update={"lake_url": (model / "lake").as_uri(), "pgdatabase": template})
    return TestWarehouse(settings, replace(start.owner, database=template)).clone(folder, named(name))


def chain(folder: Path, database: str = "") -> TestWarehouse:
    """Return a copy of the warehouse that `hydrotheque run --sources simulated` builds, its lake below `folder`."""
    return shared_warehouse("chain", _run_chain, folder, database, sources="simulated")


def _run_chain(warehouse: TestWarehouse) -> None:
    variables = {
        "HYDROTHEQUE_LAKE_URL": warehouse.settings.lake_url,
        "HYDROTHEQUE_SOURCES": warehouse.settings.sources,
        "PGDATABASE": warehouse.settings.pgdatabase,
    }
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in variables.items():
            patch.setenv(variable, value)
        get_settings.cache_clear()
        with started() as run:
            for step in steps.MONTH:
                step(run)
    get_settings.cache_clear()


def _opened(folder: Path, name: str, **changes: Any) -> TestWarehouse:
    values = {"home": server.start(server.WORKER), "lake_url": (folder / "lake").as_uri()} | changes
    settings = load_settings(pgdatabase=name, **values)
    return TestWarehouse(settings, open_warehouse(settings))
