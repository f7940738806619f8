"""What a build changed of rows published before, as the snapshots say it: versions closed, by table."""

from collections.abc import Iterable

import psycopg
from psycopg import sql

from flows.run import Revised

# The key of a snapshot's rows: the other columns of its unique index with dbt_valid_from.
_KEY = """
    SELECT array_remove(array_agg(a.attname::text ORDER BY k.place), 'dbt_valid_from')
    FROM pg_index AS i
    CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
    JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    WHERE i.indrelid = to_regclass(%s) AND i.indisunique
    GROUP BY i.indexrelid HAVING 'dbt_valid_from' = ANY (array_agg(a.attname::text))
"""
# A build closes its versions at one instant, which it also writes beside the number of the package that it holds.
_CLOSED = """
    SELECT count(*) FILTER (WHERE next.dbt_scd_id IS NOT NULL), count(*) FILTER (WHERE next.dbt_scd_id IS NULL)
    FROM {table} AS closed
    LEFT JOIN {table} AS next ON {same} AND next.dbt_valid_from = closed.dbt_valid_to
    WHERE closed.dbt_valid_to = (SELECT construit_le FROM control.construction WHERE modele = %s)
"""


def count(connection: psycopg.Connection, snapshots: Iterable[str]) -> list[Revised]:
    """Count what the last build of each snapshot closed; tables of which nothing changed are left out."""
    return [found for name in sorted(snapshots) if (found := _count(connection, name)) and found.changed + found.gone]


def _count(connection: psycopg.Connection, snapshot: str) -> Revised | None:
    key = connection.execute(_KEY, (f"snapshots.{snapshot}",)).fetchone()
    if key is None:
        return None
    same = sql.SQL(" AND ").join(sql.SQL("next.{0} = closed.{0}").format(sql.Identifier(column)) for column in key[0])
    query = sql.SQL(_CLOSED).format(table=sql.Identifier("snapshots", snapshot), same=same)
    changed, gone = connection.execute(query, (snapshot,)).fetchone() or (0, 0)
    return Revised(snapshot.removesuffix("_historique"), changed, gone)
