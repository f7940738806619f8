"""Decide whether a build has work: a new package, a mart changed since the last build, a changed dbt project."""

import hashlib
from importlib.metadata import version

import psycopg

from ingestion.settings import ROOT

PROJECT = ("dbt_project.yml", "profiles.yml", "dbt_project/**/*.*")
# Loaded packages, the models' marks, retention, and the identities of the tables, which a restore changes.
_STATE = """
    SELECT concat_ws(
        E'\\n',
        (SELECT max(numero) FROM control.paquet_charge),
        (SELECT string_agg(modele || ' ' || numero, ',' ORDER BY modele) FROM control.construction),
        (SELECT string_agg(domaine || ' ' || depuis, ',' ORDER BY domaine) FROM control.conservation),
        (
            SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_class
            WHERE relkind IN ('r', 'v') AND relnamespace IN ('marts'::regnamespace, 'snapshots'::regnamespace)
        )
    )
"""


def nothing_new(connection: psycopg.Connection) -> bool:
    """Return whether the warehouse and the dbt project are unchanged since the last whole build."""
    held = connection.execute("SELECT etat FROM control.construction_entiere").fetchone()
    return held is not None and held[0] == _state(connection)


def note_whole_build(connection: psycopg.Connection) -> None:
    """Store the state of the warehouse and the dbt project, after a whole build without a failure."""
    with connection.transaction():
        connection.execute("DELETE FROM control.construction_entiere")
        connection.execute("INSERT INTO control.construction_entiere (etat) VALUES (%s)", (_state(connection),))


def _state(connection: psycopg.Connection) -> str:
    digest = hashlib.sha256("".join(version(f"dbt-{part}") for part in ("core", "postgres")).encode())
    for path in sorted(path for pattern in PROJECT for path in ROOT.glob(pattern)):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    row = connection.execute(_STATE).fetchone()
    return hashlib.sha256(f"{digest.hexdigest()}\n{row and row[0]}".encode()).hexdigest()
