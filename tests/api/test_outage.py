"""A PostgreSQL of the test's own, stopped and started again under load; connections after many requests; the end."""

import asyncio
import os
import random
import re
import shutil
import signal
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import NullPool, create_engine
from sqlmodel import SQLModel

import api.models.marts  # noqa: F401  (the tables below are those it defines)
from ingestion.settings import load_settings
from ingestion.warehouse import Warehouse, grant_application, initialise, open_warehouse
from ingestion.warehouse.embedded import EmbeddedPostgres
from tests.api.conftest import PASSWORD, Server, libpq_environment
from tests.helpers.problems import assert_problem

pytestmark = pytest.mark.server
REQUESTS, CANCELLED = 10_000, 100
POOL = 8
LOAD = ("/data/piezo/list", "/user/me", "/health/ready")
WHO = {"username": "camille", "email": "camille@example.com", "password": PASSWORD, "consent_given": True}


@dataclass
class Own:
    """An API and the PostgreSQL under it, which nobody else uses."""

    server: Server
    owner: Warehouse
    postgres: EmbeddedPostgres
    headers: dict[str, str]

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.server.url, headers=self.headers, timeout=30)


@pytest.fixture(scope="module")
def own(serve: Callable[..., Any], run_python: Callable[..., Any]) -> Iterator[Own]:
    """The marts are empty tables here: what is looked at are connections."""
    home = Path(tempfile.mkdtemp(prefix="hydrotheque-outage-"))
    settings = load_settings(home=home)
    owner = open_warehouse(settings)
    initialise(settings, owner)
    assert run_python("-m", "api.migrate", **libpq_environment(owner.url)).returncode == 0
    grant_application(owner)
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(owner.url), poolclass=NullPool)
    SQLModel.metadata.create_all(engine)
    with owner.connect() as connection:
        connection.execute("grant select on all tables in schema marts to api_service")
    try:
        environment = {"HYDROTHEQUE_API_POOL_SIZE": str(POOL), "HYDROTHEQUE_API_METRICS_TOKEN": "for-prometheus"}
        with serve(**open_warehouse(settings, "api_service").env, **environment) as server, server.client() as client:
            assert client.post("/user/register", json=WHO).status_code == 201
            form = {"username": WHO["username"], "password": PASSWORD}
            token = client.post("/user/login", data=form).json()["access_token"]
            yield Own(server, owner, EmbeddedPostgres(home), {"Authorization": f"Bearer {token}"})
    finally:
        EmbeddedPostgres(home).stop()
        shutil.rmtree(home)


@dataclass
class Load:
    """Clients that ask without a pause, one for each path, and what each was answered."""

    own: Own
    answers: dict[str, list[httpx.Response]] = field(default_factory=lambda: defaultdict(list))
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Load":
        self._threads = [threading.Thread(target=self._ask, args=(path,)) for path in LOAD]
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for each in self._threads:
            each.join()

    def _ask(self, path: str) -> None:
        with self.own.client() as client:
            while not self._over.is_set():
                self.answers[path].append(client.get(path))

    def until(self, status: int, times: int = 5, seconds: float = 60) -> None:
        """Wait until each path has been answered with this status so many times in a row."""
        end = time.monotonic() + seconds
        while any([each.status_code for each in self.answers[path][-times:]] != [status] * times for path in LOAD):
            assert time.monotonic() < end, {path: self.answers[path][-1:] for path in LOAD}
            time.sleep(0.02)


def test_postgresql_is_stopped_and_started_again(own: Own) -> None:
    with Load(own) as load:
        load.until(200)
        for _ in range(2):
            assert own.postgres.stop()
            load.until(503)
            own.postgres.start()
            load.until(200)
    for answers in load.answers.values():
        assert {each.status_code for each in answers} == {200, 503}
        for each in answers:
            if each.status_code == 503:
                assert_problem(each, "unavailable")
                assert int(each.headers["Retry-After"]) > 0
    assert own.server.process is not None
    assert own.server.process.poll() is None
    assert "Traceback" not in own.server.log.read_text()


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    """Send a request on a connection that is kept, and return the status of its answer."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    assert length is not None, head
    await reader.readexactly(int(length[1]))
    return int(head[9:12])


async def many(url: httpx.URL, requests: list[bytes]) -> set[int]:
    """Send all requests over as many connections as the two pools have, and give some up; return the statuses."""
    statuses: set[int] = set()
    left = iter(requests)

    async def worker() -> None:
        reader, writer = await asyncio.open_connection(url.host, url.port)
        for request in left:
            statuses.add(await ask(reader, writer, request))
        writer.close()

    async def give_up(patience: float, request: bytes) -> None:
        await asyncio.sleep(random.random())  # noqa: S311 - moments, not secrets
        _, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(request)
        await asyncio.sleep(patience)
        writer.transport.abort()

    gone = [give_up(number / CANCELLED * 0.02, requests[number]) for number in range(CANCELLED)]
    await asyncio.gather(*(worker() for _ in range(2 * POOL)), *gone)
    return statuses


def connections(own: Own) -> int:
    """Those PostgreSQL counts; the owner is not shown what other roles' do."""
    with own.owner.connect() as connection:
        found = connection.execute("select count(*) from pg_stat_activity where usename = 'api_service'").fetchone()
    assert found is not None
    return int(found[0])


def pools(client: httpx.Client) -> dict[tuple[str, str], int]:
    text = client.get("/metrics", headers={"Authorization": "Bearer for-prometheus"}).text
    found = re.findall(r'hydrotheque_api_connections\{pool="(\w+)",state="(\w+)"\} (\d+)', text)
    return {(pool, state): int(number) for pool, state, number in found}


def test_no_connection_leaks(own: Own) -> None:
    url = httpx.URL(own.server.url)
    header = f"Host: {url.host}\r\nAuthorization: {own.headers['Authorization']}\r\n\r\n"
    requests = [f"GET {path} HTTP/1.1\r\n{header}".encode() for path in LOAD]
    total = [requests[number % len(requests)] for number in range(REQUESTS - CANCELLED)]
    assert asyncio.run(many(url, total)) == {200}
    with own.client() as client:
        for path in LOAD:
            assert client.get(path).status_code == 200
        held = pools(client)
    assert connections(own) == sum(held.values())
    for pool in ("data", "users"):
        assert held[pool, "busy"] == 0
        assert 0 < held[pool, "idle"] <= POOL


def test_a_request_under_way_ends_before_the_process(own: Own) -> None:
    """SIGTERM while PostgreSQL keeps a request waiting: it is answered, nobody new is, and the process is gone."""
    answers: list[httpx.Response] = []
    process = own.server.process
    assert process is not None
    with own.client() as client, own.owner.connect() as locks:
        asking = threading.Thread(target=lambda: answers.append(client.get("/user/me")))
        with locks.transaction():
            locks.execute("lock table app.users in access exclusive mode")
            asking.start()
            waiting = "select count(*) from pg_locks where not granted"
            while locks.execute(waiting).fetchone() == (0,):
                time.sleep(0.01)
            os.kill(process.pid, signal.SIGTERM)
            time.sleep(0.3)
            assert not answers
        asking.join()
    assert [each.status_code for each in answers] == [200]
    process.wait(timeout=30)
    with pytest.raises(httpx.ConnectError):
        httpx.get(own.server.url)
    assert connections(own) == 0
