"""`hydrotheque ui`, as a person starts it: the schedules, what each deployment does, and a kill that costs nothing.

One server for all of it; the tests follow each other.
"""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import ArtifactFilter, FlowRunFilter
from prefect.client.schemas.objects import FlowRun, TaskRun
from prefect.server.schemas.schedules import CronSchedule
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Failed

from flows import pipelines
from flows.chain import steps
from flows.scheduling import schedules
from ingestion.errors import GuardError, SettingsError, SourceError
from ingestion.providers.http import TransientError
from tests.helpers.browser import colours, needs_chromium, page
from tests.helpers.warehouse import HYDROTHEQUE, TestWarehouse, named

PATIENCE = 900  # seconds, on a machine that has much else to do
WINTER, SUMMER = datetime(2026, 12, 20, 0, 1, tzinfo=UTC), datetime(2027, 6, 20, 0, 1, tzinfo=UTC)


@dataclass
class Orchestra:
    """A server with its worker, and the place that its runs work at."""

    place: TestWarehouse
    port: int
    client: SyncPrefectClient
    process: "subprocess.Popen[bytes] | None" = None
    said: str = ""
    runs: dict[str, UUID] = field(default_factory=dict)

    def start(self) -> None:
        """Start `hydrotheque ui`, and wait until its worker runs what is due."""
        seconds = {"PREFECT_WORKER_QUERY_SECONDS": "0.5", "PREFECT_RUNNER_POLL_FREQUENCY": "1"}
        log = self.place.settings.home / "ui.log"
        with log.open("w") as said:
            self.process = subprocess.Popen(
                [HYDROTHEQUE, "ui", "--port", str(self.port)],
                stdout=said,
                stderr=said,
                env=os.environ | self.place.command_env | {"PREFECT_HOME": str(self.home)} | seconds,
            )
        until(lambda: "deployments of prefect.yaml" in log.read_text() or self.process.poll() is not None)
        self.said = log.read_text()
        assert self.process.poll() is None, self.said

    @property
    def home(self) -> Path:
        return self.place.settings.home / "prefect"

    def kill(self) -> None:
        """Kill the server, the worker and the runs, as a machine that goes down does."""
        assert self.process
        for pid in descendants(self.process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    @contextmanager
    def without_schedules(self) -> Iterator[None]:
        """Plan no run meanwhile, after those that have begun: the clock may strike during a test."""
        self._plan(active=False)
        begun = FlowRunFilter.model_validate({"state": {"type": {"any_": ["PENDING", "RUNNING"]}}})
        until(lambda: not self.client.read_flow_runs(flow_run_filter=begun))
        yield
        self._plan(active=True)

    def _plan(self, *, active: bool) -> None:
        for deployment in self.client.read_deployments():
            for schedule in deployment.schedules:
                self.client.update_deployment_schedule(deployment.id, schedule.id, active=active)

    def trigger(self, *names: str) -> list[UUID]:
        """Start a run of each deployment."""
        found = {each.name: each.id for each in self.client.read_deployments()}
        runs = [self.client.create_flow_run_from_deployment(found[name]).id for name in names]
        self.runs |= dict(zip(names, runs, strict=True))
        return runs

    def ended(self, run: UUID) -> FlowRun:
        """Wait for the end of a run."""
        return until(lambda: found if (found := self.client.read_flow_run(run)).state.is_final() else None)

    def tasks(self, run: UUID) -> list[TaskRun]:
        """The tasks of a run, dbt's nodes among them."""
        only = FlowRunFilter.model_validate({"id": {"any_": [str(run)]}})
        return self.client.read_task_runs(flow_run_filter=only, limit=200)

    def has_tasks(self, name: str, *wanted: str) -> None:
        """Wait until the tasks of a deployment's run are known: Prefect notes them after the fact. All end well."""

        def done() -> bool:
            found = {task.name.rsplit("-", 1)[0]: task.state_name for task in self.tasks(self.runs[name])}
            return set(wanted) <= set(found) and set(found.values()) == {"Completed"}

        until(done)

    def left_by(self, name: str) -> dict[str, Any]:
        """What the run of a deployment left, by the end of its key."""
        only = ArtifactFilter.model_validate({"flow_run_id": {"any_": [str(self.runs[name])]}})
        found = self.client.read_artifacts(artifact_filter=only)
        prefix = name.replace("_", "-") + "-"
        return {
            str(each.key).removeprefix(prefix): json.loads(each.data) if each.type == "table" else each.data
            for each in found
        }


def until(found: Callable[[], Any]) -> Any:
    """Ask until there is an answer."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if answer := found():
            return answer
        time.sleep(0.3)
    return pytest.fail("it took too long")


def descendants(pid: int) -> list[int]:
    """A process and all those below it, the youngest last."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in descendants(int(child)))]


@pytest.fixture(scope="module")
def orchestra(built: TestWarehouse, second_month: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orchestra]:
    """Month 1 collected, loaded and built, the providers of month 2, and a server."""
    folder = tmp_path_factory.mktemp("orchestra")
    (folder / "home").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = built.clone(folder, named("orchestra"), folder / "home").at(second_month)
    url = f"http://127.0.0.1:{port}/api"
    with temporary_settings({PREFECT_API_URL: url}), get_client(sync_client=True) as client:
        orchestra = Orchestra(place, port, client)
        orchestra.start()
        yield orchestra
        if orchestra.process and orchestra.process.poll() is None:
            orchestra.kill()


def test_the_deployments_and_their_schedules(orchestra: Orchestra) -> None:
    assert f"Prefect on http://127.0.0.1:{orchestra.port} " in orchestra.said
    found = {each.name: each for each in orchestra.client.read_deployments()}
    assert set(found) == set(schedules.deployments())
    for deployment in found.values():
        assert deployment.global_concurrency_limit.limit == 1
        assert deployment.concurrency_options.collision_strategy == "CANCEL_NEW"
        assert deployment.paused is False
    for wanted in schedules.schedules():
        [held] = found[wanted.deployment].schedules
        assert held.active
        assert (held.schedule.cron, held.schedule.timezone) == (wanted.cron, "Europe/Paris")
        server_side = CronSchedule(cron=held.schedule.cron, timezone=held.schedule.timezone)
        for season in (WINTER, SUMMER):
            assert next(server_side._get_dates_generator(n=1, start=season)).astimezone(UTC) == wanted.after(season)
    assert found["pipeline_mensuel"].schedules == []


def test_the_next_runs_are_on_the_schedule(orchestra: Orchestra) -> None:
    deployments = {each.id: each.name for each in orchestra.client.read_deployments()}
    scheduled = FlowRunFilter.model_validate({"state": {"name": {"any_": ["Scheduled"]}}})

    def planned() -> dict[str, list[datetime]]:
        runs = orchestra.client.read_flow_runs(flow_run_filter=scheduled, limit=200)
        return {
            name: sorted(run.expected_start_time for run in runs if deployments[run.deployment_id] == name)
            for name in deployments.values()
        }

    found = until(lambda: now if all((now := planned())[each.deployment] for each in schedules.schedules()) else None)
    assert found["pipeline_mensuel"] == []
    for wanted in schedules.schedules():
        assert found[wanted.deployment][0] == wanted.after(found[wanted.deployment][0] - timedelta(seconds=1))
        assert found[wanted.deployment][0] - datetime.now(UTC) < timedelta(days=32)


def test_a_killed_run_starts_again_and_ends_where_an_undisturbed_one_does(
    orchestra: Orchestra, built: TestWarehouse, second_month: str, tmp_path: Path
) -> None:
    undisturbed = built.clone(tmp_path).at(second_month)
    [run] = orchestra.trigger("pipeline_get_capteurs")
    until(lambda: any(task.name.startswith("load") for task in orchestra.tasks(run)))
    orchestra.kill()
    orchestra.start()
    assert "1 interrupted runs start again" in orchestra.said
    for step in steps.HOUR:
        step(undisturbed.run())
    ended = orchestra.ended(run)
    assert (ended.state_name, ended.run_count) == ("Completed", 2)
    assert orchestra.place.marts() == undisturbed.marts()


def test_the_deployments_wait_for_each_other_and_a_second_of_a_kind_is_cancelled(orchestra: Orchestra) -> None:
    names = sorted(set(schedules.deployments()) - {"pipeline_mensuel"})
    with orchestra.without_schedules():
        runs = [*orchestra.trigger(*names), *orchestra.trigger("copy_data_in_db")]
        states = [
            (name, run, orchestra.ended(run).state_name)
            for name, run in zip([*names, "copy_data_in_db"], runs, strict=True)
        ]
        assert sorted(state for _, _, state in states) == ["Cancelled", *["Completed"] * len(names)]
        completed = {name: run for name, run, state in states if state == "Completed"}
        assert sorted(completed) == names
        orchestra.runs |= completed
        [month] = orchestra.trigger("pipeline_mensuel")
        assert orchestra.ended(month).state_name == "Completed"


def test_what_a_run_leaves(orchestra: Orchestra) -> None:
    files = [
        line
        for name in ("pipeline_get_csv", "pipeline_get_api")
        for line in orchestra.left_by(name)["files-and-lots-of-stations"]
    ]
    assert {"rows", "bytes", "seconds", "refused"} < set(files[0])
    assert {line["domain"] for line in files} == set(schedules_of_a_month())
    built = orchestra.left_by("copy_data_in_db")
    nodes = {node["name"]: node for node in built["models-and-tests"]}
    assert nodes["meteo"]["status"] == "success"
    assert {each["source"] for each in built["freshness"]} > {"raw_meteo.lecture"}
    assert built["report"].startswith("# copy_data_in_db, ")
    orchestra.has_tasks("pipeline_mensuel", "collect", "load", "build")
    orchestra.has_tasks("copy_data_in_db", "load", "build", "model meteo", "model nappe")


def schedules_of_a_month() -> Iterator[str]:
    """The domains that the schedules collect."""
    return (domain for schedule in schedules.schedules() for domain in schedule.domains)


def test_a_build_checks_the_collection_and_only_what_a_provider_may_mend_is_tried_again() -> None:
    assert pipelines._task(steps.collect_files).retries == len(pipelines.RETRY_DELAYS)
    assert {pipelines._task(step).retries for step in (steps.check_collected, steps.load, steps.build)} == {0}
    assert steps.COPY[0] is steps.check_collected
    errors = (TransientError("503"), SourceError("404"), GuardError("fewer lines"), SettingsError("none"))
    assert [pipelines._may_pass(None, None, Failed(data=error)) for error in errors] == [True, False, False, False]


@needs_chromium
def test_the_page_of_the_runs(orchestra: Orchestra) -> None:
    names = [orchestra.client.read_flow_run(run).name for run in orchestra.runs.values()]
    # The page draws the runs that its window shows.
    with page(f"http://127.0.0.1:{orchestra.port}/runs", 1000, 2000) as opened:
        for name in names:
            opened.get_by_text(name).first.wait_for()
        assert len(colours(opened)) > 50


def test_it_stops_and_the_schedules_stay(orchestra: Orchestra) -> None:
    assert orchestra.process
    orchestra.process.send_signal(signal.SIGINT)
    assert orchestra.process.wait(PATIENCE) == 0
    with sqlite3.connect(orchestra.home / "prefect.db") as state:
        active = state.execute("SELECT active FROM deployment_schedule").fetchall()
        paused = state.execute("SELECT DISTINCT paused FROM deployment").fetchall()
    assert (len(active), set(active), paused) == (len(schedules.schedules()), {(1,)}, [(0,)])
