"""dbt in this process, one run at a time, and the raw tables as ingestion writes them, a few rows at a time."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

from tests.helpers.warehouse import TestWarehouse, new_warehouse

ROOT = Path(__file__).parents[2]
Dbt = Callable[..., dbtRunnerResult]


@pytest.fixture(scope="session")
def dbt_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dbt")
    shutil.copy(ROOT / "profiles.yml.example", folder / "profiles.yml")
    return folder


@pytest.fixture
def dbt(dbt_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Dbt:
    """Run dbt with the PG* variables of `env` and return its result; the caller checks `success`."""

    def run(env: dict[str, str], *args: str, events: list[Any] | None = None) -> dbtRunnerResult:
        settings = env | {"DBT_TARGET_PATH": str(dbt_folder / "target"), "DBT_LOG_PATH": str(dbt_folder / "logs")}
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        runner = dbtRunner(callbacks=[] if events is None else [events.append])
        return runner.invoke([*args, "--project-dir", str(ROOT), "--profiles-dir", str(dbt_folder), "--quiet"])

    return run


NOWHERE = {"PGHOST": "127.0.0.1", "PGPORT": "1", "PGUSER": "nobody", "PGPASSWORD": "", "PGDATABASE": "none"}


@pytest.fixture(scope="session")
def parsed() -> dict[str, Any]:
    return {}


@pytest.fixture
def manifest(dbt: Dbt, parsed: dict[str, Any]) -> Manifest:
    """The project, parsed once; parsing needs no server. `parsed` has the warnings too."""
    if not parsed:
        events: list[Any] = []
        result = dbt(NOWHERE, "parse", "--no-partial-parse", events=events)
        assert result.success, result.exception
        parsed |= {"manifest": result.result, "warnings": [e.info.msg for e in events if e.info.level == "warn"]}
    return parsed["manifest"]


@dataclass
class Source:
    """Writes the raw tables of a warehouse like ingestion: a package at a time."""

    connection: psycopg.Connection
    env: dict[str, str]
    packages: int = 0

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(query, values)
        return cursor.fetchall() if cursor.description else []

    def package(self, domain: str, *, complete: bool = True) -> str:
        self.packages += 1
        name = f"{self.packages:04}"
        if complete:
            self.sql("insert into control.paquet_charge (domaine, paquet) values (%s, %s)", domain, name)
        return name

    def file(
        self, name: str, rows: list[tuple[int, str, float]], *, modified: str, cells: int = 2, complete: bool = True
    ) -> None:
        """Replace a SIM2 file by `rows` of (cell number, day, temperature); cells lie 80 hm apart on one line."""
        self.sql("delete from raw_meteo.sim2 where nom_du_fichier = %s", name)
        for cell, day, t in rows:
            self.sql(
                "insert into raw_meteo.sim2 (lambx, lamby, date, t, nom_du_fichier) values (%s, 24010, %s, %s, %s)",
                600 + 80 * cell, day, t, name,
            )  # fmt: skip
        for cell in range(cells):
            self.sql(
                """insert into raw_meteo.maille
                select x, 24010, x * 100, 2401000, 650000, 6862500, 2.3, 48.8 from (select %s::bigint as x) as new
                where not exists (select from raw_meteo.maille where lambx = x)""",
                600 + 80 * cell,
            )
        package = self.package("meteo", complete=complete)
        days = [day for _, day, _ in rows]
        self.sql(
            """insert into raw_meteo.lecture (paquet, nom_du_fichier, modifie_le, lignes, date_min, date_max, lu_le)
            values (%s, %s, %s, %s, %s, %s, now())""",
            package, name, modified, len(rows), min(days, default=None), max(days, default=None),
        )  # fmt: skip

    def station(self, code: str, *, x: float = 60_100, y: float = 2_401_000) -> None:
        self.sql(
            """insert into raw_piezometrie.stations (code_bss, altitude_station, x_lambert2, y_lambert2, lu_le)
            values (%s, '-999', %s, %s, now())""",
            code, x, y,
        )  # fmt: skip

    def measures(
        self, code: str, since: str, rows: list[tuple[str, float, str, str]], *, names: dict[str, str] | None = None
    ) -> None:
        """Replace a station's measures from a day on by `rows` of (day, level, statut, code of the producer).

        `names` gives the names of producers; the others are named after their code.
        """
        self.sql("delete from raw_piezometrie.chroniques where code_bss = %s and date_mesure >= %s", code, since)
        package = self.package("piezometrie")
        for day, level, statut, producer in rows:
            name = (names or {}).get(producer, f"producteur {producer}")
            self.sql(
                """insert into raw_piezometrie.chroniques
                (code_bss, date_mesure, niveau_nappe_eau, statut, code_producteur, nom_producteur, lu_depuis, paquet)
                values (%s, %s, %s, %s, %s, %s, %s, %s)""",
                code, day, level, statut, producer, name, since, package,
            )  # fmt: skip
        self.sql(
            """insert into raw_piezometrie.codes (entite, code, nom, paquet)
            select distinct 'producteur', code_producteur, nom_producteur, paquet
            from raw_piezometrie.chroniques where paquet = %s""",
            package,
        )
        self.sql(
            """insert into raw_piezometrie.lecture (paquet, code_bss, lu_depuis, lignes, lu_le)
            values (%s, %s, %s, %s, now())""",
            package, code, since, len(rows),
        )  # fmt: skip


@pytest.fixture
def raw_warehouse(home: Path, tmp_path: Path) -> TestWarehouse:
    """A database with every raw table, empty."""
    return new_warehouse(tmp_path)


@pytest.fixture
def source(raw_warehouse: TestWarehouse) -> Iterator[Source]:
    """A warehouse with raw tables: two overlapping files, one station near a cell and one far away."""
    with psycopg.connect(raw_warehouse.url, autocommit=True) as connection:
        source = Source(connection, raw_warehouse.env)
        january = [(cell, f"2024-01-{day:02}", float(day)) for cell in (0, 1) for day in range(1, 11)]
        source.file("annee", january, modified="2024-02-01")
        source.file("latest", [(0, "2024-01-10", 40.0), (0, "2024-01-11", 41.0)], modified="2024-02-02")
        source.station("A/1")
        source.station("B/2", x=1_000_000)
        source.measures(
            "A/1", "2024-01-01", [(f"2024-01-{day:02}", float(day), "Donnée brute", "10") for day in range(1, 6)]
        )
        source.measures("B/2", "2024-01-01", [("2024-01-01", 7.0, "Donnée brute", "20")])
        yield source
