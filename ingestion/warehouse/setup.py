"""What a database is given before the first run: schemas, the tables of `control` (schema.sql), roles and rights."""

from pathlib import Path

import psycopg
from psycopg import sql

from ingestion.control import followed, journal
from ingestion.errors import WarehouseError
from ingestion.settings import Settings
from ingestion.sources import SOURCES
from ingestion.warehouse.connection import DBT_SCHEMAS, LOCK_KEY, READERS, Warehouse, reader_passwords

SCHEMA = Path(__file__).with_name("schema.sql")
# A grant writes the table's row in the catalogue. A build may be writing the same row: grant only what is missing.
_UNREADABLE = """
    SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(%(schema)s) AND relkind IN ('r', 'p', 'v', 'm')
    AND NOT has_table_privilege(%(role)s, oid, 'SELECT')
"""


def initialise(settings: Settings, warehouse: Warehouse) -> None:
    """Create what is missing of schemas, control tables and roles; safe to run at any time.

    Raises WarehouseError when the owner lacks a right for it.
    """
    schemas = ("control", *(source.schema for source in SOURCES.values()), *DBT_SCHEMAS)
    with warehouse.connect() as connection, connection.transaction():
        # Two first runs at once would both see the roles missing.
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK_KEY + 1,))
        try:
            for schema in schemas:
                connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
            connection.execute("SET LOCAL client_min_messages = warning")
            connection.execute(SCHEMA.read_text())
            journal.know(connection, SOURCES)
            followed.follow(connection, followed.FIRST_STATIONS)
            followed.follow_sensors(connection, followed.FIRST_SENSORS)
            for statement in (
                "ALTER DATABASE {} SET search_path = marts, snapshots, public",
                "REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC",  # a reader makes no table of any kind
            ):
                connection.execute(sql.SQL(statement).format(sql.Identifier(warehouse.database)))
            for role, password in reader_passwords(settings).items():
                _ensure_reader(connection, role, password, renew=bool(settings.pghost))
            if settings.readonly_username not in READERS:
                _ensure_login(connection, settings.readonly_username, "analyste", settings.analyste_password)
        except psycopg.errors.InsufficientPrivilege as error:
            raise WarehouseError(
                f"role {warehouse.user} cannot set up database {warehouse.database}: {error.diag.message_primary}; "
                "it needs CREATE on the database and CREATEROLE"
            ) from None


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
    for schema_name in schemas:
        schema = sql.Identifier(schema_name)
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, name))
        for (table,) in connection.execute(_UNREADABLE, {"schema": schema_name, "role": role}).fetchall():
            connection.execute(sql.SQL("GRANT SELECT ON {}.{} TO {}").format(schema, sql.Identifier(table), name))
        connection.execute(
            sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA {} GRANT SELECT ON TABLES TO {}").format(schema, name)
        )


def grant_application(warehouse: Warehouse) -> None:
    """Let `api_service` read and write the users and the attempts, and nothing else of `app`; after the migrations."""
    with warehouse.connect() as connection:
        connection.execute("GRANT USAGE ON SCHEMA app TO api_service")
        connection.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON app.users, app.attempts TO api_service")
