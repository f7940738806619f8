"""`hydrotheque serve`: the REST API on this machine."""

import os
import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer
from dotenv import dotenv_values

from flows.upkeep.migration import migrate
from ingestion.settings import ROOT, Settings, get_settings
from ingestion.warehouse import open_warehouse

app = typer.Typer()


@app.command()
def serve(port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1")] = 8000) -> None:
    """Serve the REST API on this machine, as the role api_service."""
    environment = _environment(get_settings())
    typer.echo(f"API on http://127.0.0.1:{port}/docs (Ctrl+C stops it)")
    command = [sys.executable, "-m", "uvicorn", "api.main:app", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--no-server-header", "--no-proxy-headers", "--log-level", "warning"]
    command += ["--timeout-graceful-shutdown", "25"]
    os.execve(sys.executable, command, environment)  # noqa: S606 - our own interpreter, no shell


def _environment(settings: Settings) -> dict[str, str]:
    """Migrate the users' table and return the environment of an API process: role api_service, signing key."""
    migrate(settings)
    name = "HYDROTHEQUE_API_SECRET_KEY"
    given = os.environ.get(name) or dotenv_values(ROOT / ".env").get(name)
    key = given or _local_key(settings.home / "api" / "secret_key")
    return os.environ | open_warehouse(settings, "api_service").env | {name: key}


def _local_key(path: Path) -> str:
    """Return the signing key of this machine, made at the first call and readable by its owner only."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(secrets.token_urlsafe(48))
        new.replace(path)
    return path.read_text()
