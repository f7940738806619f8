"""What was collected and built, and when: tables of the schema `control`.

dbt's views marts.etat_source and marts.etat_table show them to the API and the analysts, without the text of an error.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from ingestion.report import Collected

# Before the first build makes marts.etat_source: the same columns, for no data is read yet.
_NOT_BUILT = """
    SELECT domaine, reussie_le, tentee_le, erreur IS NOT NULL AS en_echec, lignes, refusees,
        NULL::timestamptz AS donnees_du, prochaine_le,
        coalesce(now() > en_retard_le, true) AS collecte_en_retard, false AS donnees_en_retard
    FROM control.collecte
    ORDER BY domaine
"""


@dataclass(frozen=True)
class Source:
    """The state of a domain: the columns of `marts.etat_source`."""

    domaine: str
    reussie_le: datetime | None
    tentee_le: datetime | None
    en_echec: bool
    lignes: int | None
    refusees: int | None
    donnees_du: datetime | None
    prochaine_le: datetime | None
    collecte_en_retard: bool
    donnees_en_retard: bool

    @property
    def late(self) -> bool:
        """Whether somebody should look."""
        return self.collecte_en_retard or self.donnees_en_retard

    @property
    def state(self) -> str:
        """The same and more, in a word or two."""
        if self.reussie_le is None:
            return "failed" if self.en_echec else "never"
        if self.collecte_en_retard:
            return "late"
        return "data late" if self.donnees_en_retard else "failed" if self.en_echec else "on time"


@dataclass(frozen=True)
class Mart:
    """The state of a table: the columns of `marts.etat_table`."""

    nom_table: str
    lignes: int
    version: int | None
    construit_le: datetime | None


@dataclass(frozen=True)
class Missing:
    """What a domain lacks of a collection: its last success, why the last try failed, the pieces not read."""

    domain: str
    last_success: datetime | None
    error: str | None
    pieces: list[str]


def know(connection: psycopg.Connection, domains: Iterable[str]) -> None:
    """List the domains that are collected, so that one never collected shows as such."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO control.collecte (domaine) VALUES (%s) ON CONFLICT DO NOTHING", [(name,) for name in domains]
        )


def note_collection(
    connection: psycopg.Connection,
    domain: str,
    lines: list[Collected],
    error: str | None,
    due: tuple[datetime, datetime],
) -> None:
    """Note what a collection of a domain read, and the error that ended it, if one did.

    `due` is when the next one is planned, and from when on it is late. A piece that a whole collection did not come
    across is collected no more, and forgotten.
    """
    pieces = sorted({piece for line in lines for piece in (line.stations or (line.piece,))})
    with connection.transaction():
        connection.execute(
            "INSERT INTO control.piece (domaine, piece, lue_le) SELECT %s, unnest(%s::text[]), now() "
            "ON CONFLICT (domaine, piece) DO UPDATE SET lue_le = excluded.lue_le",
            (domain, pieces),
        )
        connection.execute(
            "UPDATE control.collecte SET tentee_le = now(), erreur = %s, prochaine_le = %s WHERE domaine = %s",
            (error, due[0], domain),
        )
        if error is None:
            figures = [sum(getattr(line, each) for line in lines) for each in ("rows", "refused", "bytes")]
            connection.execute("DELETE FROM control.piece WHERE domaine = %s AND lue_le < now()", (domain,))
            connection.execute(
                "UPDATE control.collecte SET reussie_le = now(), lignes = %s, refusees = %s, octets = %s, "
                "en_retard_le = %s WHERE domaine = %s",
                (*figures, due[1], domain),
            )


def missing(connection: psycopg.Connection, since: dict[str, datetime]) -> list[Missing]:
    """Return the domains of `since` that were not collected from that instant on."""
    found = []
    for domain, instant in since.items():
        row = connection.execute(
            "SELECT reussie_le, erreur FROM control.collecte WHERE domaine = %s AND reussie_le IS NULL OR "
            "domaine = %s AND reussie_le < %s",
            (domain, domain, instant),
        ).fetchone()
        if row:
            pieces = connection.execute(
                "SELECT piece FROM control.piece WHERE domaine = %s AND lue_le < %s ORDER BY piece", (domain, instant)
            )
            found.append(Missing(domain, row[0], row[1], [piece for (piece,) in pieces]))
    return found


def sources(connection: psycopg.Connection) -> list[Source]:
    """Return the state of every domain."""
    with connection.cursor(row_factory=class_row(Source)) as cursor:
        built = _is_built(connection, "etat_source")
        query = "SELECT * FROM marts.etat_source ORDER BY domaine" if built else _NOT_BUILT
        return cursor.execute(query).fetchall()


def tables(connection: psycopg.Connection) -> list[Mart]:
    """Return the state of every table of marts; nothing before the first build."""
    if not _is_built(connection, "etat_table"):
        return []
    with connection.cursor(row_factory=class_row(Mart)) as cursor:
        return cursor.execute("SELECT * FROM marts.etat_table ORDER BY nom_table").fetchall()


def _is_built(connection: psycopg.Connection, view: str) -> bool:
    return connection.execute("SELECT to_regclass(%s) IS NOT NULL", (f"marts.{view}",)).fetchone() == (True,)


def errors(connection: psycopg.Connection) -> dict[str, str]:
    """Return why the last collection of each domain failed, for those that did."""
    return dict(
        connection.execute(
            "SELECT domaine, erreur FROM control.collecte WHERE erreur IS NOT NULL ORDER BY 1"
        ).fetchall()
    )


def note_freshness(
    connection: psycopg.Connection, found: Iterable[tuple[str, str, datetime | None, timedelta | None]]
) -> None:
    """Note the newest row of each source table and how old it may get: (source, domain, newest, limit)."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM control.fraicheur")
        cursor.executemany("INSERT INTO control.fraicheur VALUES (%s, %s, %s, %s)", list(found))


def count_marts(connection: psycopg.Connection, built: Collection[str]) -> dict[str, int]:
    """Count the rows of the marts that were built, or are not counted yet; return the numbers of all of them.

    Nothing when nothing was built: an hour does not count what only a month changes.
    """
    if not built:
        return {}
    with connection.transaction():
        there = {name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'marts'")}
        connection.execute("DELETE FROM control.contenu WHERE nom_table = ANY(%s)", (list(built),))
        connection.execute("DELETE FROM control.contenu WHERE NOT nom_table = ANY(%s)", (list(there),))
        counted = {name for (name,) in connection.execute("SELECT nom_table FROM control.contenu")}
        for name in sorted(there - counted):
            connection.execute(
                sql.SQL("INSERT INTO control.contenu SELECT {}, count(*) FROM marts.{}").format(
                    sql.Literal(name), sql.Identifier(name)
                )
            )
    return dict(connection.execute("SELECT nom_table, lignes FROM control.contenu ORDER BY 1").fetchall())


def last_report(connection: psycopg.Connection, name: str) -> dict[str, Any]:
    """Return the report of the last run of this name; nothing when it never ran."""
    row = connection.execute("SELECT rapport FROM control.execution WHERE nom = %s", (name,)).fetchone()
    return dict(row[0]) if row else {}


def note_report(connection: psycopg.Connection, name: str, report: dict[str, Any]) -> None:
    """Keep the report of a run in place of the one before."""
    connection.execute(
        "INSERT INTO control.execution VALUES (%s, %s) ON CONFLICT (nom) DO UPDATE SET rapport = excluded.rapport",
        (name, Jsonb(report)),
    )
