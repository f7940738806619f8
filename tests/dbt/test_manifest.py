"""What the project says about itself: nothing undescribed, nothing unkeyed, nothing read past the layers."""

from typing import Any

import pytest
from dbt.contracts.graph.manifest import Manifest

from ingestion.sources.sim2_csv import KEY, VARIABLES

FOREIGN_KEYS = {
    ("meteo", "lambx,lamby", "localisation"),
    ("info_nappe", "lambx,lamby", "localisation"),
    ("nappe", "code_bss", "info_nappe"),
    ("nappe", "code_nature_mesure", "nature_mesure"),
    ("nappe", "code_continuite", "continuite"),
    ("nappe", "code_producteur", "producteur"),
}
NOWHERE = {"PGHOST": "127.0.0.1", "PGPORT": "1", "PGUSER": "nobody", "PGPASSWORD": "", "PGDATABASE": "none"}


@pytest.fixture(scope="module")
def parsed() -> dict[str, Any]:
    return {}


@pytest.fixture
def manifest(dbt: Any, parsed: dict[str, Any]) -> Manifest:
    """Parse once; parsing needs no server."""
    if not parsed:
        events: list[Any] = []
        result = dbt(NOWHERE, "parse", "--no-partial-parse", events=events)
        assert result.success, result.exception
        parsed |= {"manifest": result.result, "warnings": [e.info.msg for e in events if e.info.level == "warn"]}
    return parsed["manifest"]


def _models(manifest: Manifest, schema: str | None = None) -> list[Any]:
    return [n for n in manifest.nodes.values() if n.resource_type == "model" and schema in (None, n.schema)]


def test_parse_gives_no_warning(manifest: Manifest, parsed: dict[str, Any]) -> None:
    assert parsed["warnings"] == []


def test_models_sources_and_columns_are_described(manifest: Manifest) -> None:
    tables = [*_models(manifest), *manifest.sources.values()]
    bare = [
        f"{table.name}.{column.name}" for table in tables for column in table.columns.values() if not column.description
    ]
    bare += [table.name for table in tables if not table.columns or not table.description.startswith("One row per")]
    assert bare == []


def test_marts_have_a_contract_and_a_key_without_a_name(manifest: Manifest) -> None:
    for mart in _models(manifest, "marts"):
        keys = [c for c in mart.constraints if c.type == "primary_key"]
        assert mart.contract.enforced, mart.name
        assert [key.name for key in keys] == [None], mart.name


def test_marts_are_never_swapped_on_an_ordinary_build(manifest: Manifest) -> None:
    assert {mart.config.materialized for mart in _models(manifest, "marts")} == {"incremental"}


def test_declared_foreign_keys_are_those_of_the_design(manifest: Manifest) -> None:
    declared = {
        (mart.name, ",".join(c.columns), c.to.removeprefix("ref('").removesuffix("')"))
        for mart in _models(manifest, "marts")
        for c in mart.constraints
        if c.type == "foreign_key"
    }
    assert declared == FOREIGN_KEYS


def test_only_staging_reads_raw(manifest: Manifest) -> None:
    for model in _models(manifest):
        read = {manifest.sources[s].source_name for s in model.depends_on.nodes if s.startswith("source.")}
        assert model.schema == "staging" or read <= {"control"}, model.name


def test_no_model_names_a_relation_itself(manifest: Manifest) -> None:
    schemas = ("raw_meteo.", "raw_piezometrie.", "staging.", "intermediate.", "marts.", "control.")
    assert [m.name for m in _models(manifest) if any(schema in m.raw_code for schema in schemas)] == []


def test_meteo_has_the_columns_of_sim2_in_their_order(manifest: Manifest) -> None:
    expected = [*KEY, *VARIABLES, "nom_du_fichier"]
    for name in ("stg_meteo__quotidien", "meteo"):
        assert list(manifest.nodes[f"model.hydrotheque.{name}"].columns) == expected
