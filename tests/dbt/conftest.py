"""dbt in this process on a project parsed once, and raw tables of a few rows that it builds marts from."""

import pickle
import shutil
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

from tests.helpers import server
from tests.helpers.raw_tables import BRUTE, RawTables
from tests.helpers.warehouse import DATABASE, TestWarehouse, new_warehouse

ROOT = Path(__file__).parents[2]
BUILT, PACKAGES = "template_built", 4  # packages that _filled writes
FAILED = ("error", "fail", "runtime error")
QUIET = ("--quiet", "--log-level-file", "none", "--no-write-json")  # files that no test reads
# Parsing needs no server, but the name of the database that the tests' warehouses have.
NOWHERE = {"PGHOST": "127.0.0.1", "PGPORT": "1", "PGUSER": "nobody", "PGPASSWORD": "", "PGDATABASE": DATABASE}
# Tables of a few rows are read whole unless this is off; off, one that no index reaches is read whole all the same.
BY_INDEX = {"PGOPTIONS": "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"}
Dbt = Callable[..., dbtRunnerResult]
StartBuilt = Callable[[Path], RawTables]


def _invoke(
    folder: Path, variables: dict[str, str], *arguments: str, manifest: Manifest | None = None, events: Any = None
) -> dbtRunnerResult:
    where = ("--project-dir", str(ROOT), "--profiles-dir", str(folder))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (variables | {f"DBT_{name}_PATH": str(folder / name) for name in ("TARGET", "LOG")}).items():
            patch.setenv(name, value)
        runner = dbtRunner(manifest=manifest, callbacks=[] if events is None else [events.append])
        return runner.invoke([*QUIET, *arguments, *where])


@pytest.fixture(scope="session")
def dbt_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dbt")
    shutil.copy(ROOT / "profiles.yml.example", folder / "profiles.yml")
    return folder


@pytest.fixture(scope="session")
def parsed(dbt_folder: Path) -> dict[str, Any]:
    """The project parsed once: its manifest and the warnings."""
    events: list[Any] = []
    result = _invoke(dbt_folder, NOWHERE, "parse", "--no-partial-parse", events=events)
    assert result.success, result.exception
    return {"manifest": result.result, "warnings": [e.info.msg for e in events if e.info.level == "warn"]}


@pytest.fixture
def manifest(parsed: dict[str, Any]) -> Manifest:
    return parsed["manifest"]


@pytest.fixture(scope="session")
def dbt(dbt_folder: Path, parsed: dict[str, Any]) -> Dbt:
    """Run dbt on a warehouse named DATABASE and return its result; raise where the run fails, unless `check` is false.

    dbt changes the manifest that it is handed (references of constraints, ephemeral models), so that each run takes
    a copy: 0.03 s, against 0.5 s of a partial parse. dbt's own pickling of a Manifest forgets fields.
    """
    parts = pickle.dumps({f.name: getattr(parsed["manifest"], f.name) for f in fields(Manifest) if f.name[0] != "_"})

    def run(warehouse: TestWarehouse, *arguments: str, check: bool = True, **variables: str) -> dbtRunnerResult:
        manifest = Manifest(**pickle.loads(parts))  # noqa: S301
        result = _invoke(dbt_folder, warehouse.env | variables, *arguments, manifest=manifest)
        failed = [f"{r.node.name}: {r.message}" for r in getattr(result.result, "results", ()) if r.status in FAILED]
        assert result.success or not check, (result.exception, failed)
        return result

    return run


@pytest.fixture
def raw(home: Path, tmp_path: Path) -> RawTables:
    """Raw tables of meteo and piezometrie, nothing built."""
    return _filled(new_warehouse(tmp_path))


@pytest.fixture(scope="session")
def start_built(home: Path, dbt: Dbt) -> StartBuilt:
    """Return, in a database of the default name, raw tables of meteo and piezometrie and what one build made of them.

    The first worker that needs them builds every model and snapshot, and runs every data test.
    """

    def build() -> None:
        raw = _filled(new_warehouse(server.run_folder() / BUILT))
        dbt(raw.warehouse, "build", "--exclude-resource-type", "unit_test")
        raw.warehouse.renamed(BUILT)

    def start(folder: Path) -> RawTables:
        server.once(BUILT, build)
        return RawTables(new_warehouse(folder, template=BUILT), packages=PACKAGES)

    return start


@pytest.fixture
def built(start_built: StartBuilt, tmp_path: Path) -> RawTables:
    """What `start_built` returns, for one test."""
    return start_built(tmp_path)


def _filled(warehouse: TestWarehouse) -> RawTables:
    """Write two overlapping files, one station near a cell and one far away."""
    raw = RawTables(warehouse)
    january = [(cell, f"2024-01-{day:02}", float(day)) for cell in (0, 1) for day in range(1, 11)]
    raw.sim2("annee", january, modified="2024-02-01")
    raw.sim2("latest", [(0, "2024-01-10", 40.0), (0, "2024-01-11", 41.0)], modified="2024-02-02")
    raw.station("A/1")
    raw.station("B/2", x=1_000_000)
    raw.measures("A/1", "2024-01-01", [(f"2024-01-{day:02}", float(day), BRUTE, "10") for day in range(1, 6)])
    raw.measures("B/2", "2024-01-01", [("2024-01-01", 7.0, BRUTE, "20")])
    return raw
