"""The PostgreSQL everything lands in: which server, and the lock of a run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote

import psycopg

from ingestion.errors import BusyError, WarehouseError
from ingestion.settings import Settings
from ingestion.warehouse.embedded import HOST, OWNER, EmbeddedPostgres

MINIMUM_VERSION = 15  # MERGE, which dbt uses
DBT_SCHEMAS = ("staging", "intermediate", "marts", "snapshots")
READERS = ("api_service", "analyste")
LOCK_KEY = 0x4879647271  # any number that nothing else in this database locks


@dataclass(frozen=True)
class Warehouse:
    """A PostgreSQL database and the role that connects to it."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str

    @property
    def url(self) -> str:
        """One libpq URL, password included."""
        secret = f":{quote(self.password, safe='')}" if self.password else ""
        if self.host.startswith("/"):  # the folder of a socket; dlt wants a host name all the same
            return (
                f"postgresql://{quote(self.user)}{secret}@localhost:{self.port}/{quote(self.database)}?host={self.host}"
            )
        return f"postgresql://{quote(self.user)}{secret}@{self.host}:{self.port}/{quote(self.database)}"

    @property
    def env(self) -> dict[str, str]:
        """The same as libpq's environment variables, for dbt, psql and the API."""
        return {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGDATABASE": self.database,
        }

    def connect(self) -> psycopg.Connection:
        """Open an autocommit connection.

        Raises WarehouseError when nobody answers, or what answers is not PostgreSQL 15 or later.
        """
        try:
            connection = psycopg.connect(self.url, autocommit=True, connect_timeout=10)
        except psycopg.OperationalError as error:
            reason = str(error).strip().splitlines()[0]
            raise WarehouseError(f"PostgreSQL at {self.host}:{self.port}: {reason}") from None
        version = connection.info.server_version // 10000
        if version < MINIMUM_VERSION:
            connection.close()
            raise WarehouseError(
                f"PostgreSQL at {self.host}:{self.port} is version {version}; {MINIMUM_VERSION} or later is needed"
            )
        return connection


def open_warehouse(settings: Settings, role: str = OWNER) -> Warehouse:
    """Return the warehouse of the settings, starting the embedded server when `PGHOST` is not set.

    `role` is the owner, `api_service` or `analyste`. On a server of one's own the passwords of the last two
    come from the settings; without one the owner connects in their place.
    """
    if not settings.pghost:
        server = EmbeddedPostgres(settings.home).start()
        return Warehouse(HOST, server.port, role, server.passwords[role], settings.pgdatabase)
    user, password = settings.pguser, settings.pgpassword
    if role != OWNER and (own := reader_passwords(settings)[role]):
        user, password = role, own
    return Warehouse(settings.pghost, settings.pgport, user, password, settings.pgdatabase)


def reader_passwords(settings: Settings) -> dict[str, str]:
    """Return the passwords of the reading roles; empty where the settings give none."""
    if not settings.pghost:
        passwords = EmbeddedPostgres(settings.home).start().passwords
        return {role: passwords[role] for role in READERS}
    analyste = settings.analyste_password if settings.readonly_username == "analyste" else ""
    return {"api_service": settings.api_service_password, "analyste": analyste}


def marts(connection: psycopg.Connection) -> list[str]:
    """Return the names of the tables in `marts`."""
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'marts' ORDER BY tablename")
    return [name for (name,) in rows]


@contextmanager
def exclusive(warehouse: Warehouse, wait: timedelta = timedelta(0)) -> Iterator[Callable[[], None]]:
    """Hold the lock of a run: collecting, loading and building are done by one process at a time.

    Yields what raises WarehouseError once the lock is lost, with the connection that held it. Raises BusyError when
    another process holds it, and still does after `wait`.
    """
    with warehouse.connect() as connection:
        connection.execute(f"SET lock_timeout = {max(1, int(wait.total_seconds() * 1000))}")  # ms; 0 would be for ever
        try:
            connection.execute("SELECT pg_advisory_lock(%s)", (LOCK_KEY,))
        except psycopg.errors.LockNotAvailable:
            raise BusyError("another run is under way on this warehouse; try again when it has ended") from None

        def still_held() -> None:
            try:
                connection.execute("SELECT 1")
            except psycopg.OperationalError:
                text = "the connection that kept other runs away is gone, and nothing more was begun; run it again"
                raise WarehouseError(text) from None

        yield still_held
