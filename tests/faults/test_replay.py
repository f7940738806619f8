"""The lake is the record: every schema can be dropped and comes back from it, the same."""

from pathlib import Path
from typing import Any

import pytest

from ingestion.errors import SettingsError
from ingestion.simulator.server import running
from ingestion.warehouse import initialise
from tests.faults.months import MONTH_2
from tests.faults.proxy import FOR_EVER, Faults, csv, records
from tests.helpers.warehouse import TestWarehouse

YEAR = "QUOT_SIM2_2023.csv.gz"
OF_LOADING = ("_dlt_load_id", "_dlt_id")  # of the load, not of the lake's package: all else is the lake's


def undated(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Three records without a day, to be refused, and one a hundred metres too high, to be flagged."""
    edited = [row | ({"date_mesure": "hier"} if number < 3 else {}) for number, row in enumerate(rows)]
    edited[-2]["niveau_nappe_eau"] += 100
    return edited


def untyped(lines: list[str]) -> list[str]:
    return [*lines[:10], lines[10].replace(";", ";x", 3), *lines[11:]]


@pytest.fixture(scope="module")
def in_use(two_months: TestWarehouse, files: Path, tmp_path_factory: pytest.TempPathFactory) -> TestWarehouse:
    """Two months, and a third collection in which some records are refused, all built."""
    faults = Faults()
    faults.add("/chroniques", records(undated), FOR_EVER)
    faults.add(YEAR, csv(untyped), FOR_EVER)
    with running(MONTH_2, cache_dir=files, middleware=[faults.middleware()]) as url:
        place = two_months.clone(tmp_path_factory.mktemp("replay")).at(url)
        return place.month("meteo", "piezometrie").build()


def test_loading_from_the_lake_into_a_warehouse_in_use_gives_the_same_rows(in_use: TestWarehouse) -> None:
    raw, marts, history = in_use.raw(left_out=OF_LOADING), in_use.marts(), in_use.history(left_out=())
    assert not history["snapshots.nappe_historique"].startswith("0 rows")
    in_use.load(from_lake=True)
    assert in_use.raw(left_out=OF_LOADING) == raw
    assert in_use.marts() == marts
    in_use.build("--select", "+resource_type:snapshot", "--indirect-selection", "cautious")
    assert in_use.history(left_out=()) == history


def test_a_lake_without_a_package_is_not_loaded_from(in_use: TestWarehouse, tmp_path: Path) -> None:
    raw = in_use.raw()
    with pytest.raises(SettingsError, match=r"^HYDROTHEQUE_LAKE_URL: file://.*typo holds no package; nothing was"):
        in_use.at("http://127.0.0.1:9", lake_url=(tmp_path / "typo").as_uri()).load(from_lake=True)
    assert in_use.raw() == raw


def test_every_schema_comes_back_from_the_lake_alone(in_use: TestWarehouse) -> None:
    raw, marts = in_use.raw(left_out=OF_LOADING), in_use.marts(left_out=())
    assert not [table for table, rows in marts.items() if rows.startswith("0 rows")]
    drop_all_but_the_users(in_use)
    initialise(in_use.settings, in_use.owner)
    in_use.load(from_lake=True)
    assert in_use.raw(left_out=OF_LOADING) == raw
    in_use.build()
    assert in_use.marts(left_out=()) == marts
    # of the history, what stands: the versions before are in backups
    levels = in_use.rows("SELECT count(*), 0 FROM marts.nappe")
    assert in_use.rows("SELECT count(*), count(dbt_valid_to) FROM snapshots.nappe_historique") == levels


def drop_all_but_the_users(place: TestWarehouse) -> None:
    schemas = place.rows(
        "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' "
        "AND nspname NOT IN ('information_schema', 'public', 'app')"
    )
    with place.owner.connect() as connection:
        connection.execute("DROP SCHEMA " + ", ".join(name for (name,) in schemas) + " CASCADE")
