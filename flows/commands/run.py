"""`hydrotheque run`, `collect`, `load` and `build`: the chain and its parts."""

import os
from typing import Annotated

import typer

from flows.chain import steps
from flows.chain.start import started
from flows.reporting import terminal
from ingestion.report import Options
from ingestion.settings import PREFIX, get_settings
from ingestion.sources import SOURCES

app = typer.Typer()

Sources = Annotated[str | None, typer.Option(help="`live` or `simulated`; defaults to HYDROTHEQUE_SOURCES")]
Accept = Annotated[bool, typer.Option("--accept", help="Accept data that a guard stopped")]
Full = Annotated[bool, typer.Option("--full", help="Read everything again, not only changes")]
DbtArguments = Annotated[list[str] | None, typer.Argument(help="Passed to `dbt build`, after `--`")]


def _use(sources: str | None) -> None:
    if sources:
        os.environ[f"{PREFIX}SOURCES"] = sources
        get_settings.cache_clear()


@app.command()
def run(
    sources: Sources = None,
    accept: Accept = False,
    full: Full = False,
    hourly: Annotated[bool, typer.Option("--hourly", help="Run the hourly chain: the sensors only")] = False,
) -> None:
    """Collect, load, build and test: the monthly chain, or the hourly one of the sensors."""
    _use(sources)
    with started(terminal.reporter(), Options(accept, full)) as current:
        for step in steps.HOUR if hourly else steps.MONTH:
            step(current)
        terminal.show_run(current)


@app.command()
def collect(
    domains: Annotated[list[str] | None, typer.Argument(help=f"{', '.join(SOURCES)}; defaults to all")] = None,
    sources: Sources = None,
    accept: Accept = False,
    full: Full = False,
) -> None:
    """Bring new data from the providers to the lake."""
    _use(sources)
    if unknown := set(domains or ()) - set(SOURCES):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: expected {', '.join(SOURCES)}")
    with started(terminal.reporter(), Options(accept, full), "collect") as current:
        steps.collect(current, *(domains or ()))


@app.command()
def load(
    from_lake: Annotated[bool, typer.Option("--from-lake", help="Drop the raw schemas, then load all")] = False,
) -> None:
    """Bring the lake's new packages to the raw schemas."""
    with started(terminal.reporter(), name="load") as current:
        steps.load(current, from_lake=from_lake)


@app.command(context_settings={"ignore_unknown_options": True})
def build(arguments: DbtArguments = None) -> None:
    """Build and test the tables with dbt; arguments after `--` go to `dbt build`."""
    with started(name="build") as current:
        steps.build(current, *(arguments or ()), always=True)
        terminal.show_built(current)
