"""The `hydrotheque` command: the chain, its parts, the warehouse and the API, from a terminal."""

import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Annotated

import typer

from flows import control_cli, database_cli, schedules, summary, users_cli
from ingestion.errors import HydrothequeError
from ingestion.report import Options
from ingestion.settings import PREFIX, get_settings
from ingestion.sources import SOURCES
from ingestion.warehouse import initialise, open_warehouse

app = typer.Typer(
    help="Hydrothèque: French environmental open data, from the providers to SQL and a REST API.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(database_cli.app, name="db")
app.add_typer(control_cli.stations, name="stations")
app.add_typer(control_cli.sensors, name="sensors")
app.add_typer(control_cli.sources, name="sources")
app.add_typer(users_cli.users, name="users")


class ExportFormat(StrEnum):
    """What a table can be exported as."""

    PARQUET = "parquet"
    CSV = "csv"

    @classmethod
    def of(cls, output: Path | None) -> "ExportFormat":
        """Return the format that a file's name asks for."""
        return cls.CSV if output and output.suffix.lower() == ".csv" else cls.PARQUET


Sources = Annotated[str | None, typer.Option(help="`live` or `simulated`; default: the setting HYDROTHEQUE_SOURCES")]
Accept = Annotated[bool, typer.Option("--accept", help="Let through what a guard stopped")]
Full = Annotated[bool, typer.Option("--full", help="Read everything again, not only what changed")]
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
    hourly: Annotated[bool, typer.Option("--hourly", help="The sensors only: the hourly chain")] = False,
) -> None:
    """Collect, load, build and test: the monthly chain."""
    _use(sources)
    from flows import steps  # noqa: PLC0415 - dlt and dbt take seconds to import

    with steps.started(summary.reporter(), Options(accept, full)) as current:
        for step in steps.HOUR if hourly else steps.MONTH:
            step(current)
        summary.show_run(current)


@app.command()
def collect(
    domains: Annotated[list[str] | None, typer.Argument(help=f"{', '.join(SOURCES)}; default: all")] = None,
    sources: Sources = None,
    accept: Accept = False,
    full: Full = False,
) -> None:
    """Bring what is new at the providers to the lake."""
    _use(sources)
    from flows import steps  # noqa: PLC0415 - slow to import, and not every command needs it

    if unknown := set(domains or ()) - set(SOURCES):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: expected {', '.join(SOURCES)}")
    with steps.started(summary.reporter(), Options(accept, full), "collect") as current:
        steps.collect(current, *(domains or ()))


@app.command()
def load(
    from_lake: Annotated[bool, typer.Option("--from-lake", help="Drop the raw schemas, load all of the lake")] = False,
) -> None:
    """Bring the lake's new packages to the raw schemas."""
    from flows import steps  # noqa: PLC0415 - slow to import, and not every command needs it

    with steps.started(summary.reporter(), name="load") as current:
        steps.load(current, from_lake=from_lake)


@app.command(context_settings={"ignore_unknown_options": True})
def build(arguments: DbtArguments = None) -> None:
    """Build and test the tables with dbt; arguments after `--` go to `dbt build`."""
    from flows import steps  # noqa: PLC0415 - slow to import, and not every command needs it

    with steps.started(name="build") as current:
        steps.build(current, *(arguments or ()))
        summary.show_built(current)


@app.command()
def export(
    table: Annotated[str, typer.Argument(help="A table of marts or snapshots")],
    format_: Annotated[ExportFormat | None, typer.Option("--format", help="Default: what OUTPUT ends with")] = None,
    output: Annotated[Path | None, typer.Option(help="Default: TABLE.parquet, or TABLE.csv, here")] = None,
) -> None:
    """Write a table to a Parquet or csv file, with a note of its licence, producers and columns beside it."""
    from flows import export as exporting  # noqa: PLC0415 - slow to import, and not every command needs it

    settings = get_settings()
    initialise(settings, open_warehouse(settings))
    done = exporting.export(settings, table, (format_ or ExportFormat.of(output)).value, output)
    size = done.file.stat().st_size / 1e6
    typer.echo(f"{done.table}: {done.rows:,} rows, {size:,.1f} MB in {done.file}; licence and columns in {done.note}")


