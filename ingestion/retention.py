"""How long the values of sensors stand one by one in the raw schema: the lake keeps them for ever."""

from datetime import datetime

import psycopg

from ingestion.settings import Settings
from ingestion.warehouse import Warehouse

DOMAIN = "capteurs"
BUILT = (
    "mesure_capteur",
    "mesure_capteur_jour",
    "lacune_capteur",
)  # what is made of the values
VALUES = {"observations_tr": "date_obs", "chroniques_tr": "date_mesure", "lecture": "dernier_instant"}
# Days are counted from the newest value of the last package; a wrong clock's value does not count as newer than now.
_LIMIT = """
    SELECT date_trunc('day', least(max(lecture.dernier_instant), now()), 'UTC') - make_interval(days => %s)
    FROM raw_capteurs.lecture
    WHERE paquet = (SELECT paquet FROM control.paquet_charge WHERE domaine = %s ORDER BY numero DESC LIMIT 1)
"""


def prune(settings: Settings, warehouse: Warehouse) -> int:
    """Delete the values older than HYDROTHEQUE_CAPTEUR_RETENTION_DAYS, once the marts hold what is made of them.

    Returns the number of rows deleted.

    `mesure_capteur` forgets the same values when it is built next. Nothing that is read later falls on a day that is
    gone: the provider keeps a month, and the setting is two at least.
    """
    with warehouse.connect() as connection, connection.transaction():
        limit = _limit(connection, settings.capteur_retention_days)
        if limit is None:
            return 0
        deleted = 0
        for table, instant in VALUES.items():
            query = f"DELETE FROM raw_capteurs.{table} WHERE {instant} < %s"  # noqa: S608 - our names
            deleted += connection.execute(query, (limit,)).rowcount
        connection.execute(
            "INSERT INTO control.conservation VALUES (%s, %s) "
            "ON CONFLICT (domaine) DO UPDATE SET depuis = excluded.depuis",
            (DOMAIN, limit),
        )
    return deleted


def _limit(connection: psycopg.Connection, days: int) -> datetime | None:
    """Return the midnight to delete up to; None on a day it was done, or while something loaded is not in the marts."""
    built = connection.execute(
        "SELECT count(*) = %s AND min(numero) >= (SELECT max(numero) FROM control.paquet_charge WHERE domaine = %s) "
        "FROM control.construction WHERE modele = ANY(%s)",
        (len(BUILT), DOMAIN, list(BUILT)),
    ).fetchone()
    if not (built and built[0]):
        return None
    limit: datetime | None
    [limit] = connection.execute(_LIMIT, (days, DOMAIN)).fetchone() or (None,)
    held = connection.execute("SELECT depuis FROM control.conservation WHERE domaine = %s", (DOMAIN,)).fetchone()
    return limit if limit and not (held and limit <= held[0]) else None
