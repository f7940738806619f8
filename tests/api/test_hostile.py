"""What attackers and broken programs send, in every parameter and every field of every route of the document: never a
5xx, never a status that is not said, never a hash of a password, and the tables are afterwards what they were."""

import http.client
import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import psycopg
import pytest

from tests.api.operations import OPERATIONS, Operation, resolved

TEXTS = [
    "' OR 1=1 --",
    "'; DROP TABLE app.users; --",
    "' UNION SELECT username, hashed_password FROM app.users --",
    "1; SELECT pg_sleep(10)",
    "$$; TRUNCATE marts.nappe; $$",
    "$1 %s %(id)s :id {0} \\' %",
    "07548X0009/F\0",
    "💧\u200d\u202e\ufffd\uffff" + "e\u0301" * 20,
    "9" * 5_000,
    "../../../etc/passwd",
    "a\r\nSet-Cookie: x=1",
    "",
]
NUMBERS = ["NaN", "-Infinity", "1e400", "2147483648", "-9223372036854775809", "9" * 400, "0x10", "١٢"]
# Percent-encoding that is none, or of what is not UTF-8.
RAW = ["%ff%fe", "%c0%af", "%ed%a0%80", "%", "%zz", "%00"]
JSON_VALUES = [
    "null",
    "true",
    "[]",
    "{}",
    "NaN",
    "-Infinity",
    "1e400",
    "9" * 400,
    '"' + 12 * "\\ud800" + '"',
    '"\\u0000"',
]
JSON_BODIES = {
    "deep lists": b"[" * 45_000 + b"]" * 45_000,
    "deep objects": b'{"a":' * 15_000 + b"1" + b"}" * 15_000,
    "no JSON": b"{",
    "no UTF-8": b'{"a": "\xff\xfe"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "NUL": b"\0" * 1_000,
    "nothing": b"",
}
TIMEOUT = 120  # s: several passwords are hashed at once, on a machine that may have other work
_CHECKSUM = "select count(*), sum(hashtextextended(t::text, 0)) from {} t"


def tables(owner: psycopg.Connection[Any]) -> dict[str, Any]:
    """A checksum of each table that the API can see, but the counts of attempts, which are there to change."""
    found = owner.execute(
        "select schemaname || '.' || tablename from pg_tables "
        "where schemaname in ('app', 'marts') and tablename <> 'attempts'"
    )
    return {name: owner.execute(_CHECKSUM.format(name)).fetchone() for (name,) in found.fetchall()}


@pytest.fixture(scope="module", autouse=True)
def unchanged(migrated: Any) -> Iterator[None]:
    """The tables are the same after all of it, once those who registered for it are gone."""
    with psycopg.connect(migrated.url, autocommit=True) as owner:
        last = owner.execute("select coalesce(max(id), 0) from app.users").fetchone()
        before = tables(owner)
        yield
        owner.execute("delete from app.users where id > %s", last)
        assert tables(owner) == before


