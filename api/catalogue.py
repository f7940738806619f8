"""What the tables are: dbt's descriptions, types and keys as its builds left them in the database (persist_docs), with
the version and the rows of each, and how recent its sources are. docs/decisions/0012-where-the-catalogue-comes-from.md.
"""

import re
from collections.abc import Iterable
from typing import Any

import asyncpg

from api.models import table_of
from api.sources import LICENCE, OF_TABLE, Source

_TABLES = """
    select c.relname as name, obj_description(c.oid, 'pg_class') as description,
        e.version, e.construit_le as built, e.lignes as rows
    from pg_class as c left join marts.etat_table as e on e.nom_table = c.relname
    where c.relnamespace = to_regnamespace('marts')
"""
_COLUMNS = """
    select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
        not a.attnotnull as nullable, col_description(c.oid, a.attnum) as description
    from pg_class as c join pg_attribute as a on a.attrelid = c.oid
    where c.relnamespace = to_regnamespace('marts') and a.attnum > 0 and not a.attisdropped
    order by c.relname, a.attnum
"""
_KEYS = """
    select c.conrelid::regclass::text as table, c.contype::text as kind, p.relname as parent,
        array(select a.attname::text from unnest(c.conkey) with ordinality as k (attnum, place)
            join pg_attribute as a on a.attrelid = c.conrelid and a.attnum = k.attnum order by k.place) as columns,
        array(select a.attname::text from unnest(c.confkey) with ordinality as k (attnum, place)
            join pg_attribute as a on a.attrelid = c.confrelid and a.attnum = k.attnum order by k.place) as referred
    from pg_constraint as c left join pg_class as p on p.oid = c.confrelid
    where c.connamespace = to_regnamespace('marts') and c.contype in ('p', 'f')
    order by c.conrelid, c.contype desc, c.conkey
"""
_FRESHNESS = "select domaine, donnees_du, reussie_le, donnees_en_retard from marts.etat_source"

_UNIT = re.compile(r" Unit: ([^.]+)\.$")  # how dbt ends a column's comment (macro description_with_unit)


def description_and_unit(comment: str) -> tuple[str, str | None]:
    """Split a column's comment: its text, and its unit ("1" for a number without one; `column x` when a column has it).

    >>> description_and_unit("Level of the groundwater: high is wet. Unit: m NGF.")
    ('Level of the groundwater: high is wet.', 'm NGF')
    """
    found = _UNIT.search(comment)
    return (comment[: found.start()], found[1]) if found else (comment, None)


async def describe(connection: asyncpg.Connection) -> dict[str, Any]:
    """The `Catalogue`."""
    tables, columns, keys, freshness = [await connection.fetch(each) for each in (_TABLES, _COLUMNS, _KEYS, _FRESHNESS)]
    known = {row["name"]: row for row in tables}
    recent = {row["domaine"]: row for row in freshness}
    return {
        "licence": LICENCE.name,
        "licence_url": LICENCE.url,
        "tables": [
            _table(known[name], sources, recent)
            | {"columns": [_column(row) for row in columns if row["table"] == name]}
            | _keys([row for row in keys if row["table"].split(".")[-1] == name])
            for name, sources in sorted((table_of(model).name, sources) for model, sources in OF_TABLE.items())
            if name in known
        ],
    }


def _table(row: Any, sources: Iterable[Source], recent: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("name", "version", "built", "rows")},
        "description": _one_line(row["description"]),
        "producers": [
            {
                "name": source.name,
                "url": source.url,
                "data_read": recent[source.domain]["donnees_du"] if source.domain in recent else None,
                "collected": recent[source.domain]["reussie_le"] if source.domain in recent else None,
                "late": bool(source.domain in recent and recent[source.domain]["donnees_en_retard"]),
            }
            for source in sources
        ],
    }


def _column(row: Any) -> dict[str, Any]:
    description, unit = description_and_unit(_one_line(row["description"]))
    return {
        **{name: row[name] for name in ("name", "type", "nullable")},
        "unit": unit,
        "description": description,
    }


def _keys(rows: list[Any]) -> dict[str, Any]:
    primary = [row["columns"] for row in rows if row["kind"] == "p"]
    return {
        "key": primary[0] if primary else [],
        "references": [
            {"columns": row["columns"], "table": row["parent"], "referred": row["referred"]}
            for row in rows
            if row["kind"] == "f"
        ],
    }


def _one_line(description: str | None) -> str:
    return " ".join((description or "").split())
