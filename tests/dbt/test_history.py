"""What the marts said before: versions of levels and of stations, and what a build reads for them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from ingestion.warehouse import open_warehouse

BUILD = ("build", "--resource-type", "model", "--resource-type", "snapshot")
HISTORY = ("-s", "+nappe_historique", "+info_nappe_historique")
NAPPE = "code_bss, date_mesure::text, niveau_nappe_eau, statut, qualification, code_producteur"
TABLES = ("nappe_historique", "info_nappe_historique")
ANALYSES = ("mouvements_de_nappe", "nappe_a_une_date", "niveaux_revises", "piezometres_deplaces")
BRUTE, CONTROLEE = "Donnée brute", "Donnée contrôlée niveau 1"
# The 3rd revised, the 4th confirmed with another statut, the 5th withdrawn, the 6th new.
REVISED = [
    ("2024-01-03", 33.0, CONTROLEE, "10"),
    ("2024-01-04", 4.0, CONTROLEE, "10"),
    ("2024-01-06", 6.0, BRUTE, "10"),
]


@dataclass
class Past:
    """A warehouse that was built, revised and built again, and what it said each time."""

    source: Any
    dbt: Any
    then: dict[datetime, list[tuple[Any, ...]]] = field(default_factory=dict)
    stored: list[dict[str, list[tuple[str, str]]]] = field(default_factory=list)

    @property
    def url(self) -> str:
        env = self.source.env
        return make_conninfo(
            host=env["PGHOST"], port=env["PGPORT"], user=env["PGUSER"], password=env["PGPASSWORD"],
            dbname=env["PGDATABASE"],
        )  # fmt: skip

    def run(self, *args: str) -> Any:
        return self.dbt(self.source.env, *BUILD, *(args if "-s" in args else (*HISTORY, *args)))

    def build(self, *args: str) -> None:
        """Build, and note what nappe says and how the versions are stored."""
        result = self.run(*args)
        assert result.success, (result.exception, [r.message for r in result.result.results if r.status == "error"])
        [[instant]] = self.source.sql("select clock_timestamp()")
        self.then[instant] = self.source.sql(f"select {NAPPE} from marts.nappe order by 1, 2")
        self.stored.append(self.versions())

    def versions(self) -> dict[str, list[tuple[str, str]]]:
        """Where PostgreSQL stores each version and who wrote it: other than before when anything was written."""
        return {t: self.source.sql(f"select xmin::text, ctid::text from snapshots.{t} order by 1, 2") for t in TABLES}

    def said(self, instant: datetime) -> list[tuple[Any, ...]]:
        """What the history says that nappe said."""
        return self.source.sql(
            f"""select {NAPPE} from snapshots.nappe_historique
            where dbt_valid_from <= %s and (dbt_valid_to is null or %s < dbt_valid_to) order by 1, 2""",
            instant, instant,
        )  # fmt: skip


@pytest.fixture(scope="module")
def kept() -> list[Past]:
    """A place for what the one run of this module gives."""
    return []


@pytest.fixture
def past(kept: list[Past], request: pytest.FixtureRequest) -> Past:
    if not kept:
        source = request.getfixturevalue("source")
        past = Past(source, request.getfixturevalue("dbt"))
        past.build()
        past.build("--full-refresh")
        source.sql("update raw_piezometrie.stations set nb_mesures_piezo = 7, date_fin_mesure = '2024-02-01'")
        source.sql(
            "update raw_piezometrie.stations set x_lambert2 = 68100, libelle_pe = 'Puits' where code_bss = 'A/1'"
        )
        source.measures("A/1", "2024-01-03", REVISED)
        past.build()
        # the 5th is there again, the 6th withdrawn; a station that nobody lists, then listed and not read again
        source.measures("A/1", "2024-01-05", [("2024-01-05", 5.5, BRUTE, "10")])
        source.measures("C/3", "2024-01-01", [("2024-01-01", 8.0, BRUTE, "40")])
        past.build()
        source.station("C/3")
        source.package("piezometrie")
        past.build()
        past.build("--full-refresh")
        kept.append(past)
    [past] = kept
    past.dbt = request.getfixturevalue("dbt")
    if past.source.connection.closed:  # by the test that built
        past.source.connection = psycopg.connect(past.url, autocommit=True)
    return past


def test_the_history_says_what_nappe_said_at_any_instant(past: Past) -> None:
    assert [len(rows) for rows in past.then.values()] == [6, 6, 6, 6, 7, 7]
    assert {instant: past.said(instant) for instant in past.then} == past.then


def test_each_revision_is_a_version(past: Past) -> None:
    versions = past.source.sql(
        "select date_mesure::text, niveau_nappe_eau, statut, dbt_valid_to is null from snapshots.nappe_historique "
        "where code_bss = 'A/1' and date_mesure >= '2024-01-03' order by date_mesure, dbt_valid_from"
    )
    assert versions == [
        ("2024-01-03", 3.0, BRUTE, False),
        ("2024-01-03", 33.0, CONTROLEE, True),
        ("2024-01-04", 4.0, BRUTE, False),
        ("2024-01-04", 4.0, CONTROLEE, True),
        ("2024-01-05", 5.0, BRUTE, False),
        ("2024-01-05", 5.5, BRUTE, True),
        ("2024-01-06", 6.0, BRUTE, False),
    ]


def test_a_station_that_moved_and_was_renamed_keeps_its_past(past: Past) -> None:
    versions = past.source.sql(
        "select libelle_pe, x_lambert2, lambx, dbt_valid_to is null from snapshots.info_nappe_historique "
        "where code_bss = 'A/1' order by dbt_valid_from"
    )
    assert versions == [(None, 60_100.0, 600, False), ("Puits", 68_100.0, 680, True)]
    # more measures make no version of B/2
    assert past.source.sql("select code_bss, count(*) from snapshots.info_nappe_historique group by 1 order by 1") == [
        ("A/1", 2), ("B/2", 1), ("C/3", 1),
    ]  # fmt: skip


def test_a_build_without_news_adds_no_version_and_touches_none(past: Past) -> None:
    assert [len(versions) for versions in past.stored[0].values()] == [6, 2]
    assert past.stored[1] == past.stored[0]
    assert past.stored[5] == past.stored[4]


def test_the_analyses_tell_what_changed(past: Past) -> None:
    result = past.dbt(past.source.env, "compile", "-s", *ANALYSES)
    assert result.success, result.exception
    queries = {run.node.name: run.node.compiled_code for run in result.result.results}
    answers = {name: past.source.sql(queries[name]) for name in ANALYSES}
    assert [row[1:] for row in answers["mouvements_de_nappe"]] == [(6, 0, 0), (1, 2, 1), (1, 0, 1), (1, 0, 0)]
    assert [row[:3] for row in answers["nappe_a_une_date"]] == [
        (code, past.source.sql(f"select '{day}'::date")[0][0], level)
        for code, day, level in (("A/1", "2024-01-05", 5.5), ("B/2", "2024-01-01", 7.0), ("C/3", "2024-01-01", 8.0))
    ]
    assert [(row[1].isoformat(), *row[3:7]) for row in answers["niveaux_revises"]] == [
        ("2024-01-03", 3.0, 33.0, BRUTE, CONTROLEE),
        ("2024-01-04", 4.0, 4.0, BRUTE, CONTROLEE),
    ]
    [[code, _, *moved]] = answers["piezometres_deplaces"]
    assert (code, *moved) == ("A/1", None, "Puits", None, None, 8_000.0)


def test_only_what_was_read_again_is_compared_and_a_build_that_fails_leaves_nothing(past: Past) -> None:
    """A version outside the scope may even differ from the mart: nobody looks. No table is read as a whole.

    Of so few rows PostgreSQL would rather read the whole table; the last build is told not to.
    """
    source = past.source
    source.sql("update snapshots.nappe_historique set niveau_nappe_eau = -1 where code_bss = 'B/2'")
    source.measures("A/1", "2024-01-03", [("2024-01-03", 34.0, CONTROLEE, "10")])
    source.sql("alter table snapshots.nappe_historique add constraint stopped check (niveau_nappe_eau <> 34)")
    before = past.versions()
    result = past.run()
    assert [r.node.name for r in result.result.results if r.status == "error"] == ["nappe_historique"]
    assert past.versions() == before  # the versions closed before the one refused are open again
    source.sql("alter table snapshots.nappe_historique drop constraint stopped")

    read = (
        "select seq_tup_read from pg_stat_user_tables where relname in ('nappe', 'nappe_historique') order by relname"
    )
    before_build = source.sql(read)
    source.env["PGOPTIONS"] = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
    past.build("-s", "nappe_historique")
    assert source.sql(read) == before_build
    counted = (
        "select niveau_nappe_eau, dbt_valid_to is null from snapshots.nappe_historique where {} order by dbt_valid_from"
    )
    assert source.sql(counted.format("code_bss = 'B/2'")) == [(-1.0, True)]
    assert source.sql(counted.format("code_bss = 'A/1' and date_mesure = '2024-01-03'")) == [
        (3.0, False), (33.0, False), (34.0, True),
    ]  # fmt: skip
    assert source.sql(counted.format("code_bss = 'A/1' and date_mesure > '2024-01-03' and dbt_valid_to is null")) == []


def test_analysts_read_the_history_and_the_api_does_not(warehouse: Any) -> None:
    with psycopg.connect(open_warehouse(warehouse.settings, "analyste").url, autocommit=True) as connection:
        current = "select count(*) from Nappe_Historique where dbt_valid_to is null"
        assert connection.execute(current).fetchone() == connection.execute("select count(*) from Nappe").fetchone()
    assert warehouse.rows("select has_schema_privilege('api_service', 'snapshots', 'usage')") == [(False,)]
