"""A month with nothing new calls no dbt; whatever a build could change makes the next month build."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from flows.chain import news, steps
from flows.run import Run
from ingestion.settings import ROOT
from tests.helpers.warehouse import DATABASE, TestWarehouse, chain


class CalledError(Exception):
    """dbt was called."""


def called() -> Any:
    raise CalledError


def build(warehouse: TestWarehouse, **options: bool) -> Run:
    run = Run(warehouse.settings, warehouse.owner, dbt_runner=called)
    steps.build(run, **options)
    return run


@pytest.fixture
def transaction(warehouse: TestWarehouse) -> Iterator[psycopg.Connection]:
    """A connection whose changes are taken back."""
    with psycopg.connect(warehouse.url) as connection:
        assert news.nothing_new(connection)
        yield connection
        connection.rollback()


def test_a_month_without_news_is_unchanged_and_a_build_by_hand_is_one(warehouse: TestWarehouse) -> None:
    run = build(warehouse)
    assert (run.built.unchanged, run.built.nodes) == (True, [])
    with pytest.raises(CalledError):
        build(warehouse, always=True)
    with pytest.raises(CalledError):
        steps.build(Run(warehouse.settings, warehouse.owner, dbt_runner=called), "--select", "meteo")


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO control.paquet_charge (domaine, paquet) VALUES ('meteo', 'new')",
        "DELETE FROM control.construction WHERE modele = 'commune'",
        "DELETE FROM control.construction WHERE modele = 'meteo:tests'",
        "UPDATE control.construction SET numero = 0 WHERE modele = 'nappe'",
        "INSERT INTO control.conservation VALUES ('meteo', now())",
        "DROP TABLE marts.piezo_meteo",
        "DROP TABLE snapshots.nappe_historique",
        "DELETE FROM control.construction_entiere",
    ],
)
def test_a_change_in_the_warehouse_is_news(transaction: psycopg.Connection, change: str) -> None:
    transaction.execute(change)
    assert not news.nothing_new(transaction)


@pytest.mark.parametrize("file", ["dbt_project.yml", "dbt_project/models/marts/meteo/meteo.sql", "dbt_project/new.sql"])
def test_a_change_in_the_project_is_news(
    transaction: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "dbt_project", tmp_path / "dbt_project")
    monkeypatch.setattr(news, "ROOT", tmp_path)
    assert news.nothing_new(transaction)
    with (tmp_path / file).open("a") as changed:
        changed.write("\n")
    assert not news.nothing_new(transaction)


def test_a_build_that_fails_is_tried_again(home: Path, tmp_path: Path) -> None:
    place = chain(tmp_path, DATABASE)
    place.rows("DELETE FROM control.construction_entiere")
    for _ in range(2):
        with pytest.raises(CalledError):
            build(place)
