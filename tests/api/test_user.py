"""Registering and logging in."""

import time
from typing import Any

import httpx
import psycopg
import pytest

from api import security, users
from api.database import Database
from tests.helpers.problems import assert_problem

PROBES = 15
ARGON2ID = "$argon2id$v=19$m=65536,t=3,p=4$"  # 64 MiB, 3 passes, 4 lanes: RFC 9106, section 4


def test_no_consent_stores_nobody(
    client: httpx.Client, new_user: dict[str, Any], owner: psycopg.Connection[Any]
) -> None:
    refused = client.post("/user/register", json={**new_user, "consent_given": False})
    assert refused.status_code == 400
    del new_user["consent_given"]
    assert client.post("/user/register", json=new_user).status_code == 400
    stored = owner.execute("select count(*) from app.users where username = %s", [new_user["username"]]).fetchone()
    assert stored == (0,)


@pytest.mark.parametrize("change", ["same name", "NAME", "same e-mail", "E-MAIL"])
def test_a_name_or_an_email_is_taken_once(
    client: httpx.Client, new_user: dict[str, Any], registered: dict[str, Any], change: str
) -> None:
    taken = {
        "same name": {"username": registered["username"]},
        "NAME": {"username": registered["username"].upper()},
        "same e-mail": {"email": registered["email"]},
        "E-MAIL": {"email": registered["email"].upper()},
    }[change]
    answer = client.post("/user/register", json={**new_user, **taken})
    assert_problem(answer, "already-taken", "This username or e-mail address is already taken.")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "ab"),
        ("username", "a" * 51),
        ("username", "with space"),
        ("username", "nul\x00name"),
        ("username", "camille😀"),
        ("username", None),
        ("email", "nowhere"),
        ("email", "a" * 300 + "@example.com"),
        ("password", "eleven-char"),
        ("password", "a" * 129),
        ("password", 123456789012),
        ("consent_given", "yes"),
        ("consent_given", 1),
    ],
)
def test_malformed_registrations_name_the_field(
    client: httpx.Client, new_user: dict[str, Any], field: str, value: object
) -> None:
    answer = client.post("/user/register", json={**new_user, field: value})
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert answer.json()["detail"].startswith(f"{field}: ")


_REST = b'{"username": "a.b", "email": "a@example.com", "consent_given": true, "password": "'
HALF_A_PAIR = _REST + 12 * rb"\ud800" + b'"}'


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"text"', b'{"username": "\\ud800\\ud800\\ud800"}', HALF_A_PAIR, b"\xff\xfe"]
)
def test_bodies_that_are_no_registration(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/user/register", content=body, headers={"Content-Type": "application/json"})
    assert_problem(answer, "invalid-request")


def test_only_what_is_needed_is_stored(
    registered: dict[str, Any], owner: psycopg.Connection[psycopg.rows.TupleRow]
) -> None:
    cursor = owner.cursor(row_factory=psycopg.rows.dict_row)
    row = cursor.execute("select * from app.users where id = %s", [registered["id"]]).fetchone()
    assert row is not None
    assert set(row) == {
        "id",
        "username",
        "email",
        "hashed_password",
        "is_active",
        "consent_version",
        "consent_given_at",
        "consent_withdrawn_at",
        "token_version",
        "last_login_at",
        "deletion_warned_at",
        "created_at",
    }
    assert row["hashed_password"].startswith(ARGON2ID)
    assert row["consent_given_at"] is not None


def test_no_answer_holds_a_password_or_a_hash(client: httpx.Client, new_user: dict[str, Any]) -> None:
    form = {"username": new_user["username"], "password": new_user["password"]}
    answers = [
        client.post("/user/register", json=new_user),
        client.post("/user/register", json=new_user),
        client.post("/user/register", json={**new_user, "email": "nowhere"}),
        client.post("/user/register", json={**new_user, "password": "eleven-char"}),
        client.post("/user/register", content=str(new_user)),
        client.post("/user/login", data=form),
        client.post("/user/login", data={**form, "username": "nobody-at-all"}),
        client.post("/user/login", data={"password": new_user["password"]}),
    ]
    assert [answer.status_code for answer in answers] == [201, 409, 422, 422, 422, 200, 401, 422]
    for answer in answers:
        assert new_user["password"] not in answer.text
        assert "eleven-char" not in answer.text
        assert "argon2" not in answer.text


def test_the_name_logs_in_in_any_case(client: httpx.Client, registered: dict[str, Any]) -> None:
    form = {"username": registered["username"].upper(), "password": registered["password"]}
    answer = client.post("/user/login", data=form)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


def _answer(client: httpx.Client, username: str, password: str) -> tuple[Any, ...]:
    answer = client.post("/user/login", data={"username": username, "password": password})
    headers = {name: value for name, value in answer.headers.items() if name not in ("date", "x-request-id")}
    return answer.status_code, answer.content, headers


def test_unknown_and_known_users_get_the_same_answer(
    client: httpx.Client, registered: dict[str, Any], new_user: dict[str, Any], owner: psycopg.Connection[Any]
) -> None:
    client.post("/user/register", json=new_user)
    owner.execute("update app.users set is_active = false where username = %s", [new_user["username"]])
    answers = [
        _answer(client, registered["username"], "not-the-password"),
        _answer(client, "nobody-at-all", registered["password"]),
        _answer(client, registered["email"], registered["password"]),
        _answer(client, new_user["username"], new_user["password"]),
        _answer(client, "nul\x00name", registered["password"]),
        _answer(client, "' or true --", registered["password"]),
        _answer(client, "n" * 10_000, "p" * 10_000),
    ]
    assert answers[0][0] == 401
    assert answers[0][2]["www-authenticate"] == "Bearer"
    assert all(answer == answers[0] for answer in answers)


def test_one_hash_is_checked_whoever_asks(
    migrated: Any, registered: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in migrated.api_env.items():
        monkeypatch.setenv(name, value)
    checked: list[str] = []
    verify = security._hasher.verify
    monkeypatch.setattr(security._hasher, "verify", lambda sent, kept: checked.append(kept) or verify(sent, kept))
    db = Database()
    names = (registered["username"], "nobody-at-all", "nul\x00name", "' or true --", "")
    for name in names:
        assert users.authenticate(db, name, "not-the-password", ()) is None
    db.engine.dispose()
    assert [each.startswith(ARGON2ID) for each in checked] == [True] * len(names)


def test_unknown_and_known_users_take_the_same_time(client: httpx.Client, registered: dict[str, Any]) -> None:
    """The two are asked in turns; what else the machine does can only add to a time, so the shortest are compared."""
    names = [registered["username"], "nobody-at-all"]
    _answer(client, names[0], "not-the-password")
    taken: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(PROBES):
        for name in names if turn % 2 else reversed(names):
            start = time.perf_counter()
            _answer(client, name, "not-the-password")
            taken[name].append(time.perf_counter() - start)
    known, unknown = (min(taken[name]) for name in names)
    # Without the hash an unknown name would be answered in a tenth of the time.
    assert 0.6 < known / unknown < 1.6
