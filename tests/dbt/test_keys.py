"""Primary and foreign keys, read from pg_constraint after any sequence of builds."""

from typing import Any

import psycopg
import pytest

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
VIEWS = ("version_donnees", "etat_source", "etat_table")
CONSTRAINTS = """
    select c.conrelid::regclass::text, c.contype::text,
        (select string_agg(a.attname, ',' order by k.position)
         from unnest(c.conkey) with ordinality as k (attnum, position)
         join pg_attribute as a on a.attrelid = c.conrelid and a.attnum = k.attnum),
        nullif(c.confrelid, 0)::regclass::text
    from pg_constraint as c where c.connamespace = 'marts'::regnamespace and c.contype in ('p', 'f') and c.convalidated
"""


def _keys(connection: psycopg.Connection) -> list[tuple[str, ...]]:
    connection.execute("set search_path = marts")
    return sorted(connection.execute(CONSTRAINTS).fetchall(), key=str)


def test_the_chain_built_every_key(warehouse: Any) -> None:
    with psycopg.connect(warehouse.url) as connection:
        assert _keys(connection) == sorted(KEYS, key=str)


def test_every_column_is_explained_in_the_database(warehouse: Any) -> None:
    query = """
        select table_name || '.' || column_name from information_schema.columns
        where table_schema = 'marts'
        and col_description((table_schema || '.' || table_name)::regclass, ordinal_position) is null
    """
    with psycopg.connect(warehouse.url) as connection:
        assert connection.execute(query).fetchall() == []


@pytest.mark.parametrize("role", ["analyste", "api_service"])
def test_readers_may_read_every_mart(warehouse: Any, role: str) -> None:
    query = """
        select table_name, has_table_privilege(%s, 'marts.' || table_name, 'select')
        from information_schema.tables where table_schema = 'marts'
    """
    with psycopg.connect(warehouse.url) as connection:
        granted = dict(connection.execute(query, (role,)).fetchall())
    assert granted == dict.fromkeys((*(table for table, *_ in KEYS), *VIEWS), True)


def test_keys_survive_any_sequence_of_builds(source: Any, dbt: Any) -> None:
    sequence = [
        ("build", "--exclude-resource-type", "unit_test"),
        ("run",),
        ("run", "--full-refresh"),
        ("run", "--full-refresh", "-s", "localisation"),
        ("run", "--full-refresh", "-s", "info_nappe", "producteur"),
        ("run", "-s", "staging"),
    ]
    for args in sequence:
        result = dbt(source.env, *args)
        assert result.success, (args, result.exception)
        assert _keys(source.connection) == sorted(KEYS, key=str), args


def test_a_row_without_its_parent_stops_the_run(source: Any, dbt: Any) -> None:
    assert dbt(source.env, "run").success
    source.sql("alter table marts.nappe drop constraint nappe_code_bss_fkey")
    source.sql("insert into marts.nappe (code_bss, date_mesure, mesures_du_jour) values ('nobody', '2024-01-01', 1)")

    result = dbt(source.env, "run", "-s", "localisation")

    assert not result.success
    messages = " ".join(str(r.message) for r in result.result.results)
    assert "nappe_code_bss_fkey" in messages
    assert "nobody" in messages
