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

# The unit of a number is in its description ("…, in mm: …"): tests/api/test_catalogue.py sees to it that it is found.
_UNIT = re.compile(
    r"\bin (mm|m NGF|m³ per m³|m/s|g/kg|J/cm²|°C|km²?|m(?! )|m\b|%|hectometres|decimal degrees|hours|l/s)(?![\w/³²])"
)
_SAID_BY = re.compile(r"unit of the (column \w+)")  # as the sensors' values, of several quantities
_NONE = re.compile(r"no unit|fraction|index|share|-?\d to \d", re.IGNORECASE)


def unit(description: str) -> str | None:
    """The unit that a description says, or the column that has it; "1" for a number without one, None when not said.

    >>> unit("Rain of the month, in mm: the sum of the days' preliq."), unit("Fraction of these days, 0 to 1")
    ('mm', '1')
    """
    if found := _SAID_BY.search(description) or _UNIT.search(description):
        return found[1]
    return "1" if _NONE.search(description) else None


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
    description = _one_line(row["description"])
    number = row["type"] in ("double precision", "real", "numeric")
    return {
        **{name: row[name] for name in ("name", "type", "nullable")},
        "unit": unit(description) if number else None,
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
