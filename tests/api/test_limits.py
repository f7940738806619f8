"""How often one may try to log in or to register."""

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from tests.helpers.problems import assert_problem

PASSWORD = "nappe-phreatique-2024"
WRONG = "not-the-password"
FEW = {
    "HYDROTHEQUE_API_ATTEMPTS_PER_ACCOUNT": "3",
    "HYDROTHEQUE_API_ATTEMPTS_PER_ADDRESS": "8",
    "HYDROTHEQUE_API_REGISTRATIONS_PER_ADDRESS": "4",
    "HYDROTHEQUE_API_TRUSTED_PROXIES": "127.0.0.1",
}
_numbers = iter(range(1, 250))


@pytest.fixture(scope="module")
def two(migrated: Any, serve: Callable[..., Any]) -> Iterator[tuple[Any, Any]]:
    """Two processes of one API, behind a proxy, that let little through."""
    with serve(**migrated.api_env, **FEW) as one, serve(**migrated.api_env, **FEW) as other:
        yield one, other


@pytest.fixture
def clients(two: tuple[Any, Any]) -> Iterator[list[httpx.Client]]:
    """A client of each, at an address nobody used before."""
    address = {"X-Forwarded-For": f"198.51.100.{next(_numbers)}"}
    with two[0].client() as one, two[1].client() as other:
        one.headers.update(address)
        other.headers.update(address)
        yield [one, other]


def login(client: httpx.Client, name: str, password: str = WRONG, **headers: str) -> httpx.Response:
    return client.post("/user/login", data={"username": name, "password": password}, headers=headers)


def registration(name: str = "") -> dict[str, Any]:
    name = name or f"test-{secrets.token_hex(6)}"
    return {"username": name, "email": f"{name}@example.com", "password": PASSWORD, "consent_given": True}


@pytest.mark.parametrize("known", [True, False])
def test_an_account_is_closed_for_a_while(
    clients: list[httpx.Client], somebody: Callable[..., Any], owner: psycopg.Connection[Any], known: bool
) -> None:
    """The same for who is not there: whether somebody is registered is not to be learned here either."""
    name = somebody()[0]["username"] if known else f"nobody-{secrets.token_hex(4)}"
    tries = [login(clients[number % 2], name if number else name.upper()) for number in range(4)]
    assert [each.status_code for each in tries] == [401, 401, 401, 429]
    assert_problem(tries[3], "too-many-attempts")
    assert 800 < int(tries[3].headers["Retry-After"]) <= 900
    # From anywhere, with the right password too, and without a hash being made.
    elsewhere = login(clients[0], name, PASSWORD, **{"X-Forwarded-For": "203.0.113.9"})
    assert_problem(elsewhere, "too-many-attempts")
    owner.execute("update app.attempts set expires_at = now() where attempts > 3")
    assert login(clients[0], name, PASSWORD).status_code == (200 if known else 401)


def test_who_logs_in_starts_again(clients: list[httpx.Client], somebody: Callable[..., Any]) -> None:
    name = somebody()[0]["username"]
    for _ in range(4):
        assert [login(clients[0], name).status_code for _ in range(2)] == [401, 401]
        assert login(clients[1], name, PASSWORD).status_code == 200
        clients[0].headers["X-Forwarded-For"] = f"198.51.100.{next(_numbers)}"  # two of its eight were used


def test_an_address_is_closed_for_a_while(clients: list[httpx.Client], somebody: Callable[..., Any]) -> None:
    name = somebody()[0]["username"]
    tries = [login(clients[number % 2], secrets.token_hex(8)).status_code for number in range(9)]
    assert tries == [401] * 8 + [429]
    assert login(clients[0], name, PASSWORD).status_code == 429
    assert login(clients[0], name, PASSWORD, **{"X-Forwarded-For": "203.0.113.77"}).status_code == 200


def test_only_the_proxy_is_believed_about_the_address(clients: list[httpx.Client]) -> None:
    """The last address that is not the proxy's own is the caller's; what the caller wrote before it is not read."""
    real = clients[0].headers["X-Forwarded-For"]
    tries = [
        login(clients[0], secrets.token_hex(8), **{"X-Forwarded-For": f"10.0.0.{number}, {real}"}).status_code
        for number in range(9)
    ]
    assert tries == [401] * 8 + [429]


def test_without_a_trusted_proxy_nobody_is(migrated: Any, serve: Callable[..., Any]) -> None:
    environment = {**FEW, "HYDROTHEQUE_API_TRUSTED_PROXIES": "", "HYDROTHEQUE_API_ATTEMPTS_PER_ADDRESS": "2"}
    with serve(**migrated.api_env, **environment) as alone, alone.client() as client:
        tries = [
            login(client, secrets.token_hex(8), **{"X-Forwarded-For": f"192.0.2.{number}"}).status_code
            for number in range(3)
        ]
    assert tries == [401, 401, 429]


