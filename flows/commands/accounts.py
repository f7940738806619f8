"""`hydrotheque users`: the accounts of the API that are about to be deleted, and deleting them."""

from typing import Annotated

import typer

from flows.upkeep import accounts
from flows.upkeep.migration import migrate
from ingestion.settings import get_settings

app = typer.Typer()
users = typer.Typer(help="The users of the API: how long they are kept (docs/rgpd.md).", no_args_is_help=True)
app.add_typer(users, name="users")


@users.command("list-due")
def list_due() -> None:
    """List the accounts that are announced or about to be deleted, by number."""
    migrate(get_settings())
    found = accounts.due(get_settings())
    for row in found:
        typer.echo(
            f"{row['id']:>8}  last seen {row['last_seen']:%Y-%m-%d}  "
            f"deleted from {row['deleted_from']:%Y-%m-%d}  {row['state']}"
        )
    typer.echo(f"{len(found)} accounts")


@users.command()
def purge(
    confirm: Annotated[bool, typer.Option("--confirm", help="Do it; without, it is only counted")] = False,
) -> None:
    """Delete the accounts that are due, announce those that will be in 30 days."""
    migrate(get_settings())
    done = accounts.purge(get_settings(), dry_run=not confirm)
    verb = "deleted" if confirm else "would delete"
    typer.echo(
        f"{verb} {done.inactive} accounts not used for a year and {done.withdrawn} whose consent was withdrawn; "
        f"{'announced' if confirm else 'would announce'} {done.announced}"
    )
    if not confirm:
        typer.echo("nothing was changed: run again with --confirm")
