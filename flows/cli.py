"""The `hydrotheque` command: the chain, its parts, the warehouse and the API, from a terminal."""

import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from logging.handlers import RotatingFileHandler
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from ingestion.errors import HydrothequeError
from ingestion.settings import get_settings

# By command: its module in flows.commands, and its line in `hydrotheque --help`.
COMMANDS = {
    "run": ("run", "Collect, load, build and test: the monthly chain, or the hourly one of the sensors."),
    "collect": ("run", "Bring new data from the providers to the lake."),
    "load": ("run", "Bring the lake's new packages to the raw schemas."),
    "build": ("run", "Build and test the tables with dbt; arguments after `--` go to `dbt build`."),
    "export": (
        "export",
        "Write a table to a Parquet or csv file, with its licence, producers and columns beside it.",
    ),
    "docs": ("docs", "Write the documentation of every table as one page, and the diagram of docs/schema.md."),
    "status": (
        "status",
        "Show the state of every source and table; exit status 1 when a source is late.",
    ),
    "simulate": ("simulate", "Serve simulated providers: data.gouv.fr and Hub'Eau on one address."),
    "serve": ("serve", "Serve the REST API on this machine, as the role api_service."),
    "flow": ("flow", "Run a flow now, as its deployment would, without a Prefect server."),
    "ui": (
        "scheduling",
        "Start Prefect with the schedules of prefect.yaml and a worker; state is in HYDROTHEQUE_HOME.",
    ),
    "worker": (
        "scheduling",
        "Deploy prefect.yaml to the Prefect server of PREFECT_API_URL, then run its deployments.",
    ),
    "db": ("database", "The PostgreSQL server of the warehouse."),
    "stations": ("followed", "The piezometers whose levels are collected."),
    "sensors": ("followed", "The sensors whose values are collected every hour."),
    "sources": ("followed", "The files collected from data.gouv.fr."),
    "users": ("accounts", "The accounts of the API: retention and deletion (docs/rgpd.md)."),
}


class LazyGroup(TyperGroup):
    """Lists commands without their modules, which take seconds to import; imports the module of the called command."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {name: TyperCommand(name, help=line) for name, (_, line) in COMMANDS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        """Return the name, the imported command and its arguments."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, command(str(name)), rest


def command(name: str) -> Any:
    """Import a command, or a group of commands, from its module."""
    module = import_module(f"flows.commands.{COMMANDS[name][0]}")
    return get_group(module.app).commands[name]


app = typer.Typer(cls=LazyGroup, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)


@app.callback()
def _root() -> None:
    """Hydrothèque: French environmental open data, from the providers to SQL and a REST API."""


def main() -> None:
    """Run the command. An error is one line on stderr and an exit code; its traceback goes to the log."""
    _guarded(app)


def _guarded(program: Callable[[], None]) -> None:
    try:
        program()
    except HydrothequeError as error:
        sys.stderr.write(f"hydrotheque: {error}\n")
        raise SystemExit(error.exit_code) from None
    except Exception as error:
        path = get_settings().home / "logs" / "hydrotheque.log"
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        sys.stderr.write(f"hydrotheque: unexpected {type(error).__name__}: {first} (log: {path})\n")
        with suppress(OSError):  # HOME may be the fault: not writable
            path.parent.mkdir(parents=True, exist_ok=True)
            log = logging.getLogger("hydrotheque")
            log.addHandler(RotatingFileHandler(path, maxBytes=5_000_000, backupCount=3))
            log.propagate = False
            log.exception("unexpected error")
        raise SystemExit(1) from None
