"""One PostgreSQL for all tests, a database for each that writes, and one warehouse that the whole chain built."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import psycopg
import pytest

from flows import steps
from ingestion.settings import Settings, get_settings, load_settings
from ingestion.warehouse import Warehouse, initialise, open_warehouse
from ingestion.warehouse.embedded import EmbeddedPostgres

REAL = Path(__file__).resolve().parents[2] / "shared" / "real"
_numbers = count(1)


@dataclass(frozen=True)
class Entrepot:
    """A warehouse under test: its settings, its owner, and the environment of the API's role."""

    settings: Settings
    owner: Warehouse
    api_env: dict[str, str] = field(repr=False)

    @property
    def url(self) -> str:
        return self.owner.url

    @property
    def env(self) -> dict[str, str]:
        return self.owner.env

    def rows(self, query: str) -> list[tuple]:
        """Return the rows of a query, as the owner."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="session", autouse=True)
def home() -> Iterator[Path]:
    """A HOME of the tests' own, whose settings no variable of the developer's reaches; its server ends with them."""
    # Not pytest's folder: each new session of pytest closes that one to other users, and a root user's server is one.
    folder = Path(tempfile.mkdtemp(prefix="hydrotheque-tests-"))
    for name in [name for name in os.environ if name.startswith(("HYDROTHEQUE_", "PG"))]:
        del os.environ[name]
    os.environ["HYDROTHEQUE_HOME"] = str(folder)
    os.environ["PREFECT_HOME"] = str(folder / "prefect")
    get_settings.cache_clear()
    yield folder
    EmbeddedPostgres(folder).stop()
    shutil.rmtree(folder)


def entrepot(home: Path, lake: Path, database: str, **changes: object) -> Entrepot:
    """Create a database on the tests' server and return it as a warehouse of its own, with a lake of its own."""
    server = open_warehouse(load_settings(home=home))
    with server.connect() as connection:
        connection.execute(f"CREATE DATABASE {database}")
    settings = load_settings(home=home, lake_url=lake.as_uri(), pgdatabase=database, **changes)
    owner = replace(server, database=database)
    initialise(settings, owner)
    return Entrepot(settings, owner, open_warehouse(settings, "api_service").env)


@pytest.fixture
def empty_warehouse(home: Path, tmp_path: Path) -> Entrepot:
    """A database with its schemas and roles, and nothing collected."""
    return entrepot(home, tmp_path / "lake", f"test_{next(_numbers)}")


@pytest.fixture(scope="session")
def warehouse(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Entrepot:
    """The warehouse that `hydrotheque run --sources simulated` builds; read only."""
    os.environ["HYDROTHEQUE_SOURCES"] = "simulated"
    os.environ["PGDATABASE"] = "hydrotheque"
    get_settings.cache_clear()
    try:
        with steps.started() as run:
            steps.collect(run)
            steps.load(run)
            steps.build(run)
            settings, owner = run.settings, run.warehouse
    finally:
        del os.environ["HYDROTHEQUE_SOURCES"]
        get_settings.cache_clear()
    return Entrepot(settings, owner, open_warehouse(get_settings(), "api_service").env)
