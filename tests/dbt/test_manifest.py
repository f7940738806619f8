"""What the project says about itself: nothing undescribed, nothing unkeyed, nothing read past the layers."""

import re
from typing import Any

from dbt.contracts.graph.manifest import Manifest
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from api.models import table_of
from api.models.marts import VersionDonnees
from api.sources import OF_TABLE
from ingestion.sources.meteo.sim2_csv import KEY, VARIABLES

FOREIGN_KEYS = {
    ("meteo", "lambx,lamby", "localisation"),
    ("info_nappe", "lambx,lamby", "localisation"),
    ("info_nappe", "code_commune_insee", "commune"),
    ("nappe", "code_bss", "info_nappe"),
    ("nappe", "code_nature_mesure", "nature_mesure"),
    ("nappe", "code_continuite", "continuite"),
    ("nappe", "code_producteur", "producteur"),
    ("meteo_mensuelle", "lambx,lamby", "localisation"),
    ("nappe_mensuelle", "code_bss", "info_nappe"),
    ("indicateur_piezometrique", "code_bss", "info_nappe"),
    ("indicateur_piezometrique", "code_bss,mois", "nappe_mensuelle"),
    ("piezo_meteo", "code_bss,date_mesure", "nappe"),
    ("piezo_meteo", "lambx,lamby", "localisation"),
    ("nappe_signalement", "code_bss", "info_nappe"),
    ("capteur", "code_insee", "commune"),
    ("mesure_capteur", "code_capteur", "capteur"),
    ("mesure_capteur_jour", "code_capteur", "capteur"),
    ("lacune_capteur", "code_capteur", "capteur"),
    ("commune_reseau", "code_insee", "commune"),
    ("commune_reseau", "cdreseau", "reseau_distribution"),
    ("prelevement", "cdreseau", "reseau_distribution"),
    ("resultat_analyse", "cdparametresiseeaux", "parametre"),
    ("conformite_commune", "code_insee", "commune"),
}
LONG_TYPES = {"timestamptz": "timestamp with time zone"}
# dbt_project/docs/overview.md explains them; `column x` names the column of the row that has the unit.
UNITS = {
    "mm", "m", "hm", "km", "km²", "m NGF", "°", "°C", "%", "m/s", "g/kg", "J/cm²", "m³/m³", "h", "B", "1",
    "column unite", "column cdunitereferencesiseeaux", "column texte",
}  # fmt: skip
# Numbers that are labels: codes, years, the number of a package.
LABELS = re.compile(r"code_\w+|(\w+_)?annee|version")


def _models(manifest: Manifest, schema: str | None = None) -> list[Any]:
    return [n for n in manifest.nodes.values() if n.resource_type == "model" and schema in (None, n.schema)]


def _snapshots(manifest: Manifest) -> list[Any]:
    return [n for n in manifest.nodes.values() if n.resource_type == "snapshot"]


def _names(manifest: Manifest, nodes: list[str]) -> set[str]:
    return {manifest.nodes[node].name for node in nodes if node in manifest.nodes}


def test_parse_gives_no_warning(manifest: Manifest, parsed: dict[str, Any]) -> None:
    assert parsed["warnings"] == []


def test_models_sources_and_columns_are_described(manifest: Manifest) -> None:
    tables = [*_models(manifest), *_snapshots(manifest), *manifest.sources.values()]
    bare = [
        f"{table.name}.{column.name}" for table in tables for column in table.columns.values() if not column.description
    ]
    bare += [table.name for table in tables if not table.columns or not table.description.startswith("One row per")]
    assert bare == []


def test_no_column_of_a_relation_is_left_out(manifest: Manifest, warehouse: Any) -> None:
    """The contract sees to a mart's; of a view or a raw table, only the database knows."""
    found: dict[str, set[str]] = {}
    for schema, table, column in warehouse.rows(
        "select table_schema, table_name, column_name from information_schema.columns where column_name !~ '^_dlt_'"
    ):
        found.setdefault(f"{schema}.{table}", set()).add(column)
    documented = {
        f"{node.schema}.{node.name}": set(node.columns)
        for node in [*_models(manifest), *_snapshots(manifest), *manifest.sources.values()]
        if node.resource_type == "source" or node.config.materialized != "ephemeral"
    }
    assert {name: found.get(name) for name in documented} == documented


def _tables(manifest: Manifest) -> list[Any]:
    return [mart for mart in _models(manifest, "marts") if mart.config.materialized != "view"]


