"""On a server of one's own: the owner's role and its database, made by the server's administrator."""

import psycopg
from psycopg import sql

from ingestion.errors import SettingsError, WarehouseError
from ingestion.settings import PREFIX, Settings
from ingestion.warehouse.connection import Warehouse
from ingestion.warehouse.setup import set_password

MAINTENANCE_DATABASE = "postgres"  # which every server has


def create(settings: Settings) -> None:
    """Create the role `PGUSER` and the database `PGDATABASE` that it owns, or bring them to what the settings say.

    The role is no superuser: it may create roles, and owns this database. Its password is set each time.
    Raises SettingsError when no administrator is named, WarehouseError when the server refuses.
    """
    for name, value in {
        "PGHOST": settings.pghost,
        "PGPASSWORD": settings.pgpassword,
        f"{PREFIX}ADMIN_LOGIN": settings.admin_login,
        f"{PREFIX}ADMIN_PASSWORD": settings.admin_password,
    }.items():
        if not value:
            raise SettingsError(f"{name} is not set: creating the owner and its database needs a server to do it on")
    if settings.admin_login == settings.pguser:
        raise SettingsError(f"{PREFIX}ADMIN_LOGIN: {settings.pguser} is the owner itself; name the administrator")
    administrator = Warehouse(
        settings.pghost, settings.pgport, settings.admin_login, settings.admin_password, MAINTENANCE_DATABASE
    )
    with administrator.connect() as connection:
        try:
            _ensure_owner(connection, settings.pguser, settings.pgpassword)
            _ensure_database(connection, settings.pgdatabase, settings.pguser)
        except psycopg.errors.InsufficientPrivilege as error:
            raise WarehouseError(
                f"role {settings.admin_login} cannot create {settings.pguser} and its database: "
                f"{error.diag.message_primary}; it needs CREATEROLE and CREATEDB"
            ) from None


def _ensure_owner(connection: psycopg.Connection, owner: str, password: str) -> None:
    name = sql.Identifier(owner)
    if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (owner,)).fetchone() is None:
        connection.execute(sql.SQL("CREATE ROLE {} CREATEROLE").format(name))
    set_password(connection, owner, password)
    # Only a member of a role may give it a database.
    connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(name))


def _ensure_database(connection: psycopg.Connection, database: str, owner: str) -> None:
    names = {"database": sql.Identifier(database), "owner": sql.Identifier(owner)}
    row = connection.execute(
        "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", (database,)
    ).fetchone()
    if row is None:
        connection.execute(sql.SQL("CREATE DATABASE {database} OWNER {owner}").format(**names))
    elif row[0] != owner:
        connection.execute(sql.SQL("ALTER DATABASE {database} OWNER TO {owner}").format(**names))
