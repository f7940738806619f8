"""The PostgreSQL everything lands in: which server, its schemas and roles, and the lock of a run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote

import psycopg
from psycopg import sql

from ingestion import control, journal
from ingestion.domains import DOMAINS
from ingestion.embedded import HOST, OWNER, EmbeddedPostgres
from ingestion.errors import BusyError, WarehouseError
from ingestion.settings import Settings

MINIMUM_VERSION = 15  # MERGE, which dbt uses
DBT_SCHEMAS = ("staging", "intermediate", "marts", "snapshots")
READERS = ("api_service", "analyste")
LOCK_KEY = 0x4879647271  # any number that nothing else in this database locks

CONTROL_TABLES = r"""
CREATE TABLE IF NOT EXISTS control.paquet_charge (
    numero bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    domaine text NOT NULL,
    paquet text NOT NULL,
    charge_le timestamptz NOT NULL DEFAULT now(),
    UNIQUE (domaine, paquet)
);
CREATE TABLE IF NOT EXISTS control.construction (
    modele text PRIMARY KEY,
    numero bigint NOT NULL,
    construit_le timestamptz NOT NULL DEFAULT now()
);
DO $$
BEGIN  -- the API reads the table at every request: an ALTER that changes nothing would lock it all the same
    IF NOT EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = 'control.construction'::regclass AND attname = 'usage'
    ) THEN
        ALTER TABLE control.construction ADD COLUMN usage text;
        UPDATE control.construction SET usage = CASE
            WHEN modele LIKE '%:tests' THEN 'tests'
            WHEN modele LIKE '%\_historique' THEN 'history'
            WHEN modele LIKE 'int\_%' THEN 'intermediate'
            ELSE 'marts'
        END;
    END IF;
END
$$;
COMMENT ON TABLE control.paquet_charge IS 'One row per lake package completely loaded into a raw schema';
COMMENT ON TABLE control.construction IS 'One row per table of dbt, or its tests: the last package number it holds';
COMMENT ON COLUMN control.construction.usage IS 'What holds it: marts, history, intermediate, tests (of a mart)';
"""


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
    if role != OWNER and (own := _reader_passwords(settings)[role]):
        user, password = role, own
    return Warehouse(settings.pghost, settings.pgport, user, password, settings.pgdatabase)


def initialise(settings: Settings, warehouse: Warehouse) -> None:
    """Create what is missing of schemas, control tables and roles; safe to run at any time.

    Raises WarehouseError when the owner lacks a right for it.
    """
    schemas = ("control", *(domain.schema for domain in DOMAINS.values()), *DBT_SCHEMAS)
    with warehouse.connect() as connection, connection.transaction():
        # Two first runs at once would both see the roles missing.
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK_KEY + 1,))
        try:
            for schema in schemas:
                connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
            connection.execute("SET LOCAL client_min_messages = warning")
            connection.execute(CONTROL_TABLES)
            connection.execute(control.TABLES)
            connection.execute(journal.TABLES)
            journal.know(connection, DOMAINS)
            control.follow(connection, control.FIRST_STATIONS)
            control.follow_sensors(connection, control.FIRST_SENSORS)
            for statement in (
                "ALTER DATABASE {} SET search_path = marts, snapshots, public",
                "REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC",  # a reader makes no table of any kind
            ):
                connection.execute(sql.SQL(statement).format(sql.Identifier(warehouse.database)))
            for role, password in _reader_passwords(settings).items():
                _ensure_reader(connection, role, password, renew=bool(settings.pghost))
            if settings.readonly_username not in READERS:
                _ensure_login(connection, settings.readonly_username, "analyste", settings.analyste_password)
        except psycopg.errors.InsufficientPrivilege as error:
            raise WarehouseError(
                f"role {warehouse.user} cannot set up database {warehouse.database}: {error.diag.message_primary}; "
                "it needs CREATE on the database and CREATEROLE"
            ) from None


def _reader_passwords(settings: Settings) -> dict[str, str]:
    if not settings.pghost:
        passwords = EmbeddedPostgres(settings.home).start().passwords
        return {role: passwords[role] for role in READERS}
    analyste = settings.analyste_password if settings.readonly_username == "analyste" else ""
    return {"api_service": settings.api_service_password, "analyste": analyste}


def set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    """Let a role log in with a password, of which the server sees and logs the verifier only."""
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    statement = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}")
    connection.execute(statement.format(sql.Identifier(role), sql.Literal(verifier.decode())))


def _ensure_role(connection: psycopg.Connection, role: str) -> bool:
    """Create a role that is not there; True when it may log in."""
    name = sql.Identifier(role)
    known = connection.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    if known is None:
        connection.execute(sql.SQL("CREATE ROLE {}").format(name))
        if role != "api_service":  # the API says so itself, for each of its connections
            connection.execute(sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(name))
            # A transaction left open would hold up a full refresh, and all who read behind it.
            connection.execute(sql.SQL("ALTER ROLE {} SET idle_in_transaction_session_timeout = '10min'").format(name))
    return bool(known and known[0])


def _ensure_login(connection: psycopg.Connection, role: str, group: str, password: str) -> None:
    _ensure_role(connection, role)
    connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(role)))
    if password:
        set_password(connection, role, password)


def _ensure_reader(connection: psycopg.Connection, role: str, password: str, *, renew: bool) -> None:
    name = sql.Identifier(role)
    logs_in = _ensure_role(connection, role)
    if password and (renew or not logs_in):
        set_password(connection, role, password)
    schemas = ("marts",) if role == "api_service" else ("marts", "snapshots")
    for schema in map(sql.Identifier, schemas):
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, name))
        connection.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}").format(schema, name))
        connection.execute(
            sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA {} GRANT SELECT ON TABLES TO {}").format(schema, name)
        )


def grant_application(warehouse: Warehouse) -> None:
    """Let `api_service` read and write the users and the attempts, and nothing else of `app`; after the migrations."""
    with warehouse.connect() as connection:
        connection.execute("GRANT USAGE ON SCHEMA app TO api_service")
        connection.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON app.users, app.attempts TO api_service")


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
