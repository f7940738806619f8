"""`hydrotheque status`: the state of every source and table."""

import typer

from flows.reporting.status import show
from ingestion.settings import get_settings

app = typer.Typer()


@app.command()
def status() -> None:
    """Show the state of every source and table; exit status 1 when a source is late.

    Times are in Europe/Paris.
    """
    if show(get_settings()):
        raise typer.Exit(1)
