"""Backup and restore: what was there is there again, nothing is overwritten unasked, half a restore is none."""

import stat
from pathlib import Path

import pytest

from flows.chain import steps
from flows.run import Run
from flows.upkeep import backup as backups
from flows.upkeep.migration import migrate
from ingestion.errors import WarehouseError
from ingestion.warehouse import Warehouse
from tests.helpers.command import hydrotheque
from tests.helpers.warehouse import TestWarehouse

ADA = "INSERT INTO app.users (username, email, hashed_password) VALUES ('ada', 'ada@example.org', 'x')"


@pytest.fixture(scope="module")
def saved(warehouse: TestWarehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the warehouse that all tests share."""
    file = tmp_path_factory.mktemp("backup") / "warehouse.dump"
    backups.backup(warehouse.owner, file)
    return file


def contents(warehouse: Warehouse, left_out: str = "none") -> dict[str, str]:
    """Rows and checksum of every table but dlt's, and but those of a schema."""
    with warehouse.connect() as connection:
        names = connection.execute(
            "SELECT schemaname || '.' || tablename FROM pg_tables WHERE tablename !~ '^_dlt' "
            "AND schemaname !~ '_staging$|^pg_catalog$|^information_schema$' AND schemaname <> %s ORDER BY 1",
            (left_out,),
        ).fetchall()
        return {
            name: connection.execute(
                f"SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {name} t"
            ).fetchone()[0]
            for (name,) in names
        }


def test_what_was_there_is_there_again(
    saved: Path, warehouse: TestWarehouse, empty_warehouse: TestWarehouse, tmp_path: Path
) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    done = hydrotheque("db", "restore", saved, PGDATABASE=empty_warehouse.owner.database)
    assert (done.returncode, done.stderr) == (0, "")
    assert contents(empty_warehouse.owner, left_out="app") == contents(warehouse.owner, left_out="app")
    keys = """SELECT conrelid::regclass::text, conname FROM pg_constraint
        WHERE contype IN ('p', 'f') AND connamespace::regnamespace::text = 'marts' ORDER BY 1, 2"""
    assert empty_warehouse.rows(keys) == warehouse.rows(keys)
    as_the_api = Warehouse(
        **vars(empty_warehouse.owner) | {"user": "api_service", "password": _password(empty_warehouse)}
    )
    with as_the_api.connect() as connection:
        assert connection.execute("SELECT count(*) FROM marts.meteo").fetchone() == (110_400,)
        assert connection.execute("SELECT count(*) FROM app.users").fetchone() is not None

    before = contents(empty_warehouse.owner)
    refused = hydrotheque("db", "restore", saved, PGDATABASE=empty_warehouse.owner.database)
    assert refused.returncode == 4
    assert "--force replaces everything in it" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    half = tmp_path / "half.dump"
    half.write_bytes(saved.read_bytes()[: saved.stat().st_size // 2])
    with pytest.raises(WarehouseError, match="nothing was restored"):
        backups.restore(empty_warehouse.owner, half, force=True)
    assert contents(empty_warehouse.owner) == before


def test_drop_everything_restore_and_build(saved: Path, empty_warehouse: TestWarehouse, tmp_path: Path) -> None:
    """Users, rows that were revised, what is collected: all of it is as it was, and a build changes nothing."""
    backups.restore(empty_warehouse.owner, saved)
    migrate(empty_warehouse.settings)
    with empty_warehouse.owner.connect() as connection:
        connection.execute(ADA)
        before = contents(empty_warehouse.owner)
        file = tmp_path / "all.dump"
        backups.backup(empty_warehouse.owner, file)
        for schema in sorted({name.split(".")[0] for name in before}):
            connection.execute(f"DROP SCHEMA {schema} CASCADE")
    done = hydrotheque("db", "restore", file, PGDATABASE=empty_warehouse.owner.database)
    assert (done.returncode, done.stderr) == (0, "")
    assert contents(empty_warehouse.owner) == before
    assert not before["app.users"].startswith("0 ")
    steps.build(Run(empty_warehouse.settings, empty_warehouse.owner))
    assert contents(empty_warehouse.owner, left_out="control") == {
        name: sums for name, sums in before.items() if not name.startswith("control.")
    }


def _password(warehouse: TestWarehouse) -> str:
    return warehouse.api_env["PGPASSWORD"]


def test_a_light_backup_holds_what_the_lake_does_not(empty_warehouse: TestWarehouse, tmp_path: Path) -> None:
    migrate(empty_warehouse.settings)
    with empty_warehouse.owner.connect() as connection:
        connection.execute(ADA)
        connection.execute("CREATE TABLE marts.t (n int)")
        connection.execute("CREATE TABLE snapshots.nappe_historique AS SELECT 'before' AS statut")
        connection.execute("INSERT INTO control.paquet_charge (domaine, paquet) VALUES ('meteo', '1.2')")
    file = tmp_path / "light.dump"
    backups.backup(empty_warehouse.owner, file, light=True)
    before = contents(empty_warehouse.owner)
    with empty_warehouse.owner.connect() as connection:
        connection.execute("DELETE FROM app.users; DELETE FROM control.station_suivie; DROP SCHEMA snapshots CASCADE")
    with pytest.raises(WarehouseError, match="holds 1 tables of data: nothing was restored"):
        backups.restore(empty_warehouse.owner, file)
    assert backups.restore(empty_warehouse.owner, file, force=True), "a light one"
    del before["marts.t"]
    assert "snapshots.nappe_historique" in before
    after = contents(empty_warehouse.owner)
    # What is in no raw schema is not loaded: whatever loads next loads it.
    assert after.pop("control.paquet_charge") != before.pop("control.paquet_charge")
    with empty_warehouse.owner.connect() as connection:
        assert connection.execute("SELECT count(*) FROM control.paquet_charge").fetchone() == (0,)
    assert after == before


@pytest.mark.parametrize(("content", "message"), [(None, "no such file"), (b"not a backup", "not appear to be")])
def test_a_file_that_is_no_backup(
    empty_warehouse: TestWarehouse, tmp_path: Path, content: bytes | None, message: str
) -> None:
    file = tmp_path / "file"
    if content:
        file.write_bytes(content)
    with pytest.raises(WarehouseError, match=message):
        backups.restore(empty_warehouse.owner, file)


def test_a_folder_that_does_not_exist(empty_warehouse: TestWarehouse, tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="cannot be written"):
        backups.backup(empty_warehouse.owner, tmp_path / "missing" / "file")