def test_addresses_of_one_ipv6_network_are_one(clients: list[httpx.Client]) -> None:
    network = f"2001:db8:{secrets.token_hex(2)}:1"
    tries = [
        login(clients[0], secrets.token_hex(8), **{"X-Forwarded-For": f"{network}::{number:x}"}).status_code
        for number in range(1, 10)
    ]
    assert tries == [401] * 8 + [429]


def test_attempts_at_the_same_moment_all_count(clients: list[httpx.Client]) -> None:
    name = secrets.token_hex(8)
    with ThreadPoolExecutor(8) as pool:
        tries = list(pool.map(lambda number: login(clients[number % 2], name).status_code, range(8)))
    assert sorted(tries) == [401] * 3 + [429] * 5


def test_registrations_from_an_address(clients: list[httpx.Client]) -> None:
    tries = [clients[number % 2].post("/user/register", json=registration()) for number in range(5)]
    assert [each.status_code for each in tries] == [201] * 4 + [429]
    assert_problem(tries[4], "too-many-attempts")
    assert int(tries[4].headers["Retry-After"]) > 0


def test_registrations_with_an_email(clients: list[httpx.Client]) -> None:
    body = registration()
    statuses = []
    for number in range(4):
        clients[0].headers["X-Forwarded-For"] = f"203.0.113.{100 + number}"
        statuses.append(clients[0].post("/user/register", json=body).status_code)
    assert statuses == [201, 409, 409, 429]


def test_asking_for_the_password_again_counts_too(clients: list[httpx.Client], somebody: Callable[..., Any]) -> None:
    """Whoever holds a token only must not be able to guess the password with it."""
    account, token = somebody()
    headers = {"Authorization": f"Bearer {token}"}
    guess = {"current_password": "not-the-password", "email": "a@example.com"}
    tries = [
        clients[0].patch("/user/me", json=guess, headers=headers),
        clients[1].request("DELETE", "/user/me", json=guess, headers=headers),
        clients[0].patch("/user/me", json=guess, headers=headers),
        clients[0].patch("/user/me", json={**guess, "current_password": PASSWORD}, headers=headers),
    ]
    assert [each.status_code for each in tries] == [403, 403, 403, 429]
    assert login(clients[1], account["username"], PASSWORD).status_code == 200


def test_a_stranger_who_guesses_keeps_nobody_from_the_own_account(
    clients: list[httpx.Client], somebody: Callable[..., Any]
) -> None:
    account, token = somebody()
    assert [login(clients[0], account["username"]).status_code for _ in range(4)] == [401, 401, 401, 429]
    own = {"json": {"current_password": PASSWORD}, "headers": {"Authorization": f"Bearer {token}"}}
    assert clients[1].request("DELETE", "/user/me", **own).status_code == 204


def test_who_is_registered_is_asked_of_a_correction_no_oftener_than_of_a_registration(
    clients: list[httpx.Client], somebody: Callable[..., Any]
) -> None:
    _, token = somebody()
    other, _ = somebody()
    asked = {"current_password": PASSWORD, "email": other["email"]}
    headers = {"Authorization": f"Bearer {token}"}
    tries = [clients[number % 2].patch("/user/me", json=asked, headers=headers) for number in range(3)]
    assert [each.status_code for each in tries] == [409, 409, 429]  # the registration itself was the first


def test_a_name_has_one_count_however_it_is_written(clients: list[httpx.Client]) -> None:
    """PostgreSQL takes the Turkish İ for an i, Python does not: each way to write a name would be counted apart."""
    account = registration(f"test-i{secrets.token_hex(6)}")
    assert clients[0].post("/user/register", json=account).status_code == 201
    assert login(clients[0], account["username"].replace("i", "İ"), PASSWORD).status_code == 401
    assert login(clients[0], account["username"].replace("i", "I"), PASSWORD).status_code == 200


def test_neither_names_nor_addresses_are_stored(clients: list[httpx.Client], owner: psycopg.Connection[Any]) -> None:
    name = f"nobody-{secrets.token_hex(4)}"
    clients[0].headers["X-Forwarded-For"] = "203.0.113.201"
    assert login(clients[0], name).status_code == 401
    stored = str(owner.execute("select * from app.attempts").fetchall())
    assert owner.execute("select bool_and(length(key) = 32) from app.attempts").fetchone() == (True,)
    for private in (name, "203.0.113", "example.com"):
        assert private not in stored


def test_what_is_void_is_deleted(clients: list[httpx.Client], owner: psycopg.Connection[Any]) -> None:
    owner.execute("delete from app.attempts")
    assert login(clients[0], secrets.token_hex(8)).status_code == 401
    owner.execute("update app.attempts set expires_at = now() - interval '1 second'")
    login(clients[0], secrets.token_hex(8))
    assert owner.execute("select count(*) from app.attempts where expires_at < now()").fetchone() == (0,)
    assert owner.execute("select count(*) from app.attempts").fetchone() == (2,)


def test_the_counts_are_not_in_the_write_ahead_log(owner: psycopg.Connection[Any]) -> None:
    found = owner.execute("select relpersistence from pg_class where oid = 'app.attempts'::regclass").fetchone()
    assert found == ("u",)
