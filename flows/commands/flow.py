"""`hydrotheque flow`: one flow of prefect.yaml, without a server."""

from typing import Annotated

import typer

from flows import pipelines
from flows.scheduling import schedules

app = typer.Typer()


@app.command()
def flow(name: Annotated[str, typer.Argument(help="A flow of prefect.yaml, such as pipeline_get_csv")]) -> None:
    """Run a flow now, as its deployment would, without a Prefect server."""
    known = schedules.deployments()
    if name not in known:
        raise typer.BadParameter(f"{name}: expected {', '.join(known)}")
    getattr(pipelines, name)()
