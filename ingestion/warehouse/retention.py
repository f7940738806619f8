"""How long values stand one by one in the raw schemas: the lake keeps them for ever."""

from datetime import datetime

import psycopg

from ingestion.settings import Settings
from ingestion.sources import SOURCES
from ingestion.sources.source import Retention, Source
from ingestion.warehouse.connection import Warehouse


def prune(settings: Settings, warehouse: Warehouse) -> int:
    """Delete the values older than their source's retention, once the marts hold what is made of them.

    Returns the number of rows deleted.

    The marts forget the same values when they are built next. Nothing that is read later falls on a day that is gone:
    the provider keeps a month, and the setting is two at least.
    """
    with warehouse.connect() as connection:
        return sum(
            _prune(connection, source, source.retention, source.retention.days(settings))
            for source in SOURCES.values()
            if source.retention
        )


def _prune(connection: psycopg.Connection, source: Source, retention: Retention, days: int) -> int:
    with connection.transaction():
        limit = _limit(connection, source, retention, days)
        if limit is None:
            return 0
        deleted = 0
        for table, instant in retention.instants.items():
            query = f"DELETE FROM {source.schema}.{table} WHERE {instant} < %s"
            deleted += connection.execute(query, (limit,)).rowcount
        connection.execute(
            "INSERT INTO control.conservation VALUES (%s, %s) "
            "ON CONFLICT (domaine) DO UPDATE SET depuis = excluded.depuis",
            (source.domain, limit),
        )
    return deleted


def _limit(connection: psycopg.Connection, source: Source, retention: Retention, days: int) -> datetime | None:
    """Return the midnight to delete up to; None on a day it was done, or while something loaded is not in the marts."""
    built = connection.execute(
        "SELECT count(*) = %s AND min(numero) >= (SELECT max(numero) FROM control.paquet_charge WHERE domaine = %s) "
        "FROM control.construction WHERE modele = ANY(%s)",
        (len(retention.marts), source.domain, list(retention.marts)),
    ).fetchone()
    if not (built and built[0]):
        return None
    # Days are counted from the newest value of the last package; a wrong clock's does not count as newer than now.
    row = connection.execute(
        f"SELECT date_trunc('day', least(max({retention.instants['lecture']}), now()), 'UTC') "
        f"- make_interval(days => %s) FROM {source.schema}.lecture WHERE paquet = "
        "(SELECT paquet FROM control.paquet_charge WHERE domaine = %s ORDER BY numero DESC LIMIT 1)",
        (days, source.domain),
    ).fetchone()
    limit: datetime | None = row[0] if row else None
    held = connection.execute("SELECT depuis FROM control.conservation WHERE domaine = %s", (source.domain,)).fetchone()
    return limit if limit and not (held and limit <= held[0]) else None
