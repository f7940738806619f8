"""Two months of a small France, and the places (a database and a lake) that a test brings from one to the other."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from flows import steps
from ingestion.lake import open_lake
from ingestion.report import Collected, Options, Reporter
from ingestion.settings import Settings, load_settings
from ingestion.simulator.tap_water_files import resources
from ingestion.simulator.world import Scenario
from ingestion.sources import SOURCES
from ingestion.warehouse import Warehouse, initialise, marts, open_warehouse

# Two header layouts, two years and 60 days that overlap the second; values of both years are revised in month 2.
MONTH_1 = Scenario(cells=12, years=(2023, 2024), stations=5, today=date(2025, 1, 8))
MONTH_2 = replace(MONTH_1, today=date(2025, 2, 8), revision=1)
DRINKING_WATER = resources(MONTH_1)
HYDROTHEQUE = Path(sys.executable).with_name("hydrotheque")
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
NOT_THE_WINDOW = (*OF_THE_RUN, "lu_depuis")  # from which day on a series was read, beside its values
VALUES = {
    "meteo": ("raw_meteo.sim2", "raw_meteo.maille"),
    "piezometrie": ("raw_piezometrie.stations", "raw_piezometrie.chroniques"),
    "qualite_eau": ("raw_qualite_eau.com_udi", "raw_qualite_eau.plv", "raw_qualite_eau.result"),
}
_names = count(1)


@dataclass(frozen=True)
class Place:
    """A database and a lake of their own, and the providers they are filled from."""

    settings: Settings
    owner: Warehouse
    shown: list[Any] = field(default_factory=list)

    def run(self, **options: bool) -> steps.Run:
        """A run at this place, with `accept` or `full`."""
        return steps.Run(self.settings, self.owner, Reporter(self.shown.append), Options(**options))

    def at(self, url: str, **changes: Any) -> "Place":
        """The same place with providers at another address, or other settings."""
        update = {"hubeau_url": url, "data_gouv_url": url} | changes
        return replace(self, settings=self.settings.model_copy(update=update), shown=[])

    def with_home(self, home: Path) -> "Place":
        """The same place, whose runs keep their files in another HOME."""
        return replace(self, settings=self.settings.model_copy(update={"home": home}))

    def collect(self, *domains: str, **options: bool) -> "Place":
        steps.collect(self.run(**options), *domains)
        return self

    def load(self, **options: bool) -> "Place":
        steps.load(self.run(), **options)
        return self

    def month(self, *domains: str, **options: bool) -> "Place":
        """Collect and load."""
        return self.collect(*domains, **options).load()

    def build(self) -> "Place":
        steps.build(self.run())
        return self

    @property
    def collected(self) -> list[Collected]:
        return [line for line in self.shown if isinstance(line, Collected)]

    @property
    def lake(self) -> Path:
        return Path(self.settings.lake_url.removeprefix("file://"))

    @property
    def env(self) -> dict[str, str]:
        """The environment of a `hydrotheque` command at this place."""
        return {
            "HYDROTHEQUE_HOME": str(self.settings.home),
            "HYDROTHEQUE_SOURCES": "live",
            "HYDROTHEQUE_LAKE_URL": self.settings.lake_url,
            "HYDROTHEQUE_HUBEAU_URL": self.settings.hubeau_url,
            "HYDROTHEQUE_DATA_GOUV_URL": self.settings.data_gouv_url,
            "HYDROTHEQUE_PIEZO_STATIONS": ",".join(self.settings.piezo_stations),
            "HYDROTHEQUE_QUALITE_EAU_RESOURCES": ",".join(f"{year}={zip_}" for year, zip_ in DRINKING_WATER.items()),
            **self.owner.env,
        }

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `hydrotheque` here, to its end."""
        return subprocess.run(
            [HYDROTHEQUE, *arguments],
            check=False,
            capture_output=True,
            text=True,
            env=os.environ | self.env,
            timeout=600,  # a chain that hangs, not one on a busy machine
        )

    def load_records(self, domain: str) -> list[Path]:
        """The records that complete the lake's packages, oldest first."""
        folder = self.lake / SOURCES[domain].folder / "_dlt_loads"
        return sorted((path for path in folder.glob("*.jsonl") if "__" in path.name), key=lambda path: path.name)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.owner.url, autocommit=True) as connection:
            return connection.execute(query).fetchall()

    def checksums(self, tables: Iterable[str], left_out: Iterable[str] = OF_THE_RUN) -> dict[str, str]:
        """Number of rows and md5 of each table, whatever the order of its rows."""
        names = ", ".join(f"'{name}'" for name in left_out)
        return {
            table: self.rows(
                f"""SELECT count(*) || ' rows, ' || coalesce(md5(string_agg(line, '|' ORDER BY line)), 'none')
                FROM (SELECT (to_jsonb(whole) - array[{names}]::text[])::text AS line FROM {table} AS whole) AS lines"""
            )[0][0]
            for table in tables
        }

    def marts(self, left_out: Iterable[str] = OF_THE_RUN) -> dict[str, str]:
        """Checksums of every table in marts."""
        with self.owner.connect() as connection:
            return self.checksums([f"marts.{table}" for table in marts(connection)], left_out)

    def history(self, left_out: Iterable[str] = OF_THE_BUILD) -> dict[str, str]:
        """Checksums of every snapshot, and of the versions in it that stand."""
        tables = [table for (table,) in self.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'snapshots'")]
        standing = [f"(SELECT * FROM snapshots.{table} WHERE dbt_valid_to IS NULL)" for table in tables]
        return self.checksums([*(f"snapshots.{table}" for table in tables), *standing], left_out)

    def raw_tables(self, *domains: str) -> list[str]:
        schemas = ", ".join(f"'{SOURCES[domain].schema}'" for domain in domains or SOURCES)
        query = f"""SELECT schemaname || '.' || tablename FROM pg_tables
            WHERE schemaname IN ({schemas}) AND tablename !~ '^_dlt' ORDER BY 1"""
        return [table for (table,) in self.rows(query)]

    def raw(self, *domains: str, left_out: Iterable[str] = OF_THE_RUN) -> dict[str, str]:
        return self.checksums(self.raw_tables(*domains), left_out)

    def contents(self) -> dict[str, Any]:
        """All that a run which stops must leave as it was: the lake's packages, the raw rows, what is loaded."""
        packages: dict[str, Any] = {}
        for domain in SOURCES:
            lake = open_lake(self.settings, domain)
            for package in lake.complete_packages():
                packages[package] = {
                    url: Path(url.removeprefix("file://")).stat().st_mtime_ns
                    for urls in lake.package_files(package).values()
                    for url in urls
                }
        return {
            "lake": packages,
            "raw": self.raw(left_out=()),
            "loaded": self.rows("SELECT domaine, paquet FROM control.paquet_charge ORDER BY numero"),
        }


def new_place(home: Path, folder: Path, url: str, name: str = "", **changes: Any) -> Place:
    """An empty place."""
    server = open_warehouse(load_settings(home=home))
    name = name or f"faults_{next(_names)}"
    _statements(server, _leave(name), f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
    place = _place(server, home, folder, url, name, changes)
    initialise(place.settings, place.owner)
    return place


def copy_of(place: Place, folder: Path, url: str, name: str = "", home: Path | None = None) -> Place:
    """Another place with the same contents."""
    name = name or f"faults_{next(_names)}"
    model = place.owner.database
    server = replace(place.owner, database="hydrotheque")
    _statements(
        server,
        _leave(name),
        f"DROP DATABASE IF EXISTS {name}",
        _leave(model),
        f"CREATE DATABASE {name} TEMPLATE {model}",
    )
    shutil.copytree(place.lake, folder / "lake")
    return _place(server, home or place.settings.home, folder, url, name, {})


def _place(server: Warehouse, home: Path, folder: Path, url: str, name: str, changes: dict[str, Any]) -> Place:
    values = {"piezo_stations": ("all",), "qualite_eau_resources": DRINKING_WATER} | changes
    values = {"hubeau_url": url, "data_gouv_url": url} | values
    settings = load_settings(home=home, lake_url=(folder / "lake").as_uri(), pgdatabase=name, **values)
    return Place(settings, replace(server, database=name))


def _leave(database: str) -> str:
    """End what is connected to a database. FORCE would fail on autovacuum, which PostgreSQL itself sends away."""
    return f"""SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE datname = '{database}' AND backend_type = 'client backend'"""


def _statements(server: Warehouse, *statements: str) -> None:
    with server.connect() as connection:
        for statement in statements:
            connection.execute(statement)