@app.command()
def docs() -> None:
    """Write the documentation of every table as one page, and the diagram of docs/schema.md."""
    from flows import documentation  # noqa: PLC0415 - slow to import, and not every command needs it

    settings = get_settings()
    warehouse = open_warehouse(settings)
    initialise(settings, warehouse)
    typer.echo(f"{documentation.build(settings, warehouse).as_uri()} (open it in a browser; no network needed)")


@app.command()
def status() -> None:
    """Tell what was collected and built, and when; exit status 1 when something is late. Times of Europe/Paris."""
    from flows.status import show  # noqa: PLC0415 - not every command needs it

    if show(get_settings()):
        raise typer.Exit(1)


@app.command()
def simulate(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1")] = 8010,
    seed: Annotated[int, typer.Option(help="The same seed gives the same data")] = 1,
    cells: Annotated[int, typer.Option(help="Cells of the weather grid, up to 9,892")] = 100,
    stations: Annotated[int, typer.Option(help="Piezometers")] = 16,
) -> None:
    """Serve simulated providers: data.gouv.fr and Hub'Eau on one address."""
    from ingestion.simulator.server import serve_forever  # noqa: PLC0415 - slow to import, and not every command needs it
    from ingestion.simulator.tap_water_files import resources  # noqa: PLC0415 - as above
    from ingestion.simulator.world import Scenario  # noqa: PLC0415 - as above

    scenario = Scenario(seed=seed, cells=cells, stations=stations)
    years = ",".join(f"{year}={resource}" for year, resource in resources(scenario).items())
    typer.echo(f"HYDROTHEQUE_DATA_GOUV_URL=http://127.0.0.1:{port} HYDROTHEQUE_HUBEAU_URL=http://127.0.0.1:{port}")
    typer.echo(f"HYDROTHEQUE_QUALITE_EAU_RESOURCES={years}")
    serve_forever(scenario, "127.0.0.1", port)


@app.command()
def serve(port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1")] = 8000) -> None:
    """Serve the REST API on this machine, as the role api_service."""
    environment = database_cli.api_environment(get_settings())
    typer.echo(f"API on http://127.0.0.1:{port}/docs (Ctrl+C stops it)")
    command = [sys.executable, "-m", "uvicorn", "api.main:app", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--no-server-header", "--no-proxy-headers", "--log-level", "warning"]
    command += ["--timeout-graceful-shutdown", "25"]
    os.execve(sys.executable, command, environment)  # noqa: S606 - our own interpreter, no shell


@app.command()
def flow(name: Annotated[str, typer.Argument(help="A flow of prefect.yaml, such as pipeline_get_csv")]) -> None:
    """Run a flow here and now, as its deployment would, without a Prefect server that goes on."""
    known = schedules.deployments()
    if name not in known:
        raise typer.BadParameter(f"{name}: expected {', '.join(known)}")
    from flows import pipelines  # noqa: PLC0415 - slow to import, and not every command needs it

    getattr(pipelines, name)()


@app.command()
def ui(port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1")] = 4200) -> None:
    """Start Prefect, with the schedules of prefect.yaml and a worker; state is in HYDROTHEQUE_HOME."""
    from flows import orchestration  # noqa: PLC0415 - not every command needs it

    orchestration.ui(get_settings(), port)


@app.command()
def worker() -> None:
    """Bring prefect.yaml to the Prefect server of PREFECT_API_URL and run what is due: the only worker of its pool."""
    from flows import orchestration  # noqa: PLC0415 - not every command needs it

    orchestration.worker(get_settings())


def main() -> None:
    """Run the command; an error is one line on stderr and an exit code, its traceback goes to the log."""
    _guarded(app)


def _guarded(command: Callable[[], None]) -> None:
    try:
        command()
    except HydrothequeError as error:
        sys.stderr.write(f"hydrotheque: {error}\n")
        raise SystemExit(error.exit_code) from None
    except Exception as error:
        path = get_settings().home / "logs" / "hydrotheque.log"
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        sys.stderr.write(f"hydrotheque: unexpected {type(error).__name__}: {first} (log: {path})\n")
        with suppress(OSError):  # a HOME that cannot be written is perhaps what failed
            path.parent.mkdir(parents=True, exist_ok=True)
            log = logging.getLogger("hydrotheque")
            log.addHandler(RotatingFileHandler(path, maxBytes=5_000_000, backupCount=3))
            log.propagate = False
            log.exception("unexpected error")
        raise SystemExit(1) from None
