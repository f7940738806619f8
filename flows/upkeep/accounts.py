"""The daily purge of the API's users, by the API's rule and over the owner's connection."""

import json
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from sqlalchemy import Connection, NullPool, RowMapping, create_engine

from api import retention
from api.retention import Purged
from ingestion.settings import Settings
from ingestion.warehouse import open_warehouse


def _connect(settings: Settings) -> Connection:
    url = open_warehouse(settings).url
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)
    return engine.connect()


def due(settings: Settings) -> list[RowMapping]:
    """Return the accounts announced or due for deletion: id, state, last_seen, deleted_from (UTC)."""
    with _connect(settings) as connection:
        return retention.due(connection)


def purge(settings: Settings, *, dry_run: bool) -> Purged:
    """Delete the accounts that are due, announce the next ones, and append a line of figures to `audit_log`.

    A dry run counts the same accounts and changes none.
    """
    with _connect(settings) as connection:
        purged = retention.purge(connection)
        if dry_run:
            connection.rollback()
        else:
            connection.commit()
    _audit(settings, {"what": "users purge", "dry_run": dry_run, **purged._asdict()})
    return purged


def audit_log(settings: Settings) -> Path:
    """Return the path of the log of deletions: a JSON object a line, figures only."""
    return settings.home / "logs" / "audit.jsonl"


def _audit(settings: Settings, what: dict[str, object]) -> None:
    path = audit_log(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as log:
        log.write(json.dumps({"at": datetime.now(UTC).isoformat(timespec="seconds"), **what}) + "\n")
