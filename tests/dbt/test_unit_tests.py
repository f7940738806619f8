"""The dbt unit tests and data tests, on a small warehouse."""

from tests.dbt.conftest import Dbt
from tests.helpers.raw_tables import RawTables


def test_build_is_green_with_every_unit_test(raw: RawTables, dbt: Dbt) -> None:
    results = dbt(raw.warehouse, "build").result.results

    assert len([r for r in results if r.node.resource_type == "unit_test"]) >= 20
    assert [r.node.name for r in results if r.status == "warn"] == []
