"""`hydrotheque users`: the accounts due for deletion, and their deletion."""

from typing import Annotated

import typer

from flows.upkeep import accounts
from flows.upkeep.migration import migrate
from ingestion.settings import get_settings

app = typer.Typer()
users = typer.Typer(help="The accounts of the API: retention and deletion (docs/rgpd.md).", no_args_is_help=True)
app.add_typer(users, name="users")


@users.command("list-due")
def list_due() -> None:
    """List the accounts announced or due for deletion, by number."""
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
    confirm: Annotated[bool, typer.Option("--confirm", help="Delete; without it, only count")] = False,
) -> None:
    """Delete the accounts that are due, and announce those due in 30 days."""
    migrate(get_settings())
    done = accounts.purge(get_settings(), dry_run=not confirm)
    verb = "deleted" if confirm else "would delete"
    typer.echo(
        f"{verb} {done.inactive} accounts not used for a year and {done.withdrawn} whose consent was withdrawn; "
        f"{'announced' if confirm else 'would announce'} {done.announced}"
    )
    if not confirm:
        typer.echo("nothing was changed: run again with --confirm")
