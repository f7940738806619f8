"""Every route under /data, with every kind of token that is none."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import psycopg
import pytest

ROUTES = [
    ("POST", "/data/meteo/", {"input_date": "2024-01-15", "lambx": 652500.0, "lamby": 6862500.0}),
    ("POST", "/data/piezo_value/", {"code_bss": "07548X0009/F"}),
    ("GET", "/data/piezo/list", None),
    ("POST", "/data/piezo_meteo/", {"code_bss": "07548X0009/F", "start_date": "2024-01-01", "end_date": "2024-01-31"}),
]
Ask = Callable[..., httpx.Response]


@pytest.fixture(params=ROUTES, ids=lambda route: route[1])
def ask(request: pytest.FixtureRequest, client: httpx.Client) -> Ask:
    """Ask one of the routes with these headers."""
    method, path, body = request.param
    return lambda **headers: client.request(method, path, json=body, headers=headers)


def claims(user_id: object, **changes: object) -> dict[str, object]:
    now = int(time.time())
    made = {"sub": str(user_id), "ver": 1, "iat": now, "exp": now + 600, "jti": "x", **changes}
    return {name: value for name, value in made.items() if value is not None}


def assert_refused(answer: httpx.Response) -> None:
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json() == {"detail": "The token is missing, expired or not valid: get one at POST /user/login."}


def test_a_token_of_ours_is_accepted(ask: Ask, registered: dict[str, Any], secret: str) -> None:
    token = jwt.encode(claims(registered["id"]), secret, "HS256")
    assert ask(Authorization=f"Bearer {token}").status_code == 200


def test_no_token(ask: Ask) -> None:
    assert_refused(ask())


@pytest.mark.parametrize("header", ["Bearer", "Bearer x.y.z", "Basic dGVzdDp0ZXN0", "Bearer a b", "token"])
def test_no_token_in_the_header(ask: Ask, header: str) -> None:
    assert_refused(ask(Authorization=header))


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": None},
        {"sub": None},
        {"jti": None},
        {"ver": None},
        {"ver": 0},
        {"ver": 2},
        {"ver": "1"},
        {"ver": True},
        {"ver": 1.0},
        {"sub": ""},
        {"sub": "camille"},
        {"sub": "0"},
        {"sub": "-1"},
        {"sub": "²"},
        {"sub": "9" * 19},
        {"sub": "1" * 5000},
        {"iat": 4_000_000_000, "exp": 4_000_000_600},
    ],
    ids=str,
)
def test_claims_that_do_not_hold(ask: Ask, registered: dict[str, Any], secret: str, changes: dict[str, object]) -> None:
    token = jwt.encode(claims(registered["id"], **changes), secret, "HS256")
    assert_refused(ask(Authorization=f"Bearer {token}"))


def test_another_signature(ask: Ask, registered: dict[str, Any]) -> None:
    token = jwt.encode(claims(registered["id"]), "x" * 64, "HS256")
    assert_refused(ask(Authorization=f"Bearer {token}"))


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_our_key_with_another_algorithm(ask: Ask, registered: dict[str, Any], secret: str, algorithm: str) -> None:
    token = jwt.encode(claims(registered["id"]), secret, algorithm)
    assert_refused(ask(Authorization=f"Bearer {token}"))


def test_no_signature(ask: Ask, registered: dict[str, Any]) -> None:
    unsigned = jwt.encode(claims(registered["id"]), None, "none")
    assert_refused(ask(Authorization=f"Bearer {unsigned}"))


def test_an_altered_token(ask: Ask, registered: dict[str, Any], secret: str) -> None:
    header, _, signature = jwt.encode(claims(registered["id"]), secret, "HS256").split(".")
    _, other, _ = jwt.encode(claims(registered["id"] + 1), secret, "HS256").split(".")
    assert_refused(ask(Authorization=f"Bearer {header}.{other}.{signature}"))


@pytest.mark.parametrize(
    "statement",
    [
        "delete from app.users where id = %s",
        "update app.users set is_active = false where id = %s",
        "update app.users set consent_withdrawn_at = now() where id = %s",
        "update app.users set token_version = token_version + 1 where id = %s",
    ],
    ids=["deleted", "switched off", "consent withdrawn", "revoked"],
)
def test_a_user_who_is_gone(
    client: httpx.Client, new_user: dict[str, Any], owner: psycopg.Connection[Any], statement: str
) -> None:
    user_id = client.post("/user/register", json=new_user).json()["id"]
    form = {"username": new_user["username"], "password": new_user["password"]}
    token = client.post("/user/login", data=form).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("/data/piezo/list", headers=headers).status_code == 200
    owner.execute(statement, [user_id])
    assert_refused(client.get("/data/piezo/list", headers=headers))


def test_a_token_lasts_thirty_minutes(client: httpx.Client, registered: dict[str, Any], secret: str) -> None:
    form = {"username": registered["username"], "password": registered["password"]}
    token = client.post("/user/login", data=form).json()["access_token"]
    held = jwt.decode(token, secret, algorithms=["HS256"])
    assert set(held) == {"sub", "ver", "iat", "exp", "jti"}
    assert held["sub"] == str(registered["id"])
    assert held["exp"] - held["iat"] == 30 * 60