def test_marts_have_a_contract_and_a_key_without_a_name(manifest: Manifest) -> None:
    for mart in _tables(manifest):
        keys = [c for c in mart.constraints if c.type == "primary_key"]
        assert mart.contract.enforced, mart.name
        assert [key.name for key in keys] == [None], mart.name


def test_marts_are_never_swapped_on_an_ordinary_build(manifest: Manifest) -> None:
    assert {mart.config.materialized for mart in _tables(manifest)} == {"incremental"}


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


def test_nothing_names_a_relation_itself(manifest: Manifest) -> None:
    """Models, snapshots, tests, analyses: they say ref() or source(). test_portable.py reads what models become."""
    schemas = {node.schema for node in [*_models(manifest), *_snapshots(manifest), *manifest.sources.values()]}
    named = re.compile(rf"\b({'|'.join(schemas)})\.\w")
    assert [n.name for n in manifest.nodes.values() if named.search(re.sub(r"--.*|{#.*?#}", "", n.raw_code))] == []


def test_only_marts_are_public_and_all_of_them(manifest: Manifest) -> None:
    for model in _models(manifest):
        assert (model.access == "public") == (model.schema == "marts"), model.name
        assert model.access != "public" or model.contract.enforced, model.name


def test_every_model_has_a_group_and_every_group_an_owner(manifest: Manifest) -> None:
    assert [model.name for model in _models(manifest) if model.config.group != model.fqn[2]] == []
    assert {model.config.group for model in _models(manifest)} == {group.name for group in manifest.groups.values()}
    assert [group.name for group in manifest.groups.values() if not (group.owner.name and group.description)] == []


def test_a_number_of_the_marts_has_a_unit(manifest: Manifest) -> None:
    numbers = ("double precision", "numeric", "real", "integer", "bigint")
    bare = [
        f"{mart.name}.{column.name}"
        for mart in _models(manifest, "marts")
        for column in mart.columns.values()
        if column.data_type in numbers and "unit" not in column.meta and not LABELS.fullmatch(column.name)
    ]
    assert bare == []


def test_a_description_has_one_unit_wherever_it_stands(manifest: Manifest) -> None:
    units: dict[str, set[str | None]] = {}
    for table in [*_models(manifest), *_snapshots(manifest), *manifest.sources.values()]:
        for column in table.columns.values():
            units.setdefault(column.description, set()).add(column.meta.get("unit"))
    assert {text: found for text, found in units.items() if len(found) > 1} == {}
    assert set().union(*units.values()) - {None} == UNITS


def test_the_exposures_say_who_reads_what(manifest: Manifest) -> None:
    exposures = {exposure.name: exposure for exposure in manifest.exposures.values()}
    assert set(exposures) == {"api", "analystes", "flows"}
    assert [name for name, exposure in exposures.items() if not (exposure.description and exposure.owner.name)] == []
    assert _names(manifest, exposures["api"].depends_on.nodes) == {*_served(), "etat_source", "etat_table"}
    read = {node.name for node in [*_models(manifest, "marts"), *_snapshots(manifest)]}
    assert _names(manifest, exposures["analystes"].depends_on.nodes) == read


def _served() -> dict[str, Table]:
    """The tables of api/models that dbt builds, by name."""
    return {table.name: table for table in map(table_of, (*OF_TABLE, VersionDonnees))}


def test_the_models_of_the_api_are_the_contracts(manifest: Manifest) -> None:
    """Columns, types, what may be null, keys."""
    for name, table in _served().items():
        contract = manifest.nodes[f"model.hydrotheque.{name}"]
        declared = {
            column.name: (LONG_TYPES.get(column.data_type, column.data_type), not column.constraints)
            for column in contract.columns.values()
        }
        is_view = contract.config.materialized == "view"  # its columns cannot be declared not null
        found = {
            column.name: (column.type.compile(postgresql.dialect()).lower(), is_view or column.nullable)
            for column in table.c
        }
        assert found == declared, name
        keys = [key.columns for key in contract.constraints if key.type == "primary_key"]
        assert is_view or [column.name for column in table.primary_key] == keys[0], name


def test_meteo_has_the_columns_of_sim2_in_their_order(manifest: Manifest) -> None:
    expected = [*KEY, *VARIABLES, "nom_du_fichier"]
    for name in ("stg_meteo__quotidien", "meteo"):
        assert list(manifest.nodes[f"model.hydrotheque.{name}"].columns) == expected
