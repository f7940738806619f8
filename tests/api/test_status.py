"""/status: how recent the data is, for programs and for people."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from ingestion.sources import SOURCES
from tests.helpers.browser import colours, needs_chromium, page

GREEN, ORANGE = (26, 127, 75), (194, 65, 12)  # of api/pages/status.css


def test_the_state_of_the_sources_and_tables(client: httpx.Client) -> None:
    answer = client.get("/status")
    assert answer.status_code == 200
    status = answer.json()
    assert not status["late"]
    sources = {each["source"]: each for each in status["sources"]}
    assert set(sources) == set(SOURCES)
    assert (sources["meteo"]["rows"], sources["meteo"]["failed"], sources["meteo"]["late"]) == (115_600, False, False)
    assert sources["meteo"]["last_success"] < status["checked"] < sources["meteo"]["next_run"]
    tables = {each["table"]: each for each in status["tables"]}
    assert tables["meteo"]["rows"] == 110_400
    assert tables["meteo"]["version"] >= 1


def test_a_page_for_a_browser(client: httpx.Client) -> None:
    answer = client.get("/status", headers={"Accept": "text/html,application/xhtml+xml"})
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Vary"] == client.get("/status").headers["Vary"] == "Accept"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "Every source is on time" in answer.text
    assert not re.search(r"\b(src|href)=|url\(|@import|<script", answer.text)


def test_a_warehouse_in_which_nothing_was_built_is_late(
    serve: Callable[..., Any], empty_warehouse: Any, tmp_path: Path
) -> None:
    """The two views are dbt's: before its first build there is nothing to read them from."""
    with serve(**empty_warehouse.api_env) as running, running.client() as client:
        status = client.get("/status").json()
        assert status["late"]
        assert status["sources"] == status["tables"] == []
        text = client.get("/status", headers={"Accept": "text/html"}).text
    assert "Nothing is built yet" in text
    assert "on time" not in text.partition("<body>")[2]


@needs_chromium
def test_the_page_in_chromium(server: Any) -> None:
    with page(f"{server.url}/status", 1000, 800) as opened:
        seen = colours(opened)
    assert GREEN in seen, "the page has its style"
    assert ORANGE not in seen
