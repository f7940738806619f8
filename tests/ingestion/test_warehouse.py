"""The embedded PostgreSQL and the warehouse: who gets in, what is set up, what is refused."""

import os
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from ingestion.errors import HydrothequeError, WarehouseError
from ingestion.settings import load_settings
from ingestion.warehouse import connection as module
from ingestion.warehouse import exclusive, initialise, open_warehouse
from ingestion.warehouse.embedded import BIN, EmbeddedPostgres
from tests.helpers.warehouse import TestWarehouse


def test_psql_and_sqlalchemy_connect_with_the_printed_url(empty_warehouse: TestWarehouse) -> None:
    url = empty_warehouse.url
    shown = subprocess.run([BIN / "psql", url, "-Atc", "SHOW search_path"], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "marts, snapshots, public"
    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        assert connection.scalar(sqlalchemy.text("SELECT current_user")) == "hydrotheque"


@pytest.mark.parametrize("password", ["", "wrong"])
def test_nobody_gets_in_without_the_password(empty_warehouse: TestWarehouse, password: str) -> None:
    intruder = replace(empty_warehouse.owner, password=password)
    for role in ("hydrotheque", "postgres", "api_service"):
        with pytest.raises(WarehouseError, match="password"):
            replace(intruder, user=role).connect()


def test_the_server_listens_on_loopback_and_no_socket(empty_warehouse: TestWarehouse) -> None:
    assert empty_warehouse.rows("SHOW listen_addresses") == [("127.0.0.1",)]
    configuration = (empty_warehouse.settings.home / "postgres" / "data" / "postgresql.conf").read_text()
    assert "unix_socket_directories = ''" in configuration
    rules = (empty_warehouse.settings.home / "postgres" / "data" / "pg_hba.conf").read_text().splitlines()
    assert {rule.split()[-1] for rule in rules if rule.split() and rule[0] != "#"} == {"scram-sha-256"}


def test_the_passwords_are_readable_by_their_owner_only(home: Path, empty_warehouse: TestWarehouse) -> None:
    assert stat.S_IMODE((home / "postgres" / "server.json").stat().st_mode) == 0o600
    assert empty_warehouse.owner.password not in repr(empty_warehouse.owner)
    assert not (home / "postgres" / "password").exists()


def test_the_owner_is_no_superuser(empty_warehouse: TestWarehouse) -> None:
    assert empty_warehouse.rows("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [(False,)]


def test_start_and_stop_are_idempotent_and_keep_the_data(home: Path) -> None:
    folder = home / "second"
    server = EmbeddedPostgres(folder)
    first = server.start()
    try:
        assert server.start() == first
        settings = load_settings(home=folder)
        with open_warehouse(settings).connect() as connection:
            connection.execute("CREATE TABLE kept (x int)")
        assert server.stop() is True
        assert server.stop() is False
        server.start()
        with open_warehouse(settings).connect() as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    finally:
        server.stop()


def test_with_pghost_nothing_is_started(tmp_path: Path, empty_warehouse: TestWarehouse) -> None:
    settings = load_settings(
        home=tmp_path, pghost="127.0.0.1", pgport=empty_warehouse.owner.port, pgpassword=empty_warehouse.owner.password
    )
    open_warehouse(settings).connect().close()
    assert not (tmp_path / "postgres").exists()


def test_initialise_twice_changes_nothing(empty_warehouse: TestWarehouse) -> None:
    schemas = "SELECT nspname, nspacl::text FROM pg_namespace ORDER BY 1"
    before = empty_warehouse.rows(schemas)
    initialise(empty_warehouse.settings, empty_warehouse.owner)
    assert empty_warehouse.rows(schemas) == before


def test_initialise_leaves_alone_the_tables_that_a_build_may_be_writing(empty_warehouse: TestWarehouse) -> None:
    """Every command begins with it, beside a run: a row of the catalogue written by both would fail the build."""
    with empty_warehouse.owner.connect() as owner:
        owner.execute("CREATE TABLE marts.t (x int); CREATE VIEW marts.v AS SELECT 1 AS x; CREATE TABLE snapshots.t ()")
    written = (
        "SELECT oid, xmin::text FROM pg_class WHERE relnamespace IN ('marts'::regnamespace, 'snapshots'::regnamespace)"
    )
    before = empty_warehouse.rows(written)
    initialise(empty_warehouse.settings, empty_warehouse.owner)
    assert empty_warehouse.rows(written) == before


def test_initialise_gives_readers_what_a_restore_does_not(empty_warehouse: TestWarehouse) -> None:
    with empty_warehouse.owner.connect() as owner:
        owner.execute("CREATE TABLE marts.t (x int); REVOKE ALL ON marts.t FROM api_service, analyste")
    initialise(empty_warehouse.settings, empty_warehouse.owner)
    for role in ("api_service", "analyste"):
        assert empty_warehouse.rows(f"SELECT has_table_privilege('{role}', 'marts.t', 'SELECT')") == [(True,)]


@pytest.mark.parametrize("role", ["api_service", "analyste"])
def test_readers_see_marts_and_nothing_else(empty_warehouse: TestWarehouse, role: str) -> None:
    with empty_warehouse.owner.connect() as owner:
        owner.execute("CREATE TABLE marts.lisible (x int)")
        owner.execute("CREATE TABLE raw_meteo.caché (x int)")
    reader = replace(open_warehouse(empty_warehouse.settings, role), database=empty_warehouse.owner.database)
    with reader.connect() as connection:
        assert connection.execute("SELECT count(*) FROM lisible").fetchone() == (0,)
        connection.execute("SET default_transaction_read_only = off")
        for statement in (
            "INSERT INTO marts.lisible VALUES (1)",
            "SELECT * FROM raw_meteo.caché",
            "SELECT * FROM control.construction",
            "CREATE TABLE marts.autre (x int)",
            "CREATE TABLE public.autre (x int)",
            "DROP TABLE marts.lisible",
        ):
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable)):
                connection.execute(statement)


def test_a_second_run_leaves_at_once(empty_warehouse: TestWarehouse) -> None:
    with (
        exclusive(empty_warehouse.owner),
        pytest.raises(HydrothequeError, match="another run is under way"),
        exclusive(empty_warehouse.owner),
    ):
        pass
    with exclusive(empty_warehouse.owner):
        pass


def test_an_old_server_is_refused(empty_warehouse: TestWarehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MINIMUM_VERSION", 99)
    with pytest.raises(WarehouseError, match=r"is version 18; 99 or later is needed"):
        empty_warehouse.owner.connect()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user of the machine")
def test_another_user_of_the_machine_cannot_read_the_passwords(home: Path, empty_warehouse: TestWarehouse) -> None:
    read = subprocess.run(
        ["cat", home / "postgres" / "server.json"], check=False, capture_output=True, text=True, user="nobody", group=0
    )
    assert read.returncode != 0
    assert empty_warehouse.owner.password not in read.stdout
