"""`hydrotheque db`: the warehouse's server, its backups, and the variables of its clients."""

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from flows.upkeep import backup as backups
from flows.upkeep.migration import migrate
from ingestion.errors import SettingsError
from ingestion.settings import get_settings
from ingestion.warehouse import open_warehouse, owner
from ingestion.warehouse.embedded import BIN, EmbeddedPostgres

app = typer.Typer()
db = typer.Typer(help="The PostgreSQL server of the warehouse.", no_args_is_help=True)
app.add_typer(db, name="db")


@db.command()
def start() -> None:
    """Start the embedded server; with PGHOST set, check that server instead."""
    warehouse = open_warehouse(get_settings())
    warehouse.connect().close()
    typer.echo(f"PostgreSQL answers on {warehouse.host}:{warehouse.port}, database {warehouse.database}")


@db.command()
def stop() -> None:
    """Stop the embedded server."""
    typer.echo("stopped" if _embedded().stop() else "the embedded server was not running")


@db.command()
def status() -> None:
    """Check that the server answers; exit status 1 when it does not."""
    settings = get_settings()
    if not settings.pghost and not _embedded().is_running():
        typer.echo("the embedded server is stopped")
        raise typer.Exit(1)
    start()


@db.command()
def url() -> None:
    """Print one libpq URL of the owner, password included, and nothing else."""
    typer.echo(open_warehouse(get_settings()).url)


@db.command()
def env() -> None:
    """Print `export` lines for dbt, psql and others: eval "$(hydrotheque db env)"."""
    for name, value in open_warehouse(get_settings()).env.items():
        typer.echo(f"export {name}={shlex.quote(value)}")


@db.command()
def create() -> None:
    """On a server of your own: create the owner's role and database as HYDROTHEQUE_ADMIN_LOGIN; safe to repeat."""
    settings = get_settings()
    owner.create(settings)
    typer.echo(f"role {settings.pguser} owns database {settings.pgdatabase}; now `hydrotheque db init`")


@db.command()
def init() -> None:
    """Create missing schemas, roles, control tables and the users' table; safe to repeat."""
    migrate(get_settings())
    typer.echo("schemas, roles and users' table are in place")


@db.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write")],
    light: Annotated[bool, typer.Option("--light", help="Only the schemas that the lake cannot restore")] = False,
) -> None:
    """Write the warehouse to a file: accounts, control tables, raw schemas, marts, history."""
    backups.backup(open_warehouse(get_settings()), file, light=light)
    typer.echo(f"{file}: {file.stat().st_size / 1e6:,.1f} MB; it has the accounts: keep it where only you can read it")


@db.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `hydrotheque db backup` wrote")],
    force: Annotated[bool, typer.Option("--force", help="Replace the data of the database")] = False,
) -> None:
    """Restore a backup into an empty database, in one transaction."""
    settings = get_settings()
    light = backups.restore(open_warehouse(settings), file, force=force)
    migrate(settings)
    following = "hydrotheque load --from-lake && hydrotheque build" if light else "hydrotheque users purge"
    typer.echo(f"restored; now `{following}`")


@db.command(context_settings={"ignore_unknown_options": True})
def psql(arguments: list[str] = typer.Argument(None, help="Passed to psql, after `--`")) -> None:  # noqa: B008
    """Open a SQL prompt as the owner."""
    program = str(BIN / "psql")
    os.execve(program, [program, *(arguments or ())], os.environ | open_warehouse(get_settings()).env)  # noqa: S606


def _embedded() -> EmbeddedPostgres:
    settings = get_settings()
    if settings.pghost:
        raise SettingsError(f"PGHOST is set to {settings.pghost}: there is no embedded server")
    return EmbeddedPostgres(settings.home)
