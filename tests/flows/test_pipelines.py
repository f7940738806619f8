"""The flows under Prefect: the steps in their order, and a failure that says what failed."""

from collections.abc import Iterator

import pytest
from prefect.client.orchestration import get_client
from prefect.testing.utilities import prefect_test_harness

from flows import pipelines
from ingestion.errors import SourceError
from ingestion.settings import get_settings
from tests.conftest import Entrepot


@pytest.fixture(scope="module")
def prefect() -> Iterator[None]:
    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture
def environment(empty_warehouse: Entrepot, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The variables of a run on a warehouse of the test's own."""
    monkeypatch.setenv("PGDATABASE", empty_warehouse.owner.database)
    monkeypatch.setenv("HYDROTHEQUE_LAKE_URL", empty_warehouse.settings.lake_url)
    get_settings.cache_clear()
    yield monkeypatch
    get_settings.cache_clear()


def test_the_month_runs_as_a_flow(
    prefect: None, environment: pytest.MonkeyPatch, empty_warehouse: Entrepot, warehouse: Entrepot
) -> None:
    environment.setenv("HYDROTHEQUE_SOURCES", "simulated")
    get_settings.cache_clear()
    pipelines.pipeline_mensuel()
    count = "SELECT (SELECT count(*) FROM marts.meteo), (SELECT count(*) FROM marts.nappe)"
    assert empty_warehouse.rows(count) == warehouse.rows(count)
    with get_client(sync_client=True) as client:
        [run] = client.read_flow_runs()
        tasks = sorted(client.read_task_runs(), key=lambda task: task.start_time)
    assert run.state_name == "Completed"
    assert [task.name.rsplit("-", 1)[0] for task in tasks] == ["collect_files", "collect_answers", "load", "build"]
    assert {task.state_name for task in tasks} == {"Completed"}


def test_a_failed_flow_says_what_failed(prefect: None, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HYDROTHEQUE_HUBEAU_URL", "http://127.0.0.1:9")
    get_settings.cache_clear()
    with pytest.raises(SourceError, match=r"http://127.0.0.1:9/.* cannot be reached"):
        pipelines.pipeline_get_api()
