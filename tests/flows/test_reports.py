"""What a run leaves: its report in the lake and the warehouse, the state of every source, what a build waits for."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.chain import steps
from flows.chain.start import started
from flows.reporting import report as reports
from flows.reporting import terminal
from flows.run import Built, Node, Revised, Run
from flows.scheduling import schedules
from ingestion.control import journal
from ingestion.errors import MissingError, SourceError, WarehouseError
from ingestion.report import Collected, Reporter
from ingestion.settings import load_settings
from ingestion.sources import SOURCES
from ingestion.warehouse import open_warehouse
from tests.end_to_end.test_bad_input import NAME, sim2
from tests.flows.conftest import Environment
from tests.helpers.providers import files, served
from tests.helpers.warehouse import TestWarehouse

HYDROTHEQUE = Path(sys.executable).with_name("hydrotheque")


def report_of(warehouse: TestWarehouse) -> tuple[dict[str, Any], str]:
    """The last report in the lake, as JSON and as Markdown."""
    folder = Path(warehouse.settings.lake_url.removeprefix("file://")) / "logs" / "rapports"
    last = max(folder.rglob("*.json"))
    return json.loads(last.read_text()), last.with_suffix(".md").read_text()


def test_the_report_of_a_month(warehouse: TestWarehouse) -> None:
    report, page = report_of(warehouse)
    assert report["error"] is None
    assert not [gap for gap in report["gaps"] if "not collected" in gap]
    [year] = [line for line in report["collected"] if line["piece"] == "QUOT_SIM2_2024.csv.gz"]
    assert (year["rows"], year["refused"]) == (36_600, 0)
    assert year["bytes"] > 1_000_000
    [lot] = [line for line in report["collected"] if line["piece"].startswith("chroniques")]
    assert sum(lot["stations"].values()) == lot["rows"] == 14_860
    nodes = {node["name"]: node for node in report["dbt"]}
    assert (nodes["meteo"]["kind"], nodes["meteo"]["status"]) == ("model", "success")
    assert nodes["not_null_stg_meteo__lecture_lu_le"]["status"] == "pass"
    fresh = {each["source"]: each["status"] for each in report["freshness"]}
    assert fresh["raw_meteo.lecture"] == "pass"
    counts = dict(warehouse.rows("SELECT nom_table, lignes FROM marts.etat_table"))
    assert report["marts"] == counts
    assert counts["meteo"] == 110_400
    assert "| meteo | QUOT_SIM2_2024.csv.gz | 36,600 |" in page
    assert "| meteo | model | success |" in page
    assert warehouse.rows("SELECT rapport->'marts' FROM control.execution WHERE nom = 'run'") == [(counts,)]


def test_the_state_of_every_source(warehouse: TestWarehouse) -> None:
    with warehouse.owner.connect() as connection:
        sources = {source.domaine: source for source in journal.sources(connection)}
    assert set(sources) == set(SOURCES)
    assert {source.state for source in sources.values()} == {"on time"}
    assert sources["meteo"].lignes == 115_600
    assert sources["meteo"].prochaine_le == schedules.schedule_of("meteo").after(sources["meteo"].reussie_le)


def test_status_in_a_terminal(warehouse: TestWarehouse, empty_warehouse: TestWarehouse) -> None:
    def status(database: str) -> tuple[int, str]:
        environment = os.environ | {"PGDATABASE": database}
        done = subprocess.run([HYDROTHEQUE, "status"], check=False, capture_output=True, text=True, env=environment)
        assert not done.stderr
        return done.returncode, done.stdout

    code, shown = status(warehouse.owner.database)
    assert code == 0
    [meteo] = [line.split() for line in shown.splitlines() if line.startswith("meteo") and "on time" in line]
    assert meteo[5] == "115,600"
    assert [line.split()[-1] for line in shown.splitlines() if line.startswith("nappe ")] == ["14,813"]
    code, shown = status(empty_warehouse.owner.database)
    assert code == 1
    assert shown.count(" never ") == len(SOURCES)


def test_importing_the_status_command_takes_neither_dbt_nor_dlt() -> None:
    heavy = "import sys, flows.cli, flows.commands.status; print({'dbt', 'dlt', 'prefect'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_a_failed_month_is_reported_and_keeps_the_last_success(
    environment: Environment, empty_warehouse: TestWarehouse
) -> None:
    contents = {NAME: sim2()}
    with served(*files(contents)) as url:
        environment.set(HYDROTHEQUE_DATA_GOUV_URL=url)
        with started(name="collect") as run:
            steps.collect(run, "meteo")
        contents[NAME] = b"no gzip"
        with pytest.raises(SourceError), started(name="collect") as run:
            steps.collect(run, "meteo")
    report, page = report_of(empty_warehouse)
    assert "is not a complete gzip file" in report["error"]
    assert "**Failed**: QUOT_SIM2_2024.csv.gz is not a complete gzip file" in page
    with empty_warehouse.owner.connect() as connection:
        [meteo] = [source for source in journal.sources(connection) if source.domaine == "meteo"]
        assert (meteo.state, meteo.late, meteo.lignes) == ("failed", False, 28)
        assert journal.errors(connection)["meteo"] == report["error"]


def test_a_domain_that_fails_does_not_keep_the_others_from_being_collected(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def collect(domain: str, settings: object, connection: object, options: object, reporter: Reporter) -> None:
        if domain == "meteo":
            raise SourceError("one is broken")
        reporter.add(Collected("piezometrie", "stations", 3))

    monkeypatch.setattr(steps, "SOURCES", ("meteo", "piezometrie"))
    monkeypatch.setattr(steps, "collect_source", collect)
    with pytest.raises(SourceError, match=r"^one is broken$"), started(name="collect") as run:
        steps.collect(run)
    assert [line.rows for line in run.reporter.lines] == [3]


def test_a_file_that_fails_does_not_keep_the_month_from_the_answers(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def collect(domain: str, settings: object, connection: object, options: object, reporter: Reporter) -> None:
        if domain == "qualite_eau":
            raise SourceError("no zip")
        reporter.add(Collected(domain, "all"))

    monkeypatch.setattr(steps, "collect_source", collect)
    with pytest.raises(SourceError, match=r"^no zip$"), started() as run:
        steps.MONTH[0](run)
    assert {line.domain for line in run.reporter.lines} == set(SOURCES) - {"qualite_eau"}


def test_a_run_that_lost_its_lock_begins_nothing_more(environment: Environment) -> None:
    query = """SELECT pg_terminate_backend(l.pid, 5000) FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database
        WHERE l.locktype = 'advisory' AND d.datname = current_database()"""
    with started(name="load") as run, run.warehouse.connect() as connection:
        assert connection.execute(query).fetchall() == [(True,)]
        with pytest.raises(WarehouseError, match="the connection that kept other runs away is gone"):
            steps.load(run)


def test_only_what_was_built_is_counted_again(empty_warehouse: TestWarehouse) -> None:
    with empty_warehouse.owner.connect() as connection:
        connection.execute("CREATE TABLE marts.month AS SELECT 1 AS n; CREATE TABLE marts.hour AS SELECT 1 AS n")
        assert journal.count_marts(connection, {"month", "hour"}) == {"hour": 1, "month": 1}
        connection.execute("INSERT INTO marts.month VALUES (2); INSERT INTO marts.hour VALUES (2)")
        assert journal.count_marts(connection, {"hour"}) == {"hour": 2, "month": 1}
        connection.execute("DROP TABLE marts.month")
        assert journal.count_marts(connection, {"hour"}) == {"hour": 2}
        assert journal.count_marts(connection, set()) == {}


def test_a_build_waits_for_the_collection_and_says_what_is_missing(
    environment: Environment, empty_warehouse: TestWarehouse
) -> None:
    now = datetime.now(UTC)
    due = (now + timedelta(days=30), now + timedelta(days=31))
    with empty_warehouse.owner.connect() as connection, started(name="copy_data_in_db") as run:
        for domain in SOURCES:
            lines = [Collected(domain, "a"), Collected(domain, "b", stations={"S1": 1, "S2": 0})]
            journal.note_collection(connection, domain, lines, None, due)
        steps.check_collected(run)

        connection.execute("UPDATE control.collecte SET reussie_le = '2026-01-08 10:00Z' WHERE domaine = 'meteo'")
        connection.execute("UPDATE control.piece SET lue_le = '2026-01-08 10:00Z' WHERE domaine = 'meteo'")
        journal.note_collection(connection, "meteo", [Collected("meteo", "a")], "the line broke", due)
        with pytest.raises(MissingError) as error:
            steps.check_collected(run)
        assert str(error.value) == (
            "the collection is not complete: meteo: not collected since it was due (last on 2026-01-08 10:00 UTC); "
            "not read: S1, S2; the line broke"
        )
        journal.note_collection(connection, "meteo", [Collected("meteo", "a")], None, due)
        steps.check_collected(run)
        assert connection.execute("SELECT piece FROM control.piece WHERE domaine = 'meteo'").fetchall() == [("a",)]


def test_rows_published_before_and_revised_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    built = Built([Node("prelevement_historique", "snapshot", "success", 1.0, None, "")])
    built.revised = [Revised("prelevement", 1_004, 2)]
    run = Run(load_settings(), open_warehouse(load_settings()), built=built)
    terminal.show_built(run)
    assert "revised    prelevement: 1,004 rows changed, 2 gone" in capsys.readouterr().out
    report = reports.compile_report(run, datetime.now(UTC), None, {})
    assert report["revised"] == [{"table": "prelevement", "changed": 1_004, "gone": 2}]
    assert "| prelevement | 1,004 | 2 |" in reports.markdown(report | {"gaps": [], "changes": []})


def test_what_changed_since_the_last_time() -> None:
    def report(rows: int, status: str, *pieces: str) -> dict[str, Any]:
        return {
            "marts": {"meteo": rows, "rejet": 0},
            "dbt": [{"name": "a_test", "status": status}],
            "collected": [{"domain": "meteo", "piece": piece, "stations": {}} for piece in pieces],
        }

    assert reports.changes({}, report(1, "pass")) == []
    assert reports.changes(report(5, "pass", "2023", "2024"), report(1_005, "warn", "2024", "2025")) == [
        "meteo: 5 -> 1,005 rows",
        "new: 2025",
        "gone: 2023",
        "a_test: pass -> warn",
    ]
