"""What is collected: tables of the schema `control` that an operator reads and edits."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import psycopg

from ingestion.errors import SettingsError

FIRST_SENSORS = ("M702241010", "M703243010", "06252X0063/PZ1")
FIRST_STATIONS = ("00263X0129/PZASA4", "00026X0040/P1", "00053X0004/F1")
TABLES = """
CREATE TABLE IF NOT EXISTS control.origine (lac text PRIMARY KEY);
COMMENT ON TABLE control.origine IS 'The one lake that this warehouse is loaded from';
CREATE TABLE IF NOT EXISTS control.source_fichier (
    domaine text NOT NULL DEFAULT 'meteo',
    nom_du_fichier text PRIMARY KEY,
    url_du_fichier text NOT NULL,
    annee_de_fin integer,
    liste boolean,
    modifie_le timestamptz,
    longueur bigint,
    etag text,
    lignes bigint,
    paquet text
);
ALTER TABLE control.source_fichier ADD COLUMN IF NOT EXISTS domaine text NOT NULL DEFAULT 'meteo';
CREATE TABLE IF NOT EXISTS control.station_suivie (
    code_bss text PRIMARY KEY CHECK (code_bss ~ '^[^ ,]+$'),
    date_debut_mesure date,
    actif boolean NOT NULL DEFAULT true
);
CREATE TABLE IF NOT EXISTS control.capteur_suivi (
    code_capteur text PRIMARY KEY CHECK (code_capteur ~ '^([0-9A-Z]{8}|[0-9A-Z]{10}|[^ ,/]+/[^ ,]+)$'),
    actif boolean NOT NULL DEFAULT true
);
CREATE TABLE IF NOT EXISTS control.conservation (domaine text PRIMARY KEY, depuis timestamptz NOT NULL);
COMMENT ON TABLE control.capteur_suivi IS
    'One row per sensor that is read every hour, while actif: the code of a hydrometric station (10 characters), of a '
    'site (8), or a code BSS';
COMMENT ON TABLE control.conservation IS
    'One row per domain whose values are kept one by one for a time: those before depuis are gone from the raw schema';
COMMENT ON TABLE control.source_fichier IS
    'One row per file that is collected; a row with a URL added by hand is collected too. The columns from '
    'modifie_le on describe the version the lake holds';
COMMENT ON COLUMN control.source_fichier.domaine IS 'Domain of the file: meteo, qualite_eau, communes';
COMMENT ON COLUMN control.source_fichier.annee_de_fin IS 'Last year in the file; null when it grows';
COMMENT ON COLUMN control.source_fichier.liste IS
    'Whether the provider lists the file; false: not asked for any more; null: added by hand';
COMMENT ON TABLE control.station_suivie IS
    'One row per piezometer whose levels are collected, while actif; from date_debut_mesure on when it is set';
"""


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


def note_fetch(connection: psycopg.Connection, name: str, piece: dict[str, Any]) -> None:
    """Note the version of a file that the lake holds."""
    connection.execute(
        "UPDATE control.source_fichier SET modifie_le = %(modifie_le)s, longueur = %(longueur)s, etag = %(etag)s, "
        "lignes = %(lignes)s, paquet = %(paquet)s WHERE nom_du_fichier = %(name)s",
        {"name": name, "lignes": piece["lignes"], "paquet": piece["paquet"], **piece["version"]},
    )


def files(connection: psycopg.Connection, domain: str | None = None) -> list[tuple[Any, ...]]:
    """Return the files collected, of a domain or all: name, address, last year, modified, length and rows held."""
    return connection.execute(
        "SELECT nom_du_fichier, url_du_fichier, annee_de_fin, modifie_le, longueur, lignes "
        "FROM control.source_fichier WHERE liste IS NOT false AND domaine = coalesce(%s, domaine) "
        "ORDER BY domaine, nom_du_fichier",
        (domain,),
    ).fetchall()
