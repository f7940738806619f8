"""What a connection of the API may do."""

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import errors as pg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.database import THREADS, Database, libpq_variables_of_dotenv


@pytest.fixture
def database(migrated: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    for name, value in migrated.api_env.items():
        monkeypatch.setenv(name, value)
    made = Database()
    yield made
    made.close()


def setting(database: Database, name: str) -> str:
    with database.reading() as connection:
        return str(connection.execute(text(f"show {name}")).scalar_one())


def test_the_session_has_limits_and_a_name(database: Database) -> None:
    assert setting(database, "application_name") == "hydrotheque-api"
    assert setting(database, "statement_timeout") == "5s"
    assert setting(database, "TimeZone") == "UTC"
    assert setting(database, "default_transaction_read_only") == "on"


def test_pgoptions_wins(migrated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**migrated.api_env, "PGOPTIONS": "-c statement_timeout=123"}.items():
        monkeypatch.setenv(name, value)
    made = Database()
    assert setting(made, "statement_timeout") == "123ms"
    made.close()


def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError) as raised, database.reading() as connection:
        connection.execute(text("delete from app.users where id = -1"))
    assert isinstance(raised.value.orig, pg.ReadOnlySqlTransaction)
    with database.writing() as connection:
        connection.execute(text("delete from app.users where id = -1"))
    # The connection that wrote goes back to the pool as it came.
    with pytest.raises(DBAPIError), database.reading() as connection:
        connection.execute(text("delete from app.users where id = -1"))


def test_writing_is_undone_when_it_fails(database: Database, owner: psycopg.Connection[Any]) -> None:
    insert = text(
        "insert into app.users (username, email, hashed_password) values ('undone', 'undone@example.com', '')"
    )

    def fail_half_way() -> None:
        with database.writing() as connection:
            connection.execute(insert)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert owner.execute("select count(*) from app.users where username = 'undone'").fetchone() == (0,)


def test_no_transaction_is_left_open_by_a_read(database: Database) -> None:
    activity = text("select state from pg_stat_activity where pid = :pid")
    with database.reading() as connection, database.reading() as witness:
        pid = connection.execute(text("select pg_backend_pid()")).scalar_one()
        state = witness.execute(activity, {"pid": pid}).scalar_one()
    assert state == "idle"


@pytest.mark.parametrize(
    "statement",
    [
        "insert into marts.continuite values ('x', 'x')",
        "delete from marts.nappe",
        "update marts.meteo set t = 0",
        "create table marts.mine (a int)",
        "create table app.mine (a int)",
        "drop table app.users",
        "truncate app.users",
        "delete from app.alembic_version",
    ],
)
def test_the_role_may_not(database: Database, statement: str) -> None:
    with pytest.raises(DBAPIError) as raised, database.writing() as connection:
        connection.execute(text(statement))
    assert isinstance(raised.value.orig, pg.InsufficientPrivilege)


def test_the_pool_fits_the_threads(database: Database) -> None:
    assert database.engine.pool.size() == THREADS  # type: ignore[attr-defined]


def test_libpq_gets_the_lines_of_dotenv(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("PGHOST=from-dotenv\nPGPORT=\nPGUSER=from-dotenv\nOTHER=from-dotenv\n")
    monkeypatch.chdir(tmp_path)
    # Set, then deleted, so that what the function sets is undone with the rest.
    for name in ("PGHOST", "PGPORT", "OTHER"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("PGUSER", "from-environment")
    libpq_variables_of_dotenv()
    assert os.environ["PGHOST"] == "from-dotenv"
    assert os.environ["PGUSER"] == "from-environment"
    assert "PGPORT" not in os.environ
    assert "OTHER" not in os.environ
