"""Alerts: to every address, once per fault, with what happened, what is safe and what to type; no secret in them."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from flows.chain import steps
from flows.chain.start import started
from flows.reporting import findings
from flows.reporting.alerts import send
from flows.run import Alert
from ingestion.errors import BuildError, BusyError, GuardError, SettingsError, SourceError
from ingestion.providers.http import TransientError
from ingestion.report import Collected, Reporter
from ingestion.settings import get_settings, load_settings
from tests.end_to_end.test_bad_input import COLUMNS, NAME, sim2
from tests.flows.conftest import Environment
from tests.helpers.providers import csv_gz, files, served
from tests.helpers.warehouse import TestWarehouse


@dataclass
class Desk:
    """An inbox and a webhook, and the setting that names both."""

    setting: str = ""
    not_found: str = ""  # where every address answers 404
    mails: list[EmailMessage] = field(default_factory=list)
    posts: list[dict[str, Any]] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.mails.append(BytesParser(policy=default).parsebytes(envelope.content))
        return "250 OK"

    async def hook(self, request: Request) -> Response:
        self.posts.append(await request.json())
        return JSONResponse({})

    def said(self) -> list[str]:
        """The subjects of what came since this was last asked, the same by both ways."""
        subjects = [str(mail["Subject"]) for mail in self.mails]
        assert subjects == [post["title"] for post in self.posts]
        return subjects

    def clear(self) -> None:
        self.mails.clear()
        self.posts.clear()


@pytest.fixture(scope="module")
def _desk() -> Iterator[Desk]:
    desk = Desk()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(desk, "127.0.0.1", port)
    controller.start()
    with served(Route("/hook", desk.hook, methods=["POST"])) as url:
        mail = f"mailto://127.0.0.1:{port}?from=hydrotheque@example.org&to=oncall@example.org"
        desk.setting = f"{mail} {url.replace('http', 'json')}/hook"
        desk.not_found = url
        yield desk
    controller.stop()


@pytest.fixture
def desk(_desk: Desk, environment: Environment) -> Desk:
    _desk.clear()
    environment.set(HYDROTHEQUE_NOTIFY_URLS=_desk.setting)
    return _desk


def run(*domains: str) -> None:
    with started(name="collect") as current:
        steps.collect(current, *domains)


def test_a_fault_is_told_once_and_again_when_it_comes_back(desk: Desk, environment: Environment) -> None:
    environment.set(HYDROTHEQUE_DATA_GOUV_URL=desk.not_found)
    for _ in range(2):
        with pytest.raises(SourceError):
            run("meteo")
    assert desk.said() == ["Hydrothèque: meteo could not be collected"]
    text = desk.mails[0].get_body().get_content()
    assert f"What happened: {desk.not_found}/api/1/datasets/" in text
    assert "What is safe: the tables are unchanged" in text
    assert "What to do: `hydrotheque collect meteo`" in text
    assert desk.mails[0]["To"] == "oncall@example.org"

    with served(*files({NAME: sim2()})) as url:
        environment.set(HYDROTHEQUE_DATA_GOUV_URL=url)
        run("meteo")
    environment.set(HYDROTHEQUE_DATA_GOUV_URL=desk.not_found)
    with pytest.raises(SourceError):
        run("meteo")
    assert desk.said() == ["Hydrothèque: meteo could not be collected"] * 2


def test_a_guard_and_refused_records(desk: Desk, environment: Environment) -> None:
    bad_line = ";".join(["600", "24010", "20240131", *["fog"] * (len(COLUMNS) - 3)])
    good = sim2(days=30)
    contents = {NAME: good}
    with served(*files(contents)) as url:
        environment.set(HYDROTHEQUE_DATA_GOUV_URL=url, HYDROTHEQUE_NOTIFY_REFUSED_PERCENT="0.5")
        run("meteo")
        assert desk.said() == []
        contents[NAME] = sim2(days=20)
        with pytest.raises(GuardError):
            run("meteo")
        assert desk.said() == ["Hydrothèque: a guard stopped the collection of meteo"]
        assert "--accept" in desk.posts[0]["message"]
        assert "nothing was replaced: lake and tables have the previous version" in desk.posts[0]["message"]
        desk.clear()
        contents[NAME] = _with(bad_line)
        run("meteo")
    assert desk.said() == ["Hydrothèque: many records of meteo were refused"]
    assert "1 records refused beside 100 taken: 1.00 %, more than 0.5 %" in desk.posts[0]["message"]


def _with(line: str) -> bytes:
    """A month of 100 good lines and another one."""
    days = [f"2024{month:02}{day:02}" for month in (1, 2, 3, 4) for day in range(1, 26)]
    lines = [";".join(["600", "24010", day, *["1.5"] * (len(COLUMNS) - 3)]) for day in days]
    return csv_gz("\n".join([";".join(COLUMNS).upper(), *lines, line, ""]))


def test_a_late_source_and_a_failed_build(desk: Desk, empty_warehouse: TestWarehouse) -> None:
    with empty_warehouse.owner.connect() as connection:
        connection.execute(
            "UPDATE control.collecte SET reussie_le = '2026-01-08 10:00Z', en_retard_le = '2026-02-09 10:00Z' "
            "WHERE domaine = 'meteo'"
        )
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), started(name="load"):
            raise ZeroDivisionError("by zero")
    assert desk.said() == ["Hydrothèque: meteo is late", "Hydrothèque: load failed"]
    assert "collected last on 2026-01-08 10:00 UTC" in desk.posts[0]["message"]
    assert "What to do: `hydrotheque load`" in desk.posts[1]["message"]


def failed(piece: str, error: Exception) -> Exception:
    """The error as it leaves the collection of a piece."""
    with pytest.raises(type(error)), Reporter().timed(Collected("meteo", piece)):
        raise error
    return error


def test_numbers_alone_make_no_new_alert_and_another_kind_of_error_does(desk: Desk) -> None:
    for error in (SourceError("3 lines refused"), SourceError("4 lines refused"), OSError("the disk is full")):
        send(get_settings(), {"test": findings.failure("load", error)})
    assert [post["message"].splitlines()[0] for post in desk.posts] == [
        "What happened: 3 lines refused",
        "What happened: the disk is full",
    ]


def test_another_file_is_another_alert_and_another_day_is_none(desk: Desk) -> None:
    for error in (
        failed("QUOT_SIM2_2023.csv.gz", GuardError("QUOT_SIM2_2023.csv.gz has 362 days instead of 365")),
        failed("QUOT_SIM2_2023.csv.gz", GuardError("QUOT_SIM2_2023.csv.gz has 361 days instead of 365")),
        failed("QUOT_SIM2_2024.csv.gz", GuardError("QUOT_SIM2_2024.csv.gz has 362 days instead of 366")),
        failed("dis-2023.zip", SourceError("dis-2023.zip: 3 lines")),
        failed("dis-2024.zip", SourceError("dis-2024.zip: 3 lines")),
        failed("dis-2024.zip", TransientError("http://127.0.0.1:80/x?date_debut=2024-01-01&size=20 answered 503")),
        failed("dis-2023.zip", TransientError("http://127.0.0.1:80/x?date_debut=2024-02-03&size=20 answered 503")),
    ):
        send(get_settings(), {"test": findings.collection_failure("meteo", error)})
    said = [post["message"].split()[2] for post in desk.posts]
    assert said == ["QUOT_SIM2_2023.csv.gz", "QUOT_SIM2_2024.csv.gz", "dis-2023.zip:", "dis-2024.zip:",
                    "http://127.0.0.1:80/x?date_debut=2024-01-01&size=20"]  # fmt: skip


def test_another_lot_of_stations_is_the_same_fault(desk: Desk) -> None:
    for number in (36, 37):
        error = failed(f"values of {number} sensors", GuardError(f"no value left of {number} sensors"))
        send(get_settings(), {"test": findings.collection_failure("capteurs", error)})
    assert len(desk.said()) == 1


def test_another_table_is_another_alert(desk: Desk) -> None:
    for table in ("meteo", "meteo", "nappe"):
        error = BuildError(f"dbt: {table}: division by zero")
        error.about = table
        send(get_settings(), {"test": findings.failure("build", error)})
    assert [post["message"].splitlines()[0] for post in desk.posts] == [
        "What happened: dbt: meteo: division by zero",
        "What happened: dbt: nappe: division by zero",
    ]


def test_a_run_that_came_while_another_was_under_way_closes_no_alert(desk: Desk) -> None:
    for error in (OSError("the disk is full"), BusyError("another run"), OSError("the disk is full")):
        with pytest.raises(type(error)), findings.alerting(get_settings(), "load"):
            raise error
    assert desk.said() == ["Hydrothèque: load failed"]


def test_an_alert_that_nobody_takes_is_sent_again(
    desk: Desk, environment: Environment, caplog: pytest.LogCaptureFixture
) -> None:
    alert = {"test": Alert("load failed", "no space", "all", "look", "OSError")}
    environment.set(HYDROTHEQUE_NOTIFY_URLS="json://user:secret-of-the-hook@127.0.0.1:9/")
    send(get_settings(), alert)
    assert "not every address of HYDROTHEQUE_NOTIFY_URLS took the alert: load failed" in caplog.text
    assert "secret-of-the-hook" not in caplog.text
    environment.set(HYDROTHEQUE_NOTIFY_URLS=desk.setting)
    send(get_settings(), alert)
    assert desk.said() == ["Hydrothèque: load failed"]


def test_an_address_that_makes_no_sense_stops_the_run_and_is_not_shown(environment: Environment) -> None:
    environment.set(HYDROTHEQUE_NOTIFY_URLS="pigeon://user:secret-of-the-hook@roof")
    with pytest.raises(SettingsError, match="HYDROTHEQUE_NOTIFY_URLS: ") as error, started():
        pytest.fail("it began")
    assert "secret-of-the-hook" not in str(error.value)
    assert "secret-of-the-hook" not in repr(get_settings())
    with pytest.raises(SettingsError) as refused:
        load_settings(notify_refused_percent=101)
    assert "HYDROTHEQUE_NOTIFY_REFUSED_PERCENT" in str(refused.value)


def test_without_an_address_nothing_is_kept(
    desk: Desk, environment: Environment, empty_warehouse: TestWarehouse
) -> None:
    environment.set(HYDROTHEQUE_NOTIFY_URLS="", HYDROTHEQUE_DATA_GOUV_URL=desk.not_found)
    with pytest.raises(SourceError), started(Reporter()) as current:
        steps.collect(current, "meteo")
    logs = Path(empty_warehouse.settings.lake_url.removeprefix("file://")) / "logs"
    assert not (logs / "alertes").exists()
