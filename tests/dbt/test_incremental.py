"""Incremental builds give what a full refresh gives, keep what they revise and touch nothing else."""

import pytest

from tests.dbt.conftest import Dbt, StartBuilt
from tests.dbt.story import HISTORIES, INVENTEE, PIEZOMETRIE, Story, play
from tests.helpers.raw_tables import BRUTE, CONTROLEE, RawTables


@pytest.fixture(scope="module")
def story(start_built: StartBuilt, dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> Story:
    return play(start_built(tmp_path_factory.mktemp("story")), dbt)


@pytest.mark.parametrize("name", ["built", "again", "revised", "told", "overlapping", "listed", "refreshed"])
def test_the_marts_follow_the_raw_tables(story: Story, name: str) -> None:
    assert story[name].built == story[name].expected


def test_incremental_builds_equal_a_full_refresh(story: Story) -> None:
    assert story["listed"].checksums == story["refreshed"].checksums


def test_measures_of_a_station_that_nobody_lists_are_refused_until_it_is_listed(story: Story) -> None:
    unknown = "station not in the list of the provider"
    refused = [("C/3, 2024-01-01", unknown, True), ("C/3, 2024-01-02", unknown, True)]
    assert story["overlapping"].rejet == refused
    assert story["listed"].rejet == [("2025, ligne 2, colonne T", "not a number", True)]


def test_a_build_without_news_touches_no_row(story: Story) -> None:
    built = story["built"]
    assert all(built.marts[f"marts.{m}"] for m in ("localisation", "meteo", "info_nappe", "producteur", "nappe"))
    assert story["again"].marts == built.marts
    assert story["told"].marts == story["revised"].marts


def test_a_package_that_is_not_completely_loaded_is_not_built(story: Story) -> None:
    assert story["incomplete"].marts == story["built"].marts
    assert story["revised"].marts["marts.meteo"] != story["built"].marts["marts.meteo"]


def test_a_doubtful_value_is_told_by_the_run_that_brings_it(story: Story) -> None:
    assert story["again"].warnings == []
    assert story["revised"].warnings == ["meteo_within_physical_bounds", "nappe_known_statut"]
    assert story["told"].warnings == []


def test_the_history_says_what_nappe_said_at_any_instant(story: Story) -> None:
    assert [len(state.nappe) for state in story.states.values()] == [6, 6, 6, 6, 6, 7, 9, 9]
    assert story.past == {name: state.nappe for name, state in story.states.items()}


def test_each_revision_is_a_version(story: Story) -> None:
    versions = sorted(
        (row["date_mesure"], row["dbt_valid_from"], row["niveau_nappe_eau"], row["statut"], not row["dbt_valid_to"])
        for row in story.histories["nappe_historique"]
        if row["code_bss"] == "A/1" and row["date_mesure"] >= "2024-01-03"
    )
    assert [(day, *rest) for day, _, *rest in versions] == [
        ("2024-01-03", 3.0, BRUTE, False),
        ("2024-01-03", 33.0, CONTROLEE, True),
        ("2024-01-04", 4.0, BRUTE, False),
        ("2024-01-04", 4.0, CONTROLEE, True),
        ("2024-01-05", 5.0, BRUTE, False),
        ("2024-01-05", 5.5, BRUTE, True),
        ("2024-01-06", 6.0, INVENTEE, False),
    ]


def test_a_station_that_moved_and_was_renamed_keeps_its_past(story: Story) -> None:
    """More measures make no version."""
    versions = sorted(
        (row["code_bss"], row["dbt_valid_from"], row["libelle_pe"], row["x_lambert2"], row["lambx"])
        for row in story.histories["info_nappe_historique"]
    )
    assert [(code, *rest) for code, _, *rest in versions] == [
        ("A/1", None, 60_100, 600),
        ("A/1", "Puits", 68_100, 680),
        ("B/2", None, 1_000_000, None),
        ("C/3", None, 60_100, 600),
    ]


def test_a_build_without_news_adds_no_version_and_touches_none(story: Story) -> None:
    """Nor does a full refresh."""
    built = story["built"].histories
    assert [len(built[f"snapshots.{history}"]) for history in HISTORIES] == [6, 2]
    assert story["again"].histories == built
    assert story["told"].histories == story["revised"].histories
    assert story["refreshed"].histories == story["listed"].histories


def test_the_analyses_tell_what_changed(story: Story) -> None:
    answers = story.analyses
    assert [row[1:] for row in answers["mouvements_de_nappe"]] == [(6, 0, 0), (1, 2, 1), (2, 0, 1), (2, 0, 0)]
    assert [(row[0], row[1].isoformat(), row[2]) for row in answers["nappe_a_une_date"]] == [
        ("A/1", "2024-01-05", 5.5),
        ("B/2", "2024-02-01", 2.0),
        ("C/3", "2024-01-02", 9.0),
    ]
    assert [(row[1].isoformat(), *row[3:7]) for row in answers["niveaux_revises"]] == [
        ("2024-01-03", 3.0, 33.0, BRUTE, CONTROLEE),
        ("2024-01-04", 4.0, 4.0, BRUTE, CONTROLEE),
    ]
    [[code, _, *moved]] = answers["piezometres_deplaces"]
    assert (code, *moved) == ("A/1", None, "Puits", None, None, 8_000.0)


def test_a_producer_recoded_and_renamed_is_the_same_in_a_full_refresh(built: RawTables, dbt: Dbt) -> None:
    run = ("run", "-s", *PIEZOMETRIE)
    built.measures("B/2", "2024-01-01", [("2024-01-01", 7.0, BRUTE, "1")], names={"1": "Ancien"})
    for code, name in (("9", "Neuf"), ("1", "Nouveau nom"), ("2", "Autre")):
        built.measures("A/1", "2024-01-01", [("2024-01-01", 1.0, BRUTE, code)], names={code: name})
        dbt(built.warehouse, *run)
    marts = [f"marts.{mart}" for mart in PIEZOMETRIE]
    incremental = built.warehouse.checksums(marts, left_out=())
    # 10 and 20 are those of the fixture: no measure carries them nor 9 any more
    assert built.run("select code_producteur, nom_producteur from marts.producteur order by 1") == [
        ("1", "Nouveau nom"),
        ("10", "producteur 10"),
        ("2", "Autre"),
        ("20", "producteur 20"),
        ("9", "Neuf"),
    ]

    dbt(built.warehouse, *run, "--full-refresh")

    assert built.warehouse.checksums(marts, left_out=()) == incremental
