"""How old the sources may grow: our reading, and the provider's own days."""

from pathlib import Path

from dbt.contracts.graph.manifest import Manifest

from tests.dbt.conftest import Dbt
from tests.helpers.raw_tables import RawTables
from tests.helpers.warehouse import DATABASE, TestWarehouse, chain


def _freshness(warehouse: TestWarehouse, dbt: Dbt) -> dict[str, str]:
    """Return the status of each source table that has a limit; check that dbt fails when one of them does."""
    result = dbt(warehouse, "source", "freshness", check=False)
    limited = [run for run in result.result.results if run.node.resource_type == "source"]
    statuses = {f"{run.node.source_name}.{run.node.name}": str(run.status) for run in limited}
    assert result.success == (not {"error", "runtime error"} & set(statuses.values()))
    return statuses


def test_a_warehouse_just_built_is_fresh(home: Path, tmp_path: Path, dbt: Dbt) -> None:
    statuses = _freshness(chain(tmp_path, DATABASE), dbt)
    assert len(statuses) >= 5
    assert set(statuses.values()) == {"pass"}


def test_what_was_read_too_long_ago_is_told(raw: RawTables, dbt: Dbt) -> None:
    watched = {
        "control.paquet_charge": "update control.paquet_charge set charge_le = now() - %s * interval '1 day'",
        "raw_meteo.lecture": "update raw_meteo.lecture set lu_le = now() - %s * interval '1 day'",
        "raw_piezometrie.lecture": "update raw_piezometrie.lecture set lu_le = now() - %s * interval '1 day'",
    }
    for days, expected in ((39, "pass"), (41, "warn"), (76, "error")):
        for update in watched.values():
            raw.run(update, days)
        statuses = _freshness(raw.warehouse, dbt)
        assert {name: statuses[name] for name in watched} == dict.fromkeys(watched, expected), days


def test_a_provider_that_publishes_no_more_is_told(raw: RawTables, dbt: Dbt) -> None:
    for (meteo, piezo), expected in {(44, 119): "pass", (46, 121): "warn", (76, 251): "error"}.items():
        raw.run("update raw_meteo.lecture set date_max = current_date - %s", meteo)
        raw.run("update raw_piezometrie.chroniques set date_mesure = current_date - %s", piezo)
        statuses = _freshness(raw.warehouse, dbt)
        assert {statuses["raw_meteo.sim2"], statuses["raw_piezometrie.chroniques"]} == {expected}, (meteo, piezo)
    raw.run("insert into control.origine values ('simulated 1')")  # its calendar stands still
    statuses = _freshness(raw.warehouse, dbt)
    assert {statuses["raw_meteo.sim2"], statuses["raw_piezometrie.chroniques"]} == {"pass"}


def test_every_source_has_a_limit_that_warns_and_one_that_fails(manifest: Manifest) -> None:
    limited = {
        source.source_name
        for source in manifest.sources.values()
        if source.freshness and source.freshness.warn_after and source.freshness.error_after
    }
    assert {source.source_name for source in manifest.sources.values()} - limited == set()
