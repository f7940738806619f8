"""Every route, those that will land included, with every kind of token that is none."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import jwt
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.api.operations import CLOSED, METRICS, OPEN, OPERATIONS, Operation, served
from tests.helpers.problems import assert_problem

REFUSED = "The token is missing, expired or not valid: get one at POST /user/login."
# One route stands for all where making a user for each would take long: which route asks changes nothing.
PASSWORD = "nappe-phreatique-2024"
ONE = next(each for each in CLOSED if each.path == "/data/piezo/list")


def claims(user_id: object, **changes: object) -> dict[str, object]:
    now = int(time.time())
    made = {"sub": str(user_id), "ver": 1, "iat": now, "exp": now + 600, "jti": "x", **changes}
    return {name: value for name, value in made.items() if value is not None}


def unsigned(header: dict[str, object], body: dict[str, object], signature: str = "") -> str:
    """A token written by hand, as whoever attacks would."""
    parts = [base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode() for each in (header, body)]
    return ".".join([*parts, signature])


def signed(header: dict[str, object], body: dict[str, object], key: bytes) -> str:
    """A token whose HMAC is made with any key, a public one too, which PyJWT would not take."""
    text = unsigned(header, body).rstrip(".")
    made = hmac.digest(key, text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(made).rstrip(b'=').decode()}"


def assert_refused(answer: httpx.Response) -> None:
    assert_problem(answer, "not-logged-in", REFUSED)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_every_route_asks_for_a_token_or_is_known_to_be_open() -> None:
    documented = {(each.method, each.path) for each in OPERATIONS}
    assert served() - documented == {("GET", "/docs"), ("GET", "/docs/start.js"), ("GET", "/openapi.json"), METRICS}
    assert served() >= OPEN
    for each in OPERATIONS:
        assert ("security" in each.spec) is not each.is_open, str(each)


def bad_tokens(mine: int, good: str, secret: str) -> dict[str, str]:
    """Tokens of the user `mine` that do not hold, by what is wrong with them; `good` is one that does."""
    header, body, signature = good.split(".")
    _, other_body, _ = jwt.encode(claims(mine + 1), secret, "HS256").split(".")
    key = "k7Q_" * 20
    pair = rsa.generate_private_key(65537, 2048)
    public = pair.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {
        "expired": jwt.encode(claims(mine, exp=int(time.time()) - 1), secret, "HS256"),
        "long expired": jwt.encode(claims(mine, exp=1_000_000_000), secret, "HS256"),
        "from the future": jwt.encode(claims(mine, iat=4_000_000_000, exp=4_000_000_600), secret, "HS256"),
        "not yet": jwt.encode(claims(mine, nbf=4_000_000_000), secret, "HS256"),
        "another key": jwt.encode(claims(mine), key, "HS256"),
        "another key, named": jwt.encode(
            claims(mine), key, "HS256", headers={"kid": "../../dev/null", "jku": "http://x"}
        ),
        "our key, HS384": jwt.encode(claims(mine), secret, "HS384"),
        "our key, HS512": jwt.encode(claims(mine), secret, "HS512"),
        "alg none": jwt.encode(claims(mine), None, "none"),
        "alg None": unsigned({"alg": "None", "typ": "JWT"}, claims(mine)),
        "alg nOnE, our signature": unsigned({"alg": "nOnE", "typ": "JWT"}, claims(mine), signature),
        "no alg": unsigned({"typ": "JWT"}, claims(mine), signature),
        "alg RS256": unsigned({"alg": "RS256", "typ": "JWT"}, claims(mine), signature),
        "RS256, a pair of theirs": jwt.encode(claims(mine), pair, "RS256"),
        "HS256 with a public key": signed({"alg": "HS256", "typ": "JWT"}, claims(mine), public),
        "HS256 with an empty key": signed({"alg": "HS256", "typ": "JWT"}, claims(mine), b""),
        "no signature": f"{header}.{body}.",
        "another's claims": f"{header}.{other_body}.{signature}",
        "cut": good[:-1],
        "a user who never was": jwt.encode(claims(2**40), secret, "HS256"),
        **{f"no {name}": jwt.encode(claims(mine, **{name: None}), secret, "HS256") for name in claims(mine)},
        **{
            f"sub {sub!r}"[:30]: jwt.encode(claims(sub), secret, "HS256")
            for sub in ("", "camille", "0", "-1", "²", " 1", "1.0", "1 or 1=1", "9" * 19, "1" * 5000, "\x00")
        },
        **{
            f"ver {ver!r}": jwt.encode(claims(mine, ver=ver), secret, "HS256")
            for ver in (0, 2, -1, "1", True, 1.0, 2**70, [1])
        },
    }


@pytest.fixture(scope="session")
def bad_headers(registered: dict[str, Any], secret: str) -> dict[str, str]:
    """Authorization headers that open nothing, by what is wrong with them."""
    good = jwt.encode(claims(registered["id"]), secret, "HS256")
    tokens = bad_tokens(registered["id"], good, secret)
    headers = {
        "no scheme": good,
        "Basic": "Basic dGVzdDp0ZXN0",
        "Basic with a token": f"Basic {good}",
        "empty": "Bearer",
        "two tokens": f"Bearer {good} {good}",
        "not a token": "Bearer x.y.z",
        "dots": "Bearer ..",
        "Latin-1": "Bearer \xe9\xe9.\xe9.\xe9",
        "very long": "Bearer " + "a" * 7_000,
    }
    return {**{name: f"Bearer {token}" for name, token in tokens.items()}, **headers}


@pytest.mark.parametrize("operation", CLOSED, ids=str)
def test_a_token_that_is_none(operation: Operation, client: httpx.Client, bad_headers: dict[str, str]) -> None:
    assert_refused(client.request(**operation.request()))
    assert_refused(client.request(operation.method, operation.request()["url"], content=b"{"))
    for what, header in bad_headers.items():
        answer = client.request(**operation.request(), headers={"Authorization": header.encode("latin-1")})
        assert answer.status_code == 401, what
        assert_refused(answer)


@pytest.fixture(scope="session")
def gone(client: httpx.Client, migrated: Any, somebody: Callable[..., Any]) -> dict[str, str]:
    """Tokens that were good once, by what became of their users."""
    statements = {
        "deleted": "delete from app.users where id = %s",
        "switched off": "update app.users set is_active = false where id = %s",
        "consent withdrawn": "update app.users set consent_withdrawn_at = now() where id = %s",
        "no consent": "update app.users set consent_given_at = null where id = %s",
        "revoked": "update app.users set token_version = token_version + 1 where id = %s",
    }
    asked = {
        "deleted by the person": ("DELETE", "/user/me", {"current_password": PASSWORD}),
        "consent withdrawn by the person": ("DELETE", "/user/me/consent", None),
        "password changed": ("PATCH", "/user/me", {"current_password": PASSWORD, "password": "aquifere-captif-2025"}),
        "logged out": ("POST", "/user/logout", None),
    }
    tokens = {}
    for what, (method, path, body) in asked.items():
        tokens[what] = somebody()[1]
        header = {"Authorization": f"Bearer {tokens[what]}"}
        assert client.request(method, path, json=body, headers=header).is_success
    with psycopg.connect(migrated.url, autocommit=True) as owner:
        for what, statement in statements.items():
            user, token = somebody()
            assert client.request(**ONE.request(), headers={"Authorization": f"Bearer {token}"}).status_code == 200
            owner.execute(statement, [user["id"]])
            tokens[what] = token
    return tokens


@pytest.mark.parametrize("operation", CLOSED, ids=str)
def test_a_token_of_a_user_who_is_gone(operation: Operation, client: httpx.Client, gone: dict[str, str]) -> None:
    for token in gone.values():
        assert_refused(client.request(**operation.request(), headers={"Authorization": f"Bearer {token}"}))


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_the_example_runs_and_shows_nobody_else(
    operation: Operation,
    client: httpx.Client,
    somebody: Callable[..., Any],
    registered: dict[str, Any],
    owner: psycopg.Connection[Any],
) -> None:
    """With a good token each route gives what its page shows, and nothing of another user's."""
    user, token = somebody()
    changes = {"username": user["username"]}
    if operation.path == "/user/register":
        owner.execute("delete from app.users where username = %s", [operation.request()["json"]["username"]])
        changes = {}
    answer = client.request(**operation.request(**changes), headers={"Authorization": f"Bearer {token}"})
    assert answer.is_success, answer.text
    assert str(answer.status_code) in operation.spec["responses"]
    for private in (registered["username"], registered["email"]):
        assert private not in answer.text


