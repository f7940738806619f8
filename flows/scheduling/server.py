"""A Prefect server and its worker as child processes: when one ends, the other is stopped."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import requests
import typer

from ingestion.errors import HydrothequeError, SettingsError
from ingestion.settings import ROOT, Settings

HOST = "127.0.0.1"
START_SECONDS = 600  # the first start of a server creates its tables
STOP_SECONDS = 60  # for runs to go back to the schedule, before they are killed
PREFECT = (sys.executable, "-m", "prefect")


class OrchestrationError(HydrothequeError):
    """Prefect did not start, or ended."""


def ui(settings: Settings, port: int) -> None:
    """Serve Prefect on 127.0.0.1 and run the deployments that are due, until a signal; state is in HOME/prefect.

    Raises SettingsError for a port in use, OrchestrationError when the server or the worker ends on its own.
    """
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            free.bind((HOST, port))
        except OSError:
            raise SettingsError(f"port {port} is in use; name another one with --port") from None
    url = f"http://{HOST}:{port}"
    # The page calls PREFECT_UI_API_URL, which defaults to port 4200.
    environment = os.environ | {"PREFECT_API_URL": f"{url}/api", "PREFECT_UI_API_URL": f"{url}/api"}
    environment.setdefault("PREFECT_HOME", str(settings.home / "prefect"))
    log = settings.home / "logs" / "prefect-server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with _stop_on_signals(), log.open("a") as output:
        server = [*PREFECT, "server", "start", "--host", HOST, "--port", str(port)]
        with _child_process("the Prefect server", server, environment, stdout=output, stderr=output) as serving:
            wait_for_server(f"{url}/api", serving, log)
            typer.echo(f"Prefect on {url} (Ctrl+C stops it; log: {log})")
            worker = [sys.executable, "-m", "flows", "worker"]
            with _child_process("the worker", worker, environment | {"PREFECT_LOGGING_LEVEL": "INFO"}) as working:
                while True:
                    for name, process in (("the Prefect server", serving), ("the worker", working)):
                        if process.poll() is not None:
                            raise OrchestrationError(f"{name} ended (exit status {process.returncode}); log: {log}")
                    time.sleep(0.5)


def wait_for_server(api: str, process: "subprocess.Popen[bytes] | None" = None, log: Path | None = None) -> None:
    """Wait until a server answers. Raises OrchestrationError after START_SECONDS or when its process ends."""
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
def _stop_on_signals() -> Iterator[None]:
    """Leave the block through SystemExit on SIGINT and SIGTERM."""

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    before = {each: signal.signal(each, end) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def _child_process(name: str, command: list[str], environment: dict[str, str], **streams: Any) -> Iterator[Any]:
    """Run a process during the block.

    It has its own session: Ctrl+C in a terminal reaches this process only, which then stops the worker first.
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
