"""What is collected: tables of the schema `control` that an operator reads and edits."""

from collections.abc import Iterable
from datetime import date

import psycopg

from ingestion.errors import SettingsError

FIRST_SENSORS = ("M702241010", "M703243010", "06252X0063/PZ1")
FIRST_STATIONS = ("00263X0129/PZASA4", "00026X0040/P1", "00053X0004/F1")


def claim(connection: psycopg.Connection, lake: str) -> None:
    """Note the lake that this warehouse is loaded from.

    Raises SettingsError when it is loaded from another one: two lakes never mix.
    """
    row = connection.execute("SELECT lac FROM control.origine").fetchone()
    if row is None:
        connection.execute("INSERT INTO control.origine VALUES (%s)", (lake,))
    elif row[0] != lake:
        raise SettingsError(
            f"HYDROTHEQUE_LAKE_URL: this warehouse is loaded from another lake ({row[0]}, not {lake}); "
            "`hydrotheque load --from-lake` loads it from this one instead"
        )


def follow(connection: psycopg.Connection, codes: Iterable[str], since: date | None = None) -> None:
    """Follow stations; one that an operator removed stays removed."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO control.station_suivie (code_bss, date_debut_mesure) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [(code, since) for code in codes],
        )


def add_station(connection: psycopg.Connection, code: str, since: date | None) -> None:
    """Follow a station, again if it was removed.

    Raises SettingsError for a text that is no code BSS.
    """
    try:
        connection.execute(
            "INSERT INTO control.station_suivie (code_bss, date_debut_mesure) VALUES (%s, %s) "
            "ON CONFLICT (code_bss) DO UPDATE SET actif = true, date_debut_mesure = excluded.date_debut_mesure",
            (code, since),
        )
    except psycopg.errors.CheckViolation:
        raise SettingsError(f"{code!r} is no code BSS; one looks like 07548X0009/F") from None


def remove_station(connection: psycopg.Connection, code: str) -> None:
    """Follow a station no longer; what was collected stays.

    Raises SettingsError when it was not followed.
    """
    done = connection.execute("UPDATE control.station_suivie SET actif = false WHERE code_bss = %s AND actif", (code,))
    if not done.rowcount:
        raise SettingsError(f"{code} is not among the stations followed; see `hydrotheque stations list`")


def followed_stations(connection: psycopg.Connection) -> dict[str, date | None]:
    """Return the stations followed, with the day their collection begins when an operator set one."""
    query = "SELECT code_bss, date_debut_mesure FROM control.station_suivie WHERE actif ORDER BY code_bss"
    return dict(connection.execute(query).fetchall())


def follow_sensors(connection: psycopg.Connection, codes: Iterable[str]) -> None:
    """Follow sensors; one that an operator removed stays removed.

    Raises SettingsError for a text that is no code of a sensor.
    """
    for code in codes:
        try:
            connection.execute("INSERT INTO control.capteur_suivi VALUES (%s) ON CONFLICT DO NOTHING", (code,))
        except psycopg.errors.CheckViolation:
            raise SettingsError(
                f"{code!r} is no code of a sensor; one looks like M702241010 (a station), M7022410 (a site) or "
                "06252X0063/PZ1 (a piezometer)"
            ) from None


def add_sensor(connection: psycopg.Connection, code: str) -> None:
    """Follow a sensor, again if it was removed.

    Raises SettingsError for a text that is no code of a sensor.
    """
    follow_sensors(connection, (code,))
    connection.execute("UPDATE control.capteur_suivi SET actif = true WHERE code_capteur = %s", (code,))


def remove_sensor(connection: psycopg.Connection, code: str) -> None:
    """Follow a sensor no longer; what was collected stays.

    Raises SettingsError when it was not followed.
    """
    done = connection.execute(
        "UPDATE control.capteur_suivi SET actif = false WHERE code_capteur = %s AND actif", (code,)
    )
    if not done.rowcount:
        raise SettingsError(f"{code} is not among the sensors followed; see `hydrotheque sensors list`")


def followed_sensors(connection: psycopg.Connection) -> list[str]:
    """Return the codes of the sensors followed."""
    query = "SELECT code_capteur FROM control.capteur_suivi WHERE actif ORDER BY code_capteur"
    return [code for (code,) in connection.execute(query)]


def list_file(connection: psycopg.Connection, domain: str, name: str, url: str, last_year: int | None) -> None:
    """Note where a file is found; what is known of its last fetch stays."""
    connection.execute(
        "INSERT INTO control.source_fichier (domaine, nom_du_fichier, url_du_fichier, annee_de_fin, liste) "
        "VALUES (%s, %s, %s, %s, true) ON CONFLICT (nom_du_fichier) DO UPDATE "
        "SET url_du_fichier = excluded.url_du_fichier, annee_de_fin = excluded.annee_de_fin, liste = true",
        (domain, name, url, last_year),
    )


def unlist_files(connection: psycopg.Connection, domain: str) -> None:
    """Note every listed file of a domain as listed no longer, before those of a new listing are noted."""
    connection.execute("UPDATE control.source_fichier SET liste = false WHERE liste AND domaine = %s", (domain,))


def files(connection: psycopg.Connection, domain: str) -> list[tuple[str, str, int | None]]:
    """Return the files collected of a domain: name, address, last year."""
    return connection.execute(
        "SELECT nom_du_fichier, url_du_fichier, annee_de_fin FROM control.source_fichier "
        "WHERE liste IS NOT false AND domaine = %s ORDER BY nom_du_fichier",
        (domain,),
    ).fetchall()
