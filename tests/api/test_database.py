"""What a connection of the API may do."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
from psycopg import errors as pg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.database import Database, ReadError, libpq_variables_of_dotenv
from api.errors import DATABASE_DOWN, unavailable_reason


@pytest.fixture
def database(migrated: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    for name, value in migrated.api_env.items():
        monkeypatch.setenv(name, value)
    made = Database()
    yield made
    made.engine.dispose()


@asynccontextmanager
async def opened(**limits: float) -> AsyncIterator[Database]:
    made = Database(**limits)  # type: ignore[arg-type]
    await made.open()
    try:
        yield made
    finally:
        await made.close()


@pytest.fixture
def run(migrated: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run a coroutine function with a database whose pool is open."""
    for name, value in migrated.api_env.items():
        monkeypatch.setenv(name, value)

    async def inside(check: Callable[[Database], Awaitable[Any]], limits: dict[str, float]) -> Any:
        async with opened(**limits) as made:
            return await check(made)

    return lambda check, **limits: asyncio.run(inside(check, limits))


def setting(database: Database, name: str) -> str:
    with database.reading() as connection:
        return str(connection.execute(text(f"show {name}")).scalar_one())


SESSION = {
    "application_name": "hydrotheque-api",
    "statement_timeout": "1500ms",
    "TimeZone": "UTC",
    "default_transaction_read_only": "on",
}


def test_the_session_has_limits_and_a_name(database: Database, run: Callable[..., Any]) -> None:
    async def settings(opened: Database) -> dict[str, str]:
        async with opened.connection() as connection:
            return {name: await connection.fetchval(f"show {name}") for name in (*SESSION, "plan_cache_mode")}

    assert run(settings, statement_timeout=1.5) == {**SESSION, "plan_cache_mode": "force_generic_plan"}
    assert {name: setting(database, name) for name in SESSION} == {**SESSION, "statement_timeout": "5s"}


def test_pgoptions_wins(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c statement_timeout=123")

    async def timeouts(opened: Database) -> tuple[str, str]:
        async with opened.connection() as connection:
            return await connection.fetchval("show statement_timeout"), setting(opened, "statement_timeout")

    assert run(timeouts) == ("123ms", "123ms")


def test_the_pool_of_the_data_cannot_write(run: Callable[..., Any]) -> None:
    async def write(opened: Database) -> None:
        async with opened.connection() as connection:
            await connection.execute("delete from app.users where id = -1")

    with pytest.raises(ReadError) as raised:
        run(write)
    assert raised.value.sqlstate == pg.ReadOnlySqlTransaction.sqlstate


def test_a_statement_that_takes_too_long_is_stopped(run: Callable[..., Any]) -> None:
    async def sleep(opened: Database) -> int:
        with pytest.raises(ReadError) as raised:
            async with opened.connection() as connection:
                await connection.fetchval("select pg_sleep(60)")
        assert raised.value.sqlstate == pg.QueryCanceled.sqlstate
        async with opened.connection() as connection:
            return int(await connection.fetchval("select 1"))

    assert run(sleep, statement_timeout=0.05, pool_size=1) == 1


def test_who_waits_too_long_for_a_connection_is_told(run: Callable[..., Any]) -> None:
    async def wait(opened: Database) -> None:
        async with opened.connection(), opened.connection():
            pass

    with pytest.raises(ReadError) as raised:
        run(wait, pool_size=1, pool_timeout=0.05)
    assert unavailable_reason(raised.value) == DATABASE_DOWN


def test_a_fault_of_ours_is_not_called_one_of_the_database(run: Callable[..., Any]) -> None:
    async def wrong(opened: Database) -> None:
        async with opened.connection() as connection:
            await connection.fetchval("select $1::integer", "one")

    with pytest.raises(ReadError, match="invalid input for query argument") as raised:
        run(wrong)
    assert unavailable_reason(raised.value) is None


def test_a_read_that_is_given_up_leaves_no_connection_behind(run: Callable[..., Any]) -> None:
    async def give_up(opened: Database) -> tuple[int, int]:
        async def read() -> None:
            async with opened.connection() as connection:
                await connection.fetchval("select pg_sleep(0.02)")

        for patience in (0.0, 0.001, 0.005, 0.01) * 10:
            reads = [asyncio.create_task(read()) for _ in range(4)]
            await asyncio.sleep(patience)
            for each in reads[::2]:
                each.cancel()
            await asyncio.gather(*reads, return_exceptions=True)
        return opened.pool.get_size(), opened.pool.get_idle_size()

    size, idle = run(give_up, pool_size=3)
    assert size == idle <= 3


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
