"""One PostgreSQL for all tests, a database for each that writes, and one warehouse that the whole chain built."""

import os
from pathlib import Path

import pytest

from ingestion.settings import get_settings
from tests.helpers import server
from tests.helpers.warehouse import INITIALISED, TestWarehouse, chain, new_warehouse

REAL = Path(__file__).resolve().parents[2] / "shared" / "real"


def pytest_configure(config: pytest.Config) -> None:
    """Begin a run: what its workers share is below one folder."""
    if not hasattr(config, "workerinput"):
        server.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the run: stop its server, remove its folder."""
    if not hasattr(config, "workerinput"):
        server.end()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that `make test-quick` leaves out."""
    for item in items:
        needed = set(getattr(item, "fixturenames", ()))
        if "home" in needed:
            item.add_marker(pytest.mark.server)
        if "azurite_program" in needed:
            item.add_marker(pytest.mark.program)


@pytest.fixture(scope="session", autouse=True)
def _environment() -> None:
    """A HOME of the worker's own, whose settings no variable of the developer's reaches."""
    for name in [name for name in os.environ if name.startswith(("HYDROTHEQUE_", "PG"))]:
        del os.environ[name]
    folder = server.new_home(server.WORKER)
    os.environ["HYDROTHEQUE_HOME"] = str(folder)
    os.environ["PREFECT_HOME"] = str(folder / "prefect")
    get_settings.cache_clear()


@pytest.fixture(scope="session")
def home() -> Path:
    """The worker's HOME, with the server of this run of pytest."""
    return server.start(server.WORKER)


@pytest.fixture
def empty_warehouse(home: Path, tmp_path: Path) -> TestWarehouse:
    """A database with its schemas and roles, and nothing collected."""
    return new_warehouse(tmp_path, template=INITIALISED)


@pytest.fixture(scope="session")
def warehouse(home: Path) -> TestWarehouse:
    """The warehouse that `hydrotheque run --sources simulated` builds; read only."""
    return chain(home)
