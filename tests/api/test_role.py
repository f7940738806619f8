"""What the role api_service may do in the database: read the marts, read and write its two tables, nothing else."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import errors as pg

DENIED = (pg.InsufficientPrivilege, pg.InvalidSchemaName, pg.FeatureNotSupported)
WRITTEN = {"app.users", "app.attempts"}
_TABLES = """
select n.nspname || '.' || c.relname, array_remove(array[
    case when has_table_privilege('api_service', c.oid, 'select') then 'select' end,
    case when has_any_column_privilege('api_service', c.oid, 'select') then 'select' end,
    case when has_table_privilege('api_service', c.oid, 'insert') then 'insert' end,
    case when has_any_column_privilege('api_service', c.oid, 'insert') then 'insert' end,
    case when has_table_privilege('api_service', c.oid, 'update') then 'update' end,
    case when has_any_column_privilege('api_service', c.oid, 'update') then 'update' end,
    case when has_table_privilege('api_service', c.oid, 'delete') then 'delete' end,
    case when has_table_privilege('api_service', c.oid, 'truncate, references, trigger') then 'more' end
], null), has_schema_privilege('api_service', n.oid, 'usage')
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
"""


@pytest.fixture(scope="module")
def api_service(migrated: Any) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the role, with the read-only default of the API's own connections taken off."""
    names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password", "PGDATABASE": "dbname"}
    parts = {names[name]: value for name, value in migrated.api_env.items()}
    with psycopg.connect(**parts, autocommit=True) as connection:
        yield connection


def test_every_table_there_is(migrated: Any) -> None:
    """A table that lands later is here too, whatever its schema."""
    found = {name: (set(privileges), usage) for name, privileges, usage in migrated.rows(_TABLES)}
    assert {"raw_meteo", "staging", "intermediate", "marts", "control", "app"} <= {name.split(".")[0] for name in found}
    for name, (privileges, usage) in found.items():
        if name in WRITTEN:
            assert privileges == {"select", "insert", "update", "delete"}, name
        elif name.startswith("marts."):
            assert privileges == {"select"}, name
        else:
            assert not privileges, name
        assert usage == name.startswith(("marts.", "app.", "public.")), name


def test_schemas_functions_and_the_role_itself(migrated: Any) -> None:
    role = "select rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls from pg_roles"
    assert migrated.rows(f"{role} where rolname = 'api_service'") == [(False,) * 5]
    assert migrated.rows("select 1 from pg_auth_members where member = 'api_service'::regrole") == []
    assert migrated.rows("select 1 from pg_shdepend where refobjid = 'api_service'::regrole and deptype = 'o'") == []
    assert (
        migrated.rows("select nspname from pg_namespace where has_schema_privilege('api_service', oid, 'create')") == []
    )
    database = "select has_database_privilege('api_service', current_database(), 'create, temporary')"
    assert migrated.rows(database) == [(False,)]
    ours = "pronamespace::regnamespace::text !~ '^(pg_|information_schema)'"
    assert (
        migrated.rows(
            f"select proname from pg_proc where {ours} and has_function_privilege('api_service', oid, 'execute')"
        )
        == []
    )
    sequence = "case when relkind = 'S' then has_sequence_privilege('api_service', oid, 'usage, select, update') end"
    assert migrated.rows(f"select relname from pg_class where {sequence}") == []


@pytest.mark.parametrize(
    "statement",
    [
        # Tables
        "select * from raw_meteo._dlt_loads",
        "select * from control.paquet_charge",
        "select * from app.alembic_version",
        "select * from staging.stg_meteo__sim2",
        "table snapshots.anything",
        "insert into marts.continuite values ('x', 'x')",
        "delete from marts.nappe",
        "update marts.meteo set t = 0",
        "merge into marts.producteur p using marts.producteur q on false when matched then delete",
        "truncate app.users",
        "begin; lock table marts.meteo in access exclusive mode",
        "select * from marts.meteo for update",
        # Definitions
        "create table marts.mine (a int)",
        "create table app.mine (a int)",
        "create table public.mine (a int)",
        "create temporary table mine (a int)",
        "create schema mine",
        "create database mine",
        "create extension dblink",
        "create function app.f() returns int language sql as 'select 1'",
        "create view app.v as select 1",
        "create type app.t as enum ()",
        "drop table app.users",
        "alter table app.users add column mine int",
        "alter table app.users owner to api_service",
        "create index on app.users (created_at)",
        "create rule r as on delete to app.users do instead nothing",
        "create trigger t before delete on app.users execute function suppress_redundant_updates_trigger()",
        "create policy p on app.users",
        "comment on table app.users is 'mine'",
        "refresh materialized view staging.anything",
        "create publication p for all tables",
        "create subscription s connection '' publication p",
        "create event trigger e on ddl_command_start execute function suppress_redundant_updates_trigger()",
        "create foreign data wrapper w",
        "create tablespace t location '/tmp'",
        # The machine
        "copy app.users to program 'id'",
        "copy app.users from program 'id'",
        "copy app.users to '/tmp/users'",
        "copy app.users from '/etc/passwd'",
        "select pg_read_file('/etc/passwd')",
        "select pg_read_binary_file('PG_VERSION')",
        "select pg_ls_dir('.')",
        "select pg_stat_file('PG_VERSION')",
        "select lo_import('/etc/passwd')",
        "select lo_export(1, '/tmp/x')",
        "select lo_create(0)",
        "select lo_creat(-1)",
        "select lo_from_bytea(0, 'x')",
        "select pg_reload_conf()",
        "select pg_switch_wal()",
        "select pg_rotate_logfile()",
        "load 'auto_explain'",
        "alter system set log_statement = 'all'",
        "set log_statement = 'none'",
        "show data_directory",
        "checkpoint",
        "do language plpythonu 'pass'",
        # Others
        "set role hydrotheque",
        "set role analyste",
        "set session authorization postgres",
        "grant hydrotheque to api_service",
        "alter role api_service superuser",
        "alter role api_service createrole",
        "alter role hydrotheque password 'x'",
        "create role mine",
        "select * from pg_authid",
        "select * from pg_shadow",
        "select * from pg_user_mappings, pg_hba_file_rules",
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'hydrotheque'",
        "reassign owned by hydrotheque to api_service",
    ],
)
def test_it_may_not(api_service: psycopg.Connection[Any], owner: psycopg.Connection[Any], statement: str) -> None:
    with pytest.raises((*DENIED, pg.UndefinedObject)) as raised:
        api_service.execute(statement)
    api_service.rollback()
    if isinstance(raised.value, pg.UndefinedObject):
        assert "plpythonu" in str(raised.value)


@pytest.mark.parametrize("statement", ["grant all on marts.meteo to public", "grant select on app.users to analyste"])
def test_what_it_grants_is_not_granted(api_service: psycopg.Connection[Any], migrated: Any, statement: str) -> None:
    """PostgreSQL answers with a warning here, not with an error."""
    granted = "select relname, relacl::text from pg_class where relname in ('meteo', 'users') order by oid"
    before = migrated.rows(granted)
    api_service.execute(statement)
    assert migrated.rows(granted) == before


def test_it_does_not_see_what_others_ask(api_service: psycopg.Connection[Any], owner: psycopg.Connection[Any]) -> None:
    found = api_service.execute("select distinct query from pg_stat_activity where usename = 'hydrotheque'").fetchall()
    assert found == [("<insufficient privilege>",)]
