"""What surrounds every answer: headers, the request's id, limits, logs, metrics, errors nobody expected."""

import io
import json
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from starlette.responses import StreamingResponse

from api.logs import Formatter
from api.main import create_app
from api.problems import KINDS
from api.settings import Settings
from ingestion.simulator.server import serving
from tests.helpers.problems import assert_problem

SETTINGS = Settings(secret_key="never-used-to-sign-anything", environment="development")
EVERYWHERE = ("/health/live", "/docs", "/nothing/here", "/data/piezo/list", "/openapi.json", "/problems/not-found")


@pytest.mark.parametrize("path", EVERYWHERE)
def test_security_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"].split("style-src")[0]
    assert "Strict-Transport-Security" not in headers  # plain HTTP: a browser would not believe it
    assert path == "/docs" or headers["Cache-Control"] == "no-store"


def test_https_is_for_ever() -> None:
    app = create_app(SETTINGS.model_copy(update={"trusted_proxies": ("127.0.0.1",)}))
    with serving(app) as url:
        answer = httpx.get(f"{url}/health/live", headers={"X-Forwarded-Proto": "https"})
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize("path", EVERYWHERE)
def test_the_id_of_a_request(client: httpx.Client, path: str) -> None:
    assert client.get(path, headers={"X-Request-ID": "batch-7.step_2"}).headers["X-Request-ID"] == "batch-7.step_2"
    made = [client.get(path).headers["X-Request-ID"] for _ in range(2)]
    assert made[0] != made[1]
    for bad in ("", "a b", "camille@example.com", "x" * 65, 'x"}', "é"):
        answered = client.get(path, headers={"X-Request-ID": bad.encode()}).headers["X-Request-ID"]
        assert re.fullmatch("[0-9a-f]{32}", answered)


def test_bodies_and_addresses_have_a_length(client: httpx.Client) -> None:
    assert_problem(client.post("/user/login", content=b"x" * 100_001), "body-too-large")
    parts = client.post(
        "/user/register", content=iter([b"[" * 60_000] * 2), headers={"Content-Type": "application/json"}
    )
    assert_problem(parts, "body-too-large")
    assert client.post("/user/login", content=b"x" * 99_000).status_code == 422
    assert_problem(client.get("/data/piezo/list", params={"limit": "1" * 8_000}), "address-too-long")
    assert_problem(client.get("/" + "a" * 8_000), "address-too-long")
    assert client.get("/health/live").status_code == 200


def test_what_an_error_means(client: httpx.Client) -> None:
    for name, (status, title, advice) in KINDS.items():
        said = client.get(f"/problems/{name}").json()
        assert said == {"type": f"/problems/{name}", "status": status, "title": title, "advice": advice}
    assert_problem(client.get("/problems/none-of-ours"), "not-found")


def lines(log: str) -> Iterator[dict[str, Any]]:
    for line in log.splitlines():
        yield json.loads(line)


