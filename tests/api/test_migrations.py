"""The migrations of schema app."""

import subprocess
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from api.models.user import SCHEMA, VERSION_TABLE, User, user_metadata

Run = Callable[..., subprocess.CompletedProcess[str]]


def connect(environment: dict[str, str]) -> psycopg.Connection[Any]:
    names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password", "PGDATABASE": "dbname"}
    return psycopg.connect(**{names[key]: value for key, value in environment.items()})  # type: ignore[arg-type]


def everything(environment: dict[str, str]) -> list[tuple[Any, ...]]:
    """The schemas, tables and indexes of ours and of nobody's."""
    with connect(environment) as connection:
        return connection.execute(
            "select n.nspname, c.relname, c.relkind, c.oid from pg_class c "
            "join pg_namespace n on n.oid = c.relnamespace "
            "where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema' order by 1, 2"
        ).fetchall()


def test_up_twice_on_an_empty_database(run_python: Run, empty_database: dict[str, str]) -> None:
    first = run_python("-m", "api.migrate", **empty_database)
    assert first.returncode == 0, first.stderr
    made = everything(empty_database)
    assert {(schema, name) for schema, name, kind, _ in made if kind == "r"} == {
        ("app", "alembic_version"),
        ("app", "attempts"),
        ("app", "users"),
    }
    second = run_python("-m", "api.migrate", **empty_database)
    assert second.returncode == 0, second.stderr
    assert everything(empty_database) == made


def test_two_at_once(run_python: Run, empty_database: dict[str, str]) -> None:
    program = (
        "import subprocess, sys\n"
        "both = [subprocess.Popen([sys.executable, '-m', 'api.migrate']) for _ in range(2)]\n"
        "sys.exit(max(each.wait() for each in both))"
    )
    done = run_python("-c", program, **empty_database)
    assert done.returncode == 0, done.stderr
    with connect(empty_database) as connection:
        assert connection.execute("select count(*) from app.alembic_version").fetchone() == (1,)


def test_the_model_is_what_the_migrations_make(
    run_python: Run, empty_database: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_python("-m", "api.migrate", **empty_database).returncode == 0
    for name, value in empty_database.items():
        monkeypatch.setenv(name, value)
    assert User.metadata is user_metadata
    assert set(user_metadata.tables) == {"app.users", "app.attempts"}
    engine = create_engine("postgresql+psycopg://")
    with engine.connect() as connection:
        options = {
            "version_table": VERSION_TABLE,
            "version_table_schema": SCHEMA,
            "include_schemas": True,
            "include_name": lambda name, kind, _: kind != "schema" or name == SCHEMA,
            "compare_server_default": True,
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, user_metadata) == []
    engine.dispose()


def test_a_failed_revision_leaves_nothing(run_python: Run, empty_database: dict[str, str]) -> None:
    with connect(empty_database) as connection:
        connection.execute("create schema app")
        connection.execute("create table app.users_email_key (a int)")  # the name of the last thing it creates
    before = everything(empty_database)
    failed = run_python("-m", "api.migrate", **empty_database)
    assert failed.returncode == 1
    assert failed.stderr.startswith("The migrations of schema app failed: ")
    assert failed.stderr.count("\n") == 1
    assert everything(empty_database) == before


def test_no_server_is_one_line(run_python: Run) -> None:
    failed = run_python("-m", "api.migrate", PGHOST="127.0.0.1", PGPORT="1", PGUSER="nobody", PGDATABASE="none")
    assert failed.returncode == 1
    assert failed.stderr.count("\n") == 1
    assert "PG* variables" in failed.stderr


def test_the_way_back(run_python: Run, empty_database: dict[str, str]) -> None:
    program = (
        "from alembic import command\n"
        "from api.migrate import config, upgrade\n"
        "upgrade(); command.downgrade(config(), 'base'); upgrade()"
    )
    done = run_python("-c", program, **empty_database)
    assert done.returncode == 0, done.stderr


def test_who_was_registered_before_keeps_the_account(run_python: Run, empty_database: dict[str, str]) -> None:
    program = "from alembic import command; from api.migrate import config; command.upgrade(config(), '0001')"
    assert run_python("-c", program, **empty_database).returncode == 0
    with connect(empty_database) as connection:
        connection.execute(
            "insert into app.users (username, email, hashed_password, consent_given_at) "
            "values ('ada', 'ada@example.com', 'x', '2024-01-15 10:00+00')"
        )
    assert run_python("-m", "api.migrate", **empty_database).returncode == 0
    with connect(empty_database) as connection:
        found = connection.execute("select username, consent_version, token_version, last_login_at from app.users")
        assert found.fetchall() == [("ada", "1", 1, None)]
