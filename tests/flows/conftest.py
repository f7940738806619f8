"""The settings of a run on a warehouse of the test's own."""

from collections.abc import Iterator

import pytest

from ingestion.settings import get_settings
from tests.helpers.warehouse import TestWarehouse


class Environment:
    """The variables of a run: `set` changes one, for this test only."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            self._monkeypatch.setenv(name, value)
        get_settings.cache_clear()


@pytest.fixture
def environment(empty_warehouse: TestWarehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    environment = Environment(monkeypatch)
    environment.set(PGDATABASE=empty_warehouse.owner.database, HYDROTHEQUE_LAKE_URL=empty_warehouse.settings.lake_url)
    yield environment
    monkeypatch.undo()
    get_settings.cache_clear()
