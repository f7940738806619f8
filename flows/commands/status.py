"""`hydrotheque status`: what was collected and built, and what is late."""

import typer

from flows.reporting.status import show
from ingestion.settings import get_settings

app = typer.Typer()


@app.command()
def status() -> None:
    """Show what was collected and built, and when; exit status 1 when something is late.

    Times are those of Europe/Paris.
    """
    if show(get_settings()):
        raise typer.Exit(1)
