"""Primary and foreign keys, read from pg_constraint after any sequence of builds."""

import pytest

from tests.dbt.conftest import Dbt
from tests.helpers.raw_tables import RawTables
from tests.helpers.warehouse import TestWarehouse

KEYS = {
    ("localisation", "p", "lambx,lamby", None),
    ("meteo", "p", "lambx,lamby,date", None),
    ("meteo", "f", "lambx,lamby", "localisation"),
    ("info_nappe", "p", "code_bss", None),
    ("info_nappe", "f", "lambx,lamby", "localisation"),
    ("info_nappe", "f", "code_commune_insee", "commune"),
    ("commune", "p", "code_insee", None),
    ("nature_mesure", "p", "code_nature_mesure", None),
    ("continuite", "p", "code_continuite", None),
    ("producteur", "p", "code_producteur", None),
    ("nappe", "p", "code_bss,date_mesure", None),
    ("nappe", "f", "code_bss", "info_nappe"),
    ("nappe", "f", "code_nature_mesure", "nature_mesure"),
    ("nappe", "f", "code_continuite", "continuite"),
    ("nappe", "f", "code_producteur", "producteur"),
    ("meteo_mensuelle", "p", "lambx,lamby,mois", None),
    ("meteo_mensuelle", "f", "lambx,lamby", "localisation"),
    ("nappe_mensuelle", "p", "code_bss,mois", None),
    ("nappe_mensuelle", "f", "code_bss", "info_nappe"),
    ("indicateur_piezometrique", "p", "code_bss,mois", None),
    ("indicateur_piezometrique", "f", "code_bss", "info_nappe"),
    ("indicateur_piezometrique", "f", "code_bss,mois", "nappe_mensuelle"),
    ("piezo_meteo", "p", "code_bss,date_mesure", None),
    ("piezo_meteo", "f", "code_bss,date_mesure", "nappe"),
    ("piezo_meteo", "f", "lambx,lamby", "localisation"),
    ("nappe_signalement", "p", "code_bss,nature,date_debut", None),
    ("nappe_signalement", "f", "code_bss", "info_nappe"),
    ("rejet", "p", "rejet_id", None),
    ("capteur", "p", "code_capteur", None),
    ("capteur", "f", "code_insee", "commune"),
    ("mesure_capteur", "p", "code_capteur,grandeur,instant", None),
    ("mesure_capteur", "f", "code_capteur", "capteur"),
    ("mesure_capteur_jour", "p", "code_capteur,grandeur,jour", None),
    ("mesure_capteur_jour", "f", "code_capteur", "capteur"),
    ("lacune_capteur", "p", "code_capteur,grandeur,debut", None),
    ("lacune_capteur", "f", "code_capteur", "capteur"),
    ("reseau_distribution", "p", "cdreseau", None),
    ("commune_reseau", "p", "code_insee,quartier,cdreseau", None),
    ("commune_reseau", "f", "code_insee", "commune"),
    ("commune_reseau", "f", "cdreseau", "reseau_distribution"),
    ("parametre", "p", "cdparametresiseeaux", None),
    ("prelevement", "p", "referenceprel,cdreseau,annee", None),
    ("prelevement", "f", "cdreseau", "reseau_distribution"),
    ("resultat_analyse", "p", "referenceprel,cdparametresiseeaux,referenceanl,annee", None),
    ("resultat_analyse", "f", "cdparametresiseeaux", "parametre"),
    ("conformite_commune", "p", "code_insee,annee", None),
    ("conformite_commune", "f", "code_insee", "commune"),
}
EXPECTED = sorted(KEYS, key=str)
VIEWS = ("version_donnees", "etat_source", "etat_table")
CONSTRAINTS = """
    select (select relname from pg_class where oid = c.conrelid), c.contype::text,
        (select string_agg(a.attname, ',' order by k.position)
         from unnest(c.conkey) with ordinality as k (attnum, position)
         join pg_attribute as a on a.attrelid = c.conrelid and a.attnum = k.attnum),
        (select relname from pg_class where oid = c.confrelid)
    from pg_constraint as c where c.connamespace = 'marts'::regnamespace and c.contype in ('p', 'f') and c.convalidated
"""


def _keys(warehouse: TestWarehouse) -> list[tuple[str, ...]]:
    return sorted(warehouse.rows(CONSTRAINTS), key=str)


def test_the_chain_built_every_key(warehouse: TestWarehouse) -> None:
    assert _keys(warehouse) == EXPECTED


def test_every_column_is_explained_in_the_database(warehouse: TestWarehouse) -> None:
    query = """
        select table_name || '.' || column_name from information_schema.columns
        where table_schema = 'marts'
        and col_description((table_schema || '.' || table_name)::regclass, ordinal_position) is null
    """
    assert warehouse.rows(query) == []


@pytest.mark.parametrize("role", ["analyste", "api_service"])
def test_readers_may_read_every_mart(warehouse: TestWarehouse, role: str) -> None:
    query = """
        select table_name, has_table_privilege(%s, 'marts.' || table_name, 'select')
        from information_schema.tables where table_schema = 'marts'
    """
    granted = dict(warehouse.rows(query, role))
    assert granted == dict.fromkeys((*(table for table, *_ in KEYS), *VIEWS), True)


def test_keys_survive_any_sequence_of_builds(built: RawTables, dbt: Dbt) -> None:
    sequence = [
        ("build", "-s", "group:meteo", "group:piezometrie", "--exclude-resource-type", "unit_test"),
        ("run", "-s", "marts"),
        ("run", "-s", "marts", "--full-refresh"),
        ("run", "-s", "localisation", "--full-refresh"),
        ("run", "-s", "info_nappe", "producteur", "--full-refresh"),
        ("run", "-s", "staging"),
    ]
    assert _keys(built.warehouse) == EXPECTED
    for arguments in sequence:
        dbt(built.warehouse, *arguments)
        assert _keys(built.warehouse) == EXPECTED, arguments


def test_a_row_without_its_parent_stops_the_run(built: RawTables, dbt: Dbt) -> None:
    built.run("alter table marts.nappe drop constraint nappe_code_bss_fkey")
    built.run("insert into marts.nappe (code_bss, date_mesure, mesures_du_jour) values ('nobody', '2024-01-01', 1)")

    result = dbt(built.warehouse, "run", "-s", "localisation", check=False)

    assert not result.success
    messages = " ".join(str(r.message) for r in result.result.results)
    assert "nappe_code_bss_fkey" in messages
    assert "nobody" in messages
