"""What the marts said before: what a build reads for it and leaves of it when it fails; who may read it."""

import psycopg

from ingestion.warehouse import open_warehouse
from tests.dbt.conftest import BY_INDEX, Dbt
from tests.helpers.raw_tables import CONTROLEE, RawTables
from tests.helpers.warehouse import TestWarehouse

READ = ("marts.nappe", "snapshots.nappe_historique")
VERSIONS = (
    "select niveau_nappe_eau, dbt_valid_to is null from snapshots.nappe_historique where {} order by dbt_valid_from"
)


def test_a_build_that_fails_leaves_every_version_as_it_was(built: RawTables, dbt: Dbt) -> None:
    built.measures("A/1", "2024-01-03", [("2024-01-03", 34.0, CONTROLEE, "10")])
    built.run("alter table snapshots.nappe_historique add constraint stopped check (niveau_nappe_eau <> 34)")
    before = built.warehouse.versions(["snapshots.nappe_historique"])

    result = dbt(built.warehouse, "build", "-s", "nappe", "nappe_historique", check=False)

    assert [r.node.name for r in result.result.results if r.status == "error"] == ["nappe_historique"]
    assert built.warehouse.versions(["snapshots.nappe_historique"]) == before


def test_only_what_was_read_again_is_compared(built: RawTables, dbt: Dbt) -> None:
    """A version outside the scope may even differ from the mart: no build looks at it. No table is read as a whole."""
    built.run("update snapshots.nappe_historique set niveau_nappe_eau = -1 where code_bss = 'B/2'")
    built.measures("A/1", "2024-01-03", [("2024-01-03", 34.0, CONTROLEE, "10")])
    dbt(built.warehouse, "run", "-s", "nappe")
    before = built.warehouse.counters("seq_tup_read", *READ)
    dbt(built.warehouse, "snapshot", "-s", "nappe_historique", **BY_INDEX)
    assert built.warehouse.counters("seq_tup_read", *READ) == before
    assert built.run(VERSIONS.format("code_bss = 'B/2'")) == [(-1.0, True)]
    third = VERSIONS.format("code_bss = 'A/1' and date_mesure = '2024-01-03'")
    assert built.run(third) == [(3.0, False), (34.0, True)]
    later = "code_bss = 'A/1' and date_mesure > '2024-01-03' and dbt_valid_to is null"
    assert built.run(VERSIONS.format(later)) == []


def test_analysts_read_the_history_and_the_api_does_not(warehouse: TestWarehouse) -> None:
    with psycopg.connect(open_warehouse(warehouse.settings, "analyste").url, autocommit=True) as connection:
        current = "select count(*) from Nappe_Historique where dbt_valid_to is null"
        assert connection.execute(current).fetchone() == connection.execute("select count(*) from Nappe").fetchone()
    assert warehouse.rows("select has_schema_privilege('api_service', 'snapshots', 'usage')") == [(False,)]