class Attacker:
    """Asks one route with a good token, a new one whenever a request has ended it; several requests at a time."""

    def __init__(self, client: httpx.Client, somebody: Callable[..., Any], operation: Operation) -> None:
        self._client, self._somebody, self.operation = client, somebody, operation
        self._token = somebody()[1]

    def ask(self, changes: Iterable[dict[str, Any]]) -> None:
        """Send the example with something else in it, for each of these, and look at the answers."""
        self._at_once(self._ask, changes)

    def ask_raw(self, sent: Iterable[tuple[str, str | None]]) -> None:
        """The same with addresses and forms that no client would write."""
        self._at_once(self._ask_raw, sent)

    @staticmethod
    def _at_once(send: Callable[[Any], None], each: Iterable[Any]) -> None:
        with ThreadPoolExecutor(8) as pool:
            for _ in pool.map(send, each):
                pass

    def _ask(self, changed: dict[str, Any]) -> None:
        asked = {**self.operation.request(), **changed}
        headers = {"Authorization": f"Bearer {self._token}", **asked.pop("headers", {})}
        answer = self._client.request(**asked, headers=headers, timeout=TIMEOUT)
        self._look(answer.status_code, answer.text)

    def _ask_raw(self, sent: tuple[str, str | None]) -> None:
        url, form = sent
        connection = http.client.HTTPConnection(self._client.base_url.host, self._client.base_url.port, timeout=TIMEOUT)
        headers = {"Authorization": f"Bearer {self._token}"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(self.operation.method, url, form, headers)
        answer = connection.getresponse()
        self._look(answer.status, answer.read().decode())
        connection.close()

    def _look(self, status: int, text: str) -> None:
        # An address may lead to another route, or to none; uvicorn itself answers 400 to what is no HTTP.
        assert str(status) in {*self.operation.spec["responses"], "400", "404", "405"}, (status, text)
        # One export an account, and no more: those of the tries before may still be on their way.
        assert status < 500 or (status == 503 and "under way" in text), text
        for inside in ("argon2id$", "psycopg", "asyncpg"):
            assert inside not in text
        if status == 401 and not self.operation.is_open:
            self._token = self._somebody()[1]


@pytest.fixture
def attacker(request: pytest.FixtureRequest, client: httpx.Client, somebody: Callable[..., Any]) -> Attacker:
    return Attacker(client, somebody, request.param)


def with_(place: str) -> Any:
    found = [each for each in OPERATIONS if each.parameters(place)]
    return pytest.mark.parametrize("attacker", found, ids=str, indirect=True)


def with_body(media_type: str) -> Any:
    found = [each for each in OPERATIONS if (body := each.body()) and body[0] == media_type]
    return pytest.mark.parametrize("attacker", found, ids=str, indirect=True)


def fields(operation: Operation) -> list[str]:
    """What the body may hold."""
    ((_, content),) = operation.spec["requestBody"]["content"].items()
    return list(resolved(content["schema"])["properties"])


@with_("query")
def test_in_the_query(attacker: Attacker) -> None:
    asked = attacker.operation.request()
    url, given = asked["url"], asked["params"]
    names = list(attacker.operation.parameters("query"))
    values = [*TEXTS, *NUMBERS, ["1", "2"]]
    attacker.ask({"params": {**given, name: value}} for name in names for value in values)
    attacker.ask([{"params": {**given, **dict.fromkeys(TEXTS[:4], "1")}}])
    for name in names:
        rest = urlencode({key: value for key, value in given.items() if key != name})
        attacker.ask_raw((f"{url}?{name}={raw}&{rest}", None) for raw in RAW)


@with_("path")
def test_in_the_path(attacker: Attacker) -> None:
    address = attacker.operation.request
    for name in attacker.operation.parameters("path"):
        attacker.ask({"url": address(**{name: quote(value, safe="")})["url"]} for value in (*TEXTS, *NUMBERS))
        attacker.ask_raw((address(**{name: raw})["url"], None) for raw in RAW)


@with_body("application/json")
def test_in_the_json(attacker: Attacker) -> None:
    example = attacker.operation.request()["json"]
    bodies: list[str | bytes] = list(JSON_BODIES.values())
    for name in fields(attacker.operation):
        rest = json.dumps({key: value for key, value in example.items() if key != name})[1:]
        rest = rest if rest == "}" else f", {rest}"
        values = [*map(json.dumps, (*TEXTS, *NUMBERS)), *JSON_VALUES]
        bodies += [f'{{"{name}": {value}{rest}' for value in values]
        bodies.append(f'{{"{name}": {json.dumps(TEXTS[0])}, {json.dumps(example)[1:]}')  # said twice
    json_type = {"Content-Type": "application/json"}
    attacker.ask({"json": None, "content": body, "headers": json_type} for body in bodies)
    other_type = {"Content-Type": "application/xml; charset=utf-7"}
    attacker.ask([{"json": None, "content": json.dumps(example), "headers": other_type}])


@with_body("application/x-www-form-urlencoded")
def test_in_the_form(attacker: Attacker) -> None:
    asked = attacker.operation.request()
    url, given = asked["url"], asked["data"]
    attacker.ask({"data": {**given, name: value}} for name in given for value in (*TEXTS, *NUMBERS))
    for name in given:
        rest = urlencode({key: value for key, value in given.items() if key != name})
        attacker.ask_raw((url, f"{name}={raw}&{rest}") for raw in RAW)


@pytest.mark.parametrize("attacker", [each for each in OPERATIONS if each.method == "GET"], ids=str, indirect=True)
def test_in_the_headers(attacker: Attacker) -> None:
    names = ("Accept", "If-None-Match", "X-Request-ID", "X-Forwarded-For", "Host")
    values = (TEXTS[1], "9" * 5_000, b"\xff\xfe")
    attacker.ask({"headers": {name: value}} for name in names for value in values)
