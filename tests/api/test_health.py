"""/health, and what every route says when the database is away, empty or closed to the API."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import jwt
import psycopg
import pytest

from tests.api.operations import OPERATIONS
from tests.helpers.problems import assert_problem

DOWN = "The database does not answer: try again in a few seconds."


def assert_unavailable(answer: httpx.Response, detail: str) -> None:
    assert_problem(answer, "unavailable", detail)
    assert int(answer.headers["Retry-After"]) > 0


@pytest.fixture(scope="module")
def closed_port() -> Iterator[str]:
    """A port that refuses connections for as long as it is held."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield str(held.getsockname()[1])


@pytest.fixture(scope="module")
def cut_off(serve: Callable[..., Any], closed_port: str) -> Iterator[Any]:
    """An API whose database is not there."""
    with serve(PGHOST="127.0.0.1", PGPORT=closed_port, PGUSER="api_service", PGPASSWORD="secret-of-pg") as running:
        yield running


def test_live_and_ready(client: httpx.Client) -> None:
    for path in ("/health/live", "/health/ready"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_alive_but_not_ready_without_the_database(cut_off: Any) -> None:
    with cut_off.client() as client:
        assert client.get("/health/live").status_code == 200
        assert_unavailable(client.get("/health/ready"), DOWN)


def test_every_route_says_that_the_database_is_away(cut_off: Any, secret: str, new_user: dict[str, Any]) -> None:
    form = {"username": new_user["username"], "password": new_user["password"]}
    token = jwt.encode({"sub": "1", "ver": 1, "jti": "x", "iat": 1_700_000_000, "exp": 4_000_000_000}, secret, "HS256")
    with cut_off.client() as client:
        assert_unavailable(client.post("/user/register", json=new_user), DOWN)
        assert_unavailable(client.post("/user/login", data=form), DOWN)
        client.headers["Authorization"] = f"Bearer {token}"
        assert_unavailable(client.get("/data/piezo/list"), DOWN)
        assert client.get("/docs").status_code == 200
    log = cut_off.log.read_text()
    assert "Traceback" not in log
    for private in (new_user["email"], new_user["password"], token, "secret-of-pg"):
        assert private not in log


def test_it_recovers_when_connections_are_cut(user: httpx.Client, migrated: Any) -> None:
    assert user.get("/data/piezo/list?limit=1").status_code == 200
    same_role = {name.removeprefix("PG").lower(): value for name, value in migrated.api_env.items()}
    same_role["dbname"] = same_role.pop("database")
    with psycopg.connect(**same_role) as connection:
        cut = connection.execute(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity "
            "where usename = current_user and pid <> pg_backend_pid() and datname = current_database()"
        )
        assert cut.fetchone() != (0,)
    answers = [user.get("/data/piezo/list?limit=1").status_code for _ in range(10)]
    assert set(answers) <= {200, 503}
    assert answers[-3:] == [200, 200, 200]


def test_not_ready_before_the_migrations_and_the_build(
    serve: Callable[..., Any], run_python: Callable[..., Any], empty_database: dict[str, str]
) -> None:
    with serve(**empty_database) as running, running.client() as client:
        answer = client.get("/health/ready")
        assert_unavailable(
            answer,
            "The table of the users does not exist yet: run `python -m api.migrate` as the owner of the database.",
        )
        assert run_python("-m", "api.migrate", **empty_database).returncode == 0
        assert_unavailable(client.get("/health/ready"), "The warehouse holds no data yet: its tables are not built.")


def test_addresses_and_methods_that_are_not(client: httpx.Client) -> None:
    answers = [client.get("/nothing/here"), client.get("/user/login"), client.delete("/data/piezo/list")]
    for answer, kind in zip(answers, ["no-such-route", "method-not-allowed", "method-not-allowed"], strict=True):
        assert_problem(answer, kind)
        assert "/docs" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/docs/assets/swagger-ui.css"])
def test_a_page_is_told_so_too(client: httpx.Client, path: str) -> None:
    answer = client.delete(path)
    assert_problem(answer, "method-not-allowed")
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("path", sorted({each.path for each in OPERATIONS}))
def test_a_method_that_is_not_is_told_those_that_are(client: httpx.Client, path: str) -> None:
    answer = client.request("PURGE", next(each for each in OPERATIONS if each.path == path).request()["url"])
    assert_problem(answer, "method-not-allowed")
    assert answer.headers["Allow"] == ", ".join(sorted(each.method for each in OPERATIONS if each.path == path))
