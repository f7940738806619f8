"""The worker: it deploys prefect.yaml to a Prefect server, and runs the deployments that are due."""

import os
import subprocess
import sys

import typer

from flows.scheduling.schedules import deployments
from flows.scheduling.server import PREFECT, OrchestrationError, wait_for_server
from ingestion.errors import SettingsError
from ingestion.settings import ROOT, Settings


def worker(settings: Settings) -> None:
    """Deploy prefect.yaml to the server of PREFECT_API_URL, then replace this process by Prefect's worker.

    Runs that a killed worker left go back to the schedule first, and start again.
    """
    api = os.environ.get("PREFECT_API_URL")
    if not api:
        raise SettingsError("PREFECT_API_URL: the address of a Prefect server is needed; `hydrotheque ui` starts one")
    os.environ.setdefault("PREFECT_HOME", str(settings.home / "prefect"))
    # A worker that stops puts its runs back on the schedule too; by default they count as crashed.
    os.environ.setdefault("PREFECT_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR", "reschedule")
    wait_for_server(api)
    pool = str(next(iter(deployments().values()))["work_pool"]["name"])
    from flows.scheduling.pool import prepare  # noqa: PLC0415 - Prefect reads PREFECT_HOME when it is imported

    again = prepare(pool)
    done = subprocess.run(  # noqa: S603 - our own program, no shell
        [*PREFECT, "--no-prompt", "deploy", "--all"], check=False, cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        raise OrchestrationError(f"prefect.yaml could not be deployed: {(done.stderr or done.stdout).strip()[-300:]}")
    typer.echo(f"{len(deployments())} deployments of prefect.yaml, {again} interrupted runs start again")
    os.chdir(ROOT)
    os.execv(  # noqa: S606 - our own program, no shell
        sys.executable, [*PREFECT, "worker", "start", "--pool", pool, "--type", "process", "--name", pool]
    )
