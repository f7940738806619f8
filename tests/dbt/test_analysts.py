"""What an analyst finds: the role analyste, names without a schema, comments, and nothing to break."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from ingestion.warehouse import open_warehouse

PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
RELATIONS = """
    select n.nspname, c.relname, privilege
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    cross join unnest(%s::text[]) as privilege
    where c.relkind in ('r', 'v', 'm', 'p', 'f') and n.nspname !~ '^(pg_|information_schema)'
    and has_table_privilege('analyste', c.oid, privilege)
"""
COMMENTS = """
    select c.oid::regclass::text, a.attname, coalesce(col_description(c.oid, a.attnum), ''),
        coalesce(obj_description(c.oid), '')
    from pg_class as c
    join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relkind = 'r' and c.relnamespace::regnamespace::text in ('marts', 'snapshots')
"""


@pytest.fixture
def analyst(warehouse: Any) -> Iterator[psycopg.Connection]:
    with psycopg.connect(open_warehouse(warehouse.settings, "analyste").url, autocommit=True) as connection:
        yield connection


def test_the_role_reads_marts_and_snapshots_and_nothing_else(warehouse: Any) -> None:
    with psycopg.connect(warehouse.url) as connection:
        granted = connection.execute(RELATIONS, (list(PRIVILEGES),)).fetchall()
        relations = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema in ('marts', 'snapshots')"
        ).fetchall()
    assert sorted(granted) == sorted((schema, table, "SELECT") for schema, table in relations)


def test_the_role_owns_nothing_belongs_to_nobody_and_creates_nothing(warehouse: Any) -> None:
    [role] = warehouse.rows(
        "select rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls from pg_roles "
        "where rolname = 'analyste'"
    )
    assert role == (False,)
    assert warehouse.rows("select 1 from pg_auth_members where member = 'analyste'::regrole") == []
    assert warehouse.rows("select 1 from pg_shdepend where refobjid = 'analyste'::regrole and deptype = 'o'") == []
    schemas = "select nspname from pg_namespace where nspname !~ '^(pg_|information_schema)' and "
    assert warehouse.rows(f"{schemas} has_schema_privilege('analyste', oid, 'create')") == []
    usable = {name for (name,) in warehouse.rows(f"{schemas} has_schema_privilege('analyste', oid, 'usage')")}
    assert usable == {"marts", "snapshots", "public"}
    database = "select has_database_privilege('analyste', current_database(), '{}')"
    assert warehouse.rows(database.format("create")) + warehouse.rows(database.format("temp")) == [(False,), (False,)]


@pytest.mark.parametrize(
    "statement",
    [
        "select 1 from raw_meteo.sim2",
        "select 1 from staging.stg_meteo__quotidien",
        "select 1 from intermediate.int_meteo__scope",
        "select 1 from control.paquet_charge",
        "delete from meteo",
        "update nappe set niveau_nappe_eau = 0",
        "insert into continuite values ('x', 'x')",
        "truncate rejet",
        "drop table rejet",
        "comment on table rejet is 'mine'",
        "create table marts.mine (a integer)",
        "create table public.mine (a integer)",
        "create temporary table mine (a integer)",
        "create schema mine",
        "copy (select 1) to '/tmp/mine'",
        "select pg_read_file('PG_VERSION')",
        "set role hydrotheque",
        "create function mine() returns integer language sql return 1",
    ],
)
def test_the_role_is_refused(analyst: psycopg.Connection, statement: str) -> None:
    analyst.execute("set default_transaction_read_only = off")  # anybody may: it is no protection
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        analyst.execute(statement)


def test_the_session_only_reads_and_finds_tables_by_their_name(analyst: psycopg.Connection) -> None:
    assert analyst.execute("show default_transaction_read_only").fetchone() == ("on",)
    assert analyst.execute("show idle_in_transaction_session_timeout").fetchone() == ("10min",)
    assert analyst.execute("show search_path").fetchone() == ("marts, snapshots, public",)
    assert analyst.execute("SELECT count(*) > 0 FROM Meteo").fetchone() == (True,)


def test_every_table_and_column_is_explained_in_the_database(analyst: psycopg.Connection) -> None:
    columns = analyst.execute(COMMENTS).fetchall()
    assert len(columns) > 80
    assert [(table, name) for table, name, column, described in columns if not (column and described)] == []


# Their plans, with what they cost at a size worth measuring: docs/benchmarks.md.
@pytest.mark.parametrize(
    ("table", "condition"),
    [("meteo", "lambx = 6040 and lamby = 24330"), ("meteo", "date = '2024-01-15'"), ("nappe", "code_bss = 'A'")],
)
def test_the_three_usual_questions_have_an_index(analyst: psycopg.Connection, table: str, condition: str) -> None:
    analyst.execute("set enable_seqscan = off")
    plan = "\n".join(line for (line,) in analyst.execute(f"explain select * from {table} where {condition}"))
    assert "Index Cond" in plan
    assert "Seq Scan" not in plan
