"""The owner and its database on a server of one's own, made by an administrator who is no superuser, as in a cloud."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from ingestion.errors import SettingsError, WarehouseError
from ingestion.settings import Settings, load_settings
from ingestion.warehouse import Warehouse, initialise, open_warehouse
from ingestion.warehouse.embedded import EmbeddedPostgres
from ingestion.warehouse.owner import create

PASSWORDS = {"administrateur": "pwd-of-admin", "proprietaire": "pwd-of-owner", "lecteur": "pwd-of-reader"}
_databases = (f"owner_{number}" for number in count(1))


@pytest.fixture(scope="module")
def superuser(home: Path) -> Iterator[psycopg.Connection]:
    """The superuser of a server without a role yet, who makes an administrator such as clouds give."""
    embedded = EmbeddedPostgres(home / "owner")
    server = embedded.start()
    postgres = Warehouse("127.0.0.1", server.port, "postgres", server.passwords["postgres"], "postgres")
    with postgres.connect() as connection:
        connection.execute(
            sql.SQL("CREATE ROLE administrateur LOGIN CREATEROLE CREATEDB PASSWORD {}").format(
                PASSWORDS["administrateur"]
            )
        )
        yield connection
    embedded.stop()


@pytest.fixture
def settings(home: Path, superuser: psycopg.Connection) -> Settings:
    """Settings as in the job that sets up a new server."""
    return load_settings(
        home=home,
        pghost="127.0.0.1",
        pgport=superuser.info.port,
        pguser="proprietaire",
        pgpassword=PASSWORDS["proprietaire"],
        pgdatabase=next(_databases),
        admin_login="administrateur",
        admin_password=PASSWORDS["administrateur"],
    )


def test_the_owner_is_no_superuser_and_can_set_up_its_database(settings: Settings) -> None:
    create(settings)
    owner = open_warehouse(settings)
    initialise(settings, owner)
    with owner.connect() as connection:
        rights = connection.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert rights == (False, False, True)
        assert connection.execute("SELECT to_regclass('control.paquet_charge') IS NOT NULL").fetchone() == (True,)


def test_creating_it_again_changes_the_password_only(settings: Settings) -> None:
    create(settings)
    initialise(settings, open_warehouse(settings))
    renewed = settings.model_copy(update={"pgpassword": "another-password"})
    create(renewed)
    with open_warehouse(renewed).connect() as connection:
        assert connection.execute("SELECT to_regclass('control.paquet_charge') IS NOT NULL").fetchone() == (True,)
    with pytest.raises(WarehouseError, match="password authentication failed"):
        open_warehouse(settings).connect()
    create(settings)


def test_the_analysts_log_in_under_the_name_of_the_settings_and_read_only(settings: Settings) -> None:
    create(settings)
    settings = settings.model_copy(update={"readonly_username": "lecteur", "analyste_password": PASSWORDS["lecteur"]})
    owner = open_warehouse(settings)
    initialise(settings, owner)
    initialise(settings, owner)
    with owner.connect() as connection:
        connection.execute("CREATE TABLE marts.essai AS SELECT 1 AS valeur")
    reader = replace(owner, user="lecteur", password=PASSWORDS["lecteur"])
    with reader.connect() as connection:
        assert connection.execute("SELECT valeur FROM essai").fetchone() == (1,)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("DELETE FROM marts.essai")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"admin_login": ""}, "HYDROTHEQUE_ADMIN_LOGIN is not set"),
        ({"admin_password": ""}, "HYDROTHEQUE_ADMIN_PASSWORD is not set"),
        ({"pghost": ""}, "PGHOST is not set"),
        ({"admin_login": "proprietaire"}, "HYDROTHEQUE_ADMIN_LOGIN: proprietaire is the owner itself"),
    ],
)
def test_what_is_missing_is_named(settings: Settings, changes: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        create(settings.model_copy(update=changes))


def test_an_administrator_without_the_right_is_one_line(settings: Settings, superuser: psycopg.Connection) -> None:
    superuser.execute("CREATE ROLE sans_droit LOGIN PASSWORD 'pwd'")
    powerless = settings.model_copy(update={"admin_login": "sans_droit", "admin_password": "pwd", "pguser": "un_autre"})
    with pytest.raises(WarehouseError, match=r"sans_droit cannot create un_autre .* it needs CREATEROLE and CREATEDB"):
        create(powerless)
