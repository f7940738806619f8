"""One simulator of the default scenario for the folder's tests, and a client to it."""

from collections.abc import Iterator

import httpx
import pytest

from ingestion.simulator.server import running
from ingestion.simulator.world import Scenario


@pytest.fixture(scope="session")
def site() -> Iterator[httpx.Client]:
    """A client whose base URL is the simulator's."""
    with running(Scenario()) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client