@pytest.mark.parametrize("operation", [each for each in CLOSED if each.path.startswith("/user")], ids=str)
def test_no_route_reaches_another_account(
    operation: Operation, client: httpx.Client, somebody: Callable[..., Any], owner: psycopg.Connection[Any]
) -> None:
    """With a good token, and another's number, name and address wherever they can be said."""
    (other, _), (_, token) = somebody(), somebody()
    row = "select * from app.users where id = %s"
    before = owner.execute(row, [other["id"]]).fetchone()
    another = {name: other[name] for name in ("id", "username", "email")}
    another |= {"user_id": other["id"], "sub": str(other["id"])}
    asked = operation.request()
    asked["params"] |= another
    if "json" in asked:
        asked["json"] |= another
    headers = {"Authorization": f"Bearer {token}", "X-User-Id": str(other["id"]), "X-Forwarded-User": other["username"]}
    answer = client.request(**asked, headers=headers)
    assert answer.status_code in (200, 204, 409), answer.text
    assert other["email"] not in answer.text
    assert owner.execute(row, [other["id"]]).fetchone() == before


def test_a_token_lasts_thirty_minutes(somebody: Callable[..., Any], secret: str) -> None:
    user, token = somebody()
    held = jwt.decode(token, secret, algorithms=["HS256"])
    assert set(held) == {"sub", "ver", "iat", "exp", "jti"}
    assert held["sub"] == str(user["id"])
    assert held["exp"] - held["iat"] == 30 * 60


def test_no_two_tokens_are_the_same(registered: dict[str, Any], client: httpx.Client, secret: str) -> None:
    form = {"username": registered["username"], "password": registered["password"]}
    tokens: Iterator[str] = (client.post("/user/login", data=form).json()["access_token"] for _ in range(2))
    one, other = (jwt.decode(token, secret, algorithms=["HS256"])["jti"] for token in tokens)
    assert one != other
