"""A Prefect server with the schedules of prefect.yaml, and the worker that runs them; both end when the other does."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import requests
import typer

from flows.schedules import deployments
from ingestion.errors import HydrothequeError, SettingsError
from ingestion.settings import ROOT, Settings

HOST = "127.0.0.1"
START_SECONDS = 600  # of a server: its first start writes its tables
STOP_SECONDS = 60  # given to runs that go back to the schedule, before they are killed
_PREFECT = (sys.executable, "-m", "prefect")


class OrchestrationError(HydrothequeError):
    """Prefect did not start, or ended."""


def ui(settings: Settings, port: int) -> None:
    """Serve Prefect on 127.0.0.1 and run what is due, until a signal ends it; state is in HOME/prefect.

    Raises SettingsError for a port in use, OrchestrationError when the server or the worker ends by itself.
    """
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            free.bind((HOST, port))
        except OSError:
            raise SettingsError(f"port {port} is in use; name another one with --port") from None
    url = f"http://{HOST}:{port}"
    # The page asks the server that it is told of, which is on port 4200 unless it is told.
    environment = os.environ | {"PREFECT_API_URL": f"{url}/api", "PREFECT_UI_API_URL": f"{url}/api"}
    environment.setdefault("PREFECT_HOME", str(settings.home / "prefect"))
    log = settings.home / "logs" / "prefect-server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with _ended_by_signals(), log.open("a") as said:
        server = [*_PREFECT, "server", "start", "--host", HOST, "--port", str(port)]
        with _child("the Prefect server", server, environment, stdout=said, stderr=said) as serving:
            wait_for_server(f"{url}/api", serving, log)
            typer.echo(f"Prefect on {url} (Ctrl+C stops it; log: {log})")
            worker = [sys.executable, "-m", "flows", "worker"]
            with _child("the worker", worker, environment | {"PREFECT_LOGGING_LEVEL": "INFO"}) as working:
                while True:
                    for name, process in (("the Prefect server", serving), ("the worker", working)):
                        if process.poll() is not None:
                            raise OrchestrationError(f"{name} ended (exit status {process.returncode}); log: {log}")
                    time.sleep(0.5)


def wait_for_server(api: str, process: "subprocess.Popen[bytes] | None" = None, log: Path | None = None) -> None:
    """Wait until a server answers; raises OrchestrationError when it does not, or its process ended."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process and process.poll() is not None:
            break
        with suppress(requests.RequestException):
            if requests.get(f"{api}/health", timeout=5).ok:
                return
        time.sleep(0.5)
    raise OrchestrationError(f"no Prefect server answers on {api}" + (f"; log: {log}" if log else ""))


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Turn SIGINT and SIGTERM into an orderly end of the block."""

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    before = {each: signal.signal(each, end) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def _child(name: str, command: list[str], environment: dict[str, str], **streams: Any) -> Iterator[Any]:
    """Run a process beside the block, and end it with the block.

    It has a session of its own: Ctrl+C in a terminal reaches this process alone, which ends the worker first.
    """
    process = subprocess.Popen(  # noqa: S603 - our own programs, no shell
        command, cwd=ROOT, env=environment, start_new_session=True, **streams
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def worker(settings: Settings) -> None:
    """Bring the deployments of prefect.yaml to the server of PREFECT_API_URL, then run what is due, for ever.

    Runs that a worker left when it was killed are put back on the schedule first: they start again. Prefect's worker
    then takes the place of this process.
    """
    api = os.environ.get("PREFECT_API_URL")
    if not api:
        raise SettingsError("PREFECT_API_URL: the address of a Prefect server is needed; `hydrotheque ui` starts one")
    os.environ.setdefault("PREFECT_HOME", str(settings.home / "prefect"))
    # A worker that is asked to stop does the same with the runs under way, rather than let them count as crashed.
    os.environ.setdefault("PREFECT_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR", "reschedule")
    wait_for_server(api)
    pool = str(next(iter(deployments().values()))["work_pool"]["name"])
    again = _prepare(pool)
    done = subprocess.run(  # noqa: S603 - our own program, no shell
        [*_PREFECT, "--no-prompt", "deploy", "--all"], check=False, cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        raise OrchestrationError(f"prefect.yaml could not be deployed: {(done.stderr or done.stdout).strip()[-300:]}")
    typer.echo(f"{len(deployments())} deployments of prefect.yaml, {again} interrupted runs start again")
    os.chdir(ROOT)
    os.execv(  # noqa: S606 - our own program, no shell
        sys.executable, [*_PREFECT, "worker", "start", "--pool", pool, "--type", "process", "--name", pool]
    )


def _prepare(pool: str) -> int:
    """Create the pool, and put the runs that no worker runs any more back on the schedule; return their number.

    There is one worker: what is under way when it starts has lost its own, and would keep the next ones from running.
    """
    # Prefect reads PREFECT_HOME once, when it is imported.
    from prefect.client.orchestration import get_client  # noqa: PLC0415
    from prefect.client.schemas.actions import WorkPoolCreate  # noqa: PLC0415
    from prefect.client.schemas.filters import FlowRunFilter, WorkPoolFilter  # noqa: PLC0415
    from prefect.states import AwaitingRetry  # noqa: PLC0415
    from prefect.workers.process import ProcessWorker  # noqa: PLC0415

    template = ProcessWorker.get_default_base_job_template()
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=pool, type="process", base_job_template=template), overwrite=True)
        left = client.read_flow_runs(
            flow_run_filter=FlowRunFilter.model_validate({"state": {"type": {"any_": ["PENDING", "RUNNING"]}}}),
            work_pool_filter=WorkPoolFilter.model_validate({"name": {"any_": [pool]}}),
        )
        message = "Its worker was stopped; it starts again."
        for run in left:
            client.set_flow_run_state(run.id, AwaitingRetry(scheduled_time=datetime.now(UTC), message=message))
    return len(left)
