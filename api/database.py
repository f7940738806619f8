"""The connections to PostgreSQL.

Where the server is, and as whom, is said by libpq's own variables (PGHOST, PGPORT, PGUSER, PGPASSWORD,
PGDATABASE, PGSSLMODE…).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from dotenv import dotenv_values
from sqlalchemy import Connection, Engine, NullPool, create_engine

# Sync routes run in this many threads, and a thread holds one connection at most: with as many connections
# as threads, nobody waits for the pool.
THREADS = 40
RETRY_AFTER_SECONDS = 5

_URL = "postgresql+psycopg://"
_SESSION = {
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
    "default_transaction_read_only": "on",
    "TimeZone": "UTC",
}


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
    """A pool of connections. Nothing connects before the first use."""

    def __init__(self) -> None:
        libpq_variables_of_dotenv()
        # PGOPTIONS comes last: what an operator says there wins over ours.
        options = [f"-c {name}={value}" for name, value in _SESSION.items()]
        self.engine: Engine = create_engine(
            _URL,
            pool_size=THREADS,
            max_overflow=0,
            pool_timeout=RETRY_AFTER_SECONDS,
            # The text of an error goes to the log; the values (an e-mail) do not.
            hide_parameters=True,
            connect_args={
                "fallback_application_name": "hydrotheque-api",
                "connect_timeout": 3,
                "options": " ".join([*options, os.environ.get("PGOPTIONS", "")]),
            },
        )
        # Reads are single statements: autocommit saves the BEGIN and the ROLLBACK around each, and leaves no open
        # transaction in the way of a table swap. The session is read-only; only `writing` says otherwise.
        self._reads = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._writes = self.engine.execution_options(postgresql_readonly=False)

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

    def close(self) -> None:
        """Close every connection of the pool."""
        self.engine.dispose()
