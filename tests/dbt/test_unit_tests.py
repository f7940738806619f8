"""The dbt unit tests and data tests, on a small warehouse."""

from typing import Any


def test_build_is_green_with_every_unit_test(source: Any, dbt: Any) -> None:
    result = dbt(source.env, "build")

    assert result.success, [r.message for r in result.result.results if r.status not in ("success", "pass", "warn")]
    units = [r for r in result.result.results if r.node.resource_type == "unit_test"]
    assert len(units) >= 20
    assert [r.node.name for r in result.result.results if r.status == "warn"] == []


def test_a_doubtful_value_is_told_by_the_run_that_brings_it(source: Any, dbt: Any) -> None:
    def warned() -> list[str]:
        result = dbt(source.env, "build", "--exclude-resource-type", "unit_test")
        assert result.success, result.exception
        return [r.node.name for r in result.result.results if r.status == "warn"]

    assert warned() == []
    source.file("2025", [(0, "2025-01-01", 99.0)], modified="2025-01-02")
    source.measures("A/1", "2024-01-03", [("2024-01-03", 3.0, "Donnée inventée", "10")])
    assert sorted(warned()) == ["meteo_within_physical_bounds", "nappe_known_statut"]
    assert warned() == []
