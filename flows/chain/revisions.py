"""Rows that a build changed after they were published: the versions that its snapshots closed, by table."""

import psycopg
from psycopg import sql

from flows.run import Revised

# A build closes versions at one instant, and writes the same instant to control.construction.
_CLOSED = """
    SELECT count(*) FILTER (WHERE next.dbt_scd_id IS NOT NULL), count(*) FILTER (WHERE next.dbt_scd_id IS NULL)
    FROM {table} AS closed
    LEFT JOIN {table} AS next ON {same_key} AND next.dbt_valid_from = closed.dbt_valid_to
    WHERE closed.dbt_valid_to = (SELECT construit_le FROM control.construction WHERE modele = %s)
"""


def count_revised(connection: psycopg.Connection, snapshots: dict[str, list[str]]) -> list[Revised]:
    """Count what the last build of each snapshot closed, and leave out tables without a change.

    `snapshots` has the columns of each snapshot's key by its name.
    """
    counted = [_count(connection, name, key) for name, key in sorted(snapshots.items())]
    return [each for each in counted if each.changed or each.gone]


def _count(connection: psycopg.Connection, snapshot: str, key: list[str]) -> Revised:
    same_key = sql.SQL(" AND ").join(sql.SQL("next.{0} = closed.{0}").format(sql.Identifier(column)) for column in key)
    query = sql.SQL(_CLOSED).format(table=sql.Identifier("snapshots", snapshot), same_key=same_key)
    changed, gone = connection.execute(query, (snapshot,)).fetchone() or (0, 0)
    return Revised(snapshot.removesuffix("_historique"), changed, gone)
