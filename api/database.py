"""The connections to PostgreSQL, in two pools: asyncpg's, from which every route under /data reads; and SQLAlchemy's,
in threads, through which the table of the users is read and written.

Where the server is, and as whom, is said by libpq's own variables (PGHOST, PGPORT, PGUSER, PGPASSWORD,
PGDATABASE, PGSSLMODE…).
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import asyncpg
from dotenv import dotenv_values
from sqlalchemy import Connection, Engine, NullPool, QueuePool, create_engine

RETRY_AFTER_SECONDS = 5

_URL = "postgresql+psycopg://"
_CONNECT_SECONDS = 3
_SESSION = {
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
    "default_transaction_read_only": "on",
    "TimeZone": "UTC",
}
# Statements are few, short, and prepared once on each connection: planning them again for each request would take
# longer than most of them.
PREPARED = {"plan_cache_mode": "force_generic_plan", "jit": "off"}

# What a statement raises when PostgreSQL refuses it, goes away under it (asyncpg then calls its own state wrong), or
# does not answer.
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)


class ReadError(Exception):
    """PostgreSQL could not be reached or refused a statement; `sqlstate` says why, when it answered at all."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error) or type(error).__name__)
        self.sqlstate: str | None = getattr(error, "sqlstate", None)


def libpq_variables_of_dotenv() -> None:
    """Give libpq the PG* lines of `.env`, which it does not read; what the environment says wins."""
    for name, value in dotenv_values(".env").items():
        if name.startswith("PG") and value:
            os.environ.setdefault(name, value)


def owner_engine() -> Engine:
    """An engine for the migrations: no pool, no limits of a request."""
    libpq_variables_of_dotenv()
    return create_engine(_URL, poolclass=NullPool, connect_args={"fallback_application_name": "hydrotheque-migrate"})


class Database:
    """The two pools, of `pool_size` connections each at most. Nothing connects before the first use.

    The pool of the data belongs to the event loop that calls `open`.
    """

    def __init__(self, pool_size: int = 16, pool_timeout: float = 5, statement_timeout: float = 5) -> None:
        libpq_variables_of_dotenv()
        session = _SESSION | {"statement_timeout": f"{round(statement_timeout * 1000)}ms"}
        self._pool_size, self._pool_timeout = pool_size, pool_timeout
        self._statement_timeout = statement_timeout
        self._pool_options = _options(session | PREPARED)
        self.engine: Engine = create_engine(
            _URL,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=pool_timeout,
            pool_pre_ping=True,  # asyncpg sees by itself that a connection is gone
            # The text of an error goes to the log; the values (an e-mail) do not.
            hide_parameters=True,
            connect_args={
                "fallback_application_name": "hydrotheque-api",
                "connect_timeout": _CONNECT_SECONDS,
                "options": _options(session),
            },
        )
        # Reads are single statements: autocommit saves the BEGIN and the ROLLBACK around each, and leaves no open
        # transaction in the way of a table swap. The session is read-only; only `writing` says otherwise.
        self._reads = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._writes = self.engine.execution_options(postgresql_readonly=False)

    async def open(self) -> None:
        """Make the pool of the data."""
        self.pool = await asyncpg.create_pool(
            min_size=0,
            max_size=self._pool_size,
            timeout=_CONNECT_SECONDS,
            # For a server that is gone without a word: what it still answers, it cuts off itself before.
            command_timeout=self._statement_timeout + RETRY_AFTER_SECONDS,
            reset=_nothing_to_reset,
            server_settings={"application_name": "hydrotheque-api", "options": self._pool_options},
        )

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """A read-only connection of the data's pool, each statement a transaction of its own; raises ReadError."""
        try:
            async with asyncio.timeout(self._pool_timeout):
                connection = await self.pool.acquire()
            try:
                yield connection
            finally:
                await self.pool.release(connection)
        except FAILURES as error:
            raise ReadError(error) from error

    async def connect_alone(self, name: str, statement_timeout: float) -> asyncpg.Connection:
        """A read-only connection of one's own, beside the pool, for one long statement."""
        variables = self.environment_alone(name, statement_timeout)
        settings = {"application_name": name, "options": variables["PGOPTIONS"]}
        return await asyncpg.connect(timeout=_CONNECT_SECONDS, server_settings=settings)

    def environment_alone(self, name: str, statement_timeout: float) -> dict[str, str]:
        """libpq's variables of such a connection, for another process."""
        session = _SESSION | {"statement_timeout": f"{round(statement_timeout * 1000)}ms", "jit": "off"}
        return {"PGAPPNAME": name, "PGOPTIONS": _options(session), "PGCONNECT_TIMEOUT": str(_CONNECT_SECONDS)}

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only connection. Open and close it within one function: a request that kept one between two of its
        steps would need a thread to go on, while all threads may be waiting for a connection."""
        with self._reads.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection in a read-write transaction, committed at the end unless something was raised."""
        with self._writes.begin() as connection:
            yield connection

    def connections(self) -> dict[tuple[str, str], int]:
        """How many connections there are, by pool (`data`, `users`) and state (`busy`, `idle`)."""
        size, idle, users = self.pool.get_size(), self.pool.get_idle_size(), self.engine.pool
        assert isinstance(users, QueuePool)  # noqa: S101  (what an engine has unless told otherwise)
        return {
            ("data", "busy"): size - idle,
            ("data", "idle"): idle,
            ("users", "busy"): users.checkedout(),
            ("users", "idle"): users.checkedin(),
        }

    async def close(self) -> None:
        """Close every connection of both pools; a read under way may finish within the time it has anyway."""
        try:
            async with asyncio.timeout(self._statement_timeout):
                await self.pool.close()
        except TimeoutError:
            self.pool.terminate()
        self.engine.dispose()


async def _nothing_to_reset(_: asyncpg.Connection) -> None:
    """A read of ours leaves nothing behind; asyncpg's own reset would cost one more exchange per request."""


def _options(session: dict[str, str]) -> str:
    # PGOPTIONS comes last: what an operator says there wins over ours.
    return " ".join([*(f"-c {name}={value}" for name, value in session.items()), os.environ.get("PGOPTIONS", "")])
