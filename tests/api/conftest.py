"""The application as it runs: uvicorn in a process of its own, real HTTP, the warehouse the chain built.

Built upon the session fixture `warehouse` (`.url`: libpq URL of the owner; `.owner`: the same as ingestion's
Warehouse; `.api_env`: PG* variables of api_service).
"""

import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from ingestion.warehouse import grant_application

ROOT = Path(__file__).parents[2]
SECRET = secrets.token_urlsafe(48)
LIMITS = ("ATTEMPTS_PER_ACCOUNT", "ATTEMPTS_PER_ADDRESS", "REGISTRATIONS_PER_ADDRESS")
PASSWORD = "nappe-phreatique-2024"
_LIBPQ = {"dbname": "PGDATABASE", "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}


@dataclass
class Server:
    """A running API."""

    url: str
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=30)


def bare_environment(**extra: str) -> dict[str, str]:
    """The environment without any setting of ours or of libpq, plus `extra`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "HYDROTHEQUE_"))}
    return {**kept, "PYTHONPATH": str(ROOT), **extra}


def libpq_environment(url: str, **changes: str) -> dict[str, str]:
    parts = {**conninfo_to_dict(url), **changes}
    return {_LIBPQ[name]: str(value) for name, value in parts.items() if name in _LIBPQ}


@pytest.fixture(scope="session")
def secret() -> str:
    return SECRET


@pytest.fixture(scope="session")
def run_python(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `python ARGS` with a bare environment, away from any `.env`."""
    folder = tmp_path_factory.mktemp("run")

    def run(*args: str, cwd: Path = folder, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *args],
            env=bare_environment(**environment),
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def migrated(warehouse: Any, run_python: Callable[..., subprocess.CompletedProcess[str]]) -> Any:
    """The warehouse with app.users, which api_service may write."""
    done = run_python("-m", "api.migrate", **libpq_environment(warehouse.url))
    assert done.returncode == 0, done.stderr
    grant_application(warehouse.owner)
    return warehouse


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[Server]:
    """Run the API until the end of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    server = Server(f"http://127.0.0.1:{port}", folder / f"uvicorn-{port}.log")
    command = [sys.executable, "-m", "uvicorn", "api.main:app", "--port", port, "--no-proxy-headers"]
    # So many tests log in from one address that they would meet the limits, which have tests of their own.
    limits = {f"HYDROTHEQUE_API_{name}": "1000000" for name in LIMITS}
    variables = bare_environment(**{"HYDROTHEQUE_API_SECRET_KEY": SECRET, **limits, **environment})
    with server.log.open("w") as log:
        process = server.process = subprocess.Popen(command, env=variables, cwd=folder, stdout=log, stderr=log)
    try:
        _wait_until_live(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_until_live(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{server.url}/health/live").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"the API did not start: {server.log.read_text()}")


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """`with serve(**environment) as server:` runs another API."""
    folder = tmp_path_factory.mktemp("serve")
    return lambda **environment: serving(folder, **environment)


@pytest.fixture(scope="session")
def server(migrated: Any, serve: Callable[..., Any]) -> Iterator[Server]:
    """The API that most tests ask; whatever they sent it, its log holds nothing of anybody, and no fault of ours."""
    with serve(**migrated.api_env) as running:
        yield running
    log = running.log.read_text()
    assert '"message":"request"' in log
    private = ("@example", PASSWORD, "eyJ", "argon2id", "' OR 1=1", "camille", '"level":"ERROR"', "Traceback")
    assert [each for each in (*private, *re.findall("test-[0-9a-f]{12}", log)) if each in log] == []


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[httpx.Client]:
    """Nobody: no token."""
    with server.client() as made:
        yield made


@pytest.fixture
def new_user() -> dict[str, Any]:
    """The body of a registration that nobody has sent yet."""
    name = f"test-{secrets.token_hex(6)}"
    return {"username": name, "email": f"{name}@example.com", "password": PASSWORD, "consent_given": True}


@pytest.fixture(scope="session")
def registered(client: httpx.Client) -> dict[str, Any]:
    """A registered user: the answer to the registration, and the password."""
    name = f"test-{secrets.token_hex(6)}"
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD, "consent_given": True}
    answer = client.post("/user/register", json=body)
    assert answer.status_code == 201, answer.text
    return {**answer.json(), "password": PASSWORD}


@pytest.fixture(scope="session")
def somebody(client: httpx.Client) -> Callable[[], tuple[dict[str, Any], str]]:
    """Register somebody new and log in: the answer to the registration, and the token."""

    def make() -> tuple[dict[str, Any], str]:
        name = f"test-{secrets.token_hex(6)}"
        body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD, "consent_given": True}
        answer = client.post("/user/register", json=body)
        assert answer.status_code == 201, answer.text
        login = client.post("/user/login", data={"username": name, "password": PASSWORD})
        return answer.json(), login.json()["access_token"]

    return make


@pytest.fixture(scope="session")
def user(server: Server, registered: dict[str, Any]) -> Iterator[httpx.Client]:
    """Somebody who is logged in."""
    with server.client() as made:
        form = {"username": registered["username"], "password": registered["password"]}
        token = made.post("/user/login", data=form).json()["access_token"]
        made.headers["Authorization"] = f"Bearer {token}"
        yield made


@pytest.fixture
def owner(migrated: Any) -> Iterator[psycopg.Connection[Any]]:
    """The owner's connection, to look behind the API."""
    with psycopg.connect(migrated.url, autocommit=True) as connection:
        connection.execute("set timezone = 'UTC'")
        yield connection


@pytest.fixture
def empty_database(warehouse: Any) -> Iterator[dict[str, str]]:
    """The PG* variables of the owner for a database with nothing in it, dropped afterwards."""
    name = sql.Identifier(database := f"test_api_{secrets.token_hex(6)}")
    with psycopg.connect(warehouse.url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(name))
        try:
            yield libpq_environment(warehouse.url, dbname=database)
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(name))
