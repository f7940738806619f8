"""`hydrotheque docs`: the documentation of every table."""

import typer

from flows.upkeep import documentation
from ingestion.settings import get_settings
from ingestion.warehouse import initialise, open_warehouse

app = typer.Typer()


@app.command()
def docs() -> None:
    """Write the documentation of every table as one page, and the diagram of docs/schema.md."""
    settings = get_settings()
    warehouse = open_warehouse(settings)
    initialise(settings, warehouse)
    typer.echo(f"{documentation.build(settings, warehouse).as_uri()} (open it in a browser; it needs no network)")