def test_every_line_of_the_log_is_json_with_the_id_of_its_request(server: Any, client: httpx.Client) -> None:
    client.get("/nothing/here?mail=camille@example.com", headers={"X-Request-ID": "log-1"})
    client.get("/problems/camille@example.com", headers={"X-Request-ID": "log-2"})
    end = time.monotonic() + 60  # a line is written after its answer
    while "log-2" not in (said := {line.get("request_id"): line for line in lines(server.log.read_text())}):
        assert time.monotonic() < end, said
        time.sleep(0.05)
    assert {key: value for key, value in said["log-1"].items() if key not in ("time", "ms")} == {
        "level": "INFO",
        "logger": "hydrotheque.requests",
        "message": "request",
        "method": "GET",
        "route": "none",
        "status": 404,
        "request_id": "log-1",
    }
    assert said["log-1"]["ms"] > 0
    assert said["log-2"]["route"] == "/problems/{name}"
    assert "camille" not in server.log.read_text()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What an application in this process writes to its log."""
    written = logging.StreamHandler(io.StringIO())
    written.setFormatter(Formatter())
    logger = logging.getLogger("hydrotheque")
    logger.addHandler(written)
    logger.setLevel("INFO")
    yield written.stream
    logger.setLevel("NOTSET")
    logger.removeHandler(written)


def test_a_fault_of_ours_is_a_problem_and_its_message_stays_out_of_the_log(log: io.StringIO) -> None:
    app = create_app(SETTINGS)

    @app.get("/fault")
    async def fault() -> None:
        raise RuntimeError("camille@example.com")

    with serving(app) as url:
        answer = httpx.get(f"{url}/fault", headers={"X-Request-ID": "fault-1"})
    assert_problem(answer, "internal-error")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Request-ID"] == "fault-1"
    error, request = lines(log.getvalue())
    assert (error["level"], error["request_id"]) == ("ERROR", "fault-1")
    assert error["error"][0] == "RuntimeError"
    assert error["error"][-1].endswith(" fault")
    assert (request["status"], request["route"]) == (500, "/fault")
    assert "camille" not in log.getvalue()


def test_half_an_answer_is_cut_so_that_nobody_takes_it_for_the_whole(log: io.StringIO) -> None:
    app = create_app(SETTINGS)

    @app.get("/half")
    async def half() -> StreamingResponse:
        async def rows() -> AsyncIterator[bytes]:
            yield b"a row"
            raise RuntimeError("camille@example.com")

        return StreamingResponse(rows())

    with serving(app) as url, pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{url}/half")
    assert [line["message"] for line in lines(log.getvalue())] == ["unexpected error", "request"]


def test_metrics(migrated: Any, serve: Callable[..., Any]) -> None:
    with (
        serve(**migrated.api_env, HYDROTHEQUE_API_METRICS_TOKEN="for-prometheus") as running,
        running.client() as client,
    ):
        for _ in range(3):
            client.get("/problems/not-found")
        client.get("/nothing/camille@example.com")
        client.request("PURGE", "/nothing")
        client.post("/user/login", data={"username": "nobody", "password": "wrong"})
        for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "for-prometheus"}):
            assert_problem(client.get("/metrics", headers=header), "not-logged-in")
        answer = client.get("/metrics", headers={"Authorization": "Bearer for-prometheus"})
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    text = answer.text
    assert 'hydrotheque_api_request_seconds_count{method="GET",route="/problems/{name}",status="200"} 3.0' in text
    assert 'hydrotheque_api_request_seconds_count{method="GET",route="none",status="404"} 1.0' in text
    assert 'hydrotheque_api_request_seconds_count{method="other",route="none",status="404"} 1.0' in text
    assert 'hydrotheque_api_logins_total{outcome="refused"} 1.0' in text
    assert "hydrotheque_api_requests_in_progress 1.0" in text
    for pool in ("data", "users"):
        assert f'hydrotheque_api_connections{{pool="{pool}",state="busy"}} 0.0' in text
    assert "process_resident_memory_bytes" in text
    assert "camille" not in text


def test_no_metrics_without_a_token_of_their_own(client: httpx.Client) -> None:
    assert_problem(client.get("/metrics"), "no-such-route")
    assert_problem(client.get("/metrics", headers={"Authorization": "Bearer"}), "no-such-route")


def test_no_page_elsewhere_may_call_the_api_unless_said(client: httpx.Client) -> None:
    asks = {"Origin": "https://app.example", "Access-Control-Request-Method": "GET"}
    assert "Access-Control-Allow-Origin" not in client.options("/data/piezo/list", headers=asks).headers
    assert "Access-Control-Allow-Origin" not in client.get("/health/live", headers=asks).headers


def test_the_pages_that_may_are_named() -> None:
    origin = {"Origin": "https://app.example"}
    app = create_app(SETTINGS.model_copy(update={"cors_origins": ("https://app.example",)}))
    with serving(app) as url, httpx.Client(base_url=url) as client:
        asks = {"Access-Control-Request-Method": "DELETE", "Access-Control-Request-Headers": "Authorization"}
        allowed = client.options("/user/me", headers=origin | asks)
        assert allowed.headers["Access-Control-Allow-Origin"] == "https://app.example"
        assert "DELETE" in allowed.headers["Access-Control-Allow-Methods"]
        assert "Access-Control-Allow-Credentials" not in allowed.headers
        for path in ("/health/live", "/nothing/here", "/" + "a" * 9_000):
            assert client.get(path, headers=origin).headers["Access-Control-Allow-Origin"] == "https://app.example"
        other = client.get("/health/live", headers={"Origin": "https://app.example.evil"})
        assert "Access-Control-Allow-Origin" not in other.headers
        assert client.options("/user/me", headers={"Origin": "null", **asks}).status_code == 400


def test_an_exception_is_told_by_its_kind_and_place() -> None:
    def inner() -> None:
        raise KeyError("camille@example.com")

    try:
        try:
            inner()
        except KeyError as error:
            raise ValueError("camille") from error
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "it %s", ("failed",), (type(error), error, None))
    said = json.loads(Formatter().format(record))
    assert (said["level"], said["logger"], said["message"]) == ("ERROR", "x", "it failed")
    assert said["error"][0] == "ValueError"
    assert "KeyError" in said["error"]
    assert said["error"][-1].endswith(" inner")
    assert "camille" not in Formatter().format(record)
