"""`hydrotheque ui` and `hydrotheque worker`: Prefect with the schedules of prefect.yaml."""

from typing import Annotated

import typer

from flows.scheduling import server
from flows.scheduling import worker as workers
from ingestion.settings import get_settings

app = typer.Typer()


@app.command()
def ui(port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1")] = 4200) -> None:
    """Start Prefect with the schedules of prefect.yaml and a worker; state is in HYDROTHEQUE_HOME."""
    server.ui(get_settings(), port)


@app.command()
def worker() -> None:
    """Deploy prefect.yaml to the Prefect server of PREFECT_API_URL, then run its deployments.

    Start one worker only: it is the only one of its pool.
    """
    workers.worker(get_settings())
