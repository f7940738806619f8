"""What a person can do about what is held about them (RGPD), and what ends their tokens."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest

from api import users
from api.database import Database
from api.models import table_of
from api.models.user import User
from api.schemas.user import CONSENT, CONSENT_VERSION, UserMe
from api.security import Claim
from tests.helpers.problems import assert_problem

PASSWORD = "nappe-phreatique-2024"
NEW_PASSWORD = "aquifere-captif-2025"


@dataclass
class Person:
    """Somebody who is logged in."""

    client: httpx.Client
    account: dict[str, Any]

    def login(self, password: str = PASSWORD) -> httpx.Response:
        return self.client.post("/user/login", data={"username": self.account["username"], "password": password})

    def row(self, owner: psycopg.Connection[Any]) -> dict[str, Any] | None:
        cursor = owner.cursor(row_factory=psycopg.rows.dict_row)
        return cursor.execute("select * from app.users where id = %s", [self.account["id"]]).fetchone()


@pytest.fixture
def person(server: Any, somebody: Callable[..., Any]) -> Iterator[Person]:
    account, token = somebody()
    with server.client() as client:
        client.headers["Authorization"] = f"Bearer {token}"
        yield Person(client, account)


def test_my_account(person: Person, owner: psycopg.Connection[Any]) -> None:
    me = person.client.get("/user/me").json()
    assert {name: me[name] for name in person.account} == person.account
    assert me["consent_version"] == CONSENT_VERSION
    assert me["last_login_at"] > me["created_at"]
    owner.execute("update app.users set last_login_at = '2024-02-29 08:00+00' where id = %s", [me["id"]])
    assert person.client.get("/user/me").json()["deleted_from"] == "2025-02-28T08:00:00Z"


def test_the_export_holds_every_column(person: Person, owner: psycopg.Connection[Any]) -> None:
    """A column that lands later fails here until it is exported."""
    person.login("wrong-password")
    answer = person.client.get("/user/me/export")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    held = answer.json()
    columns = {column.name for column in table_of(User).c}
    assert set(held["account"]) == columns - {"hashed_password"}
    row = person.row(owner)
    assert row is not None
    for name in ("id", "username", "email", "is_active", "token_version", "consent_version"):
        assert held["account"][name] == row[name]
    for name in ("consent_given_at", "created_at", "last_login_at"):
        assert held["account"][name] == row[name].isoformat().replace("+00:00", "Z")
    assert held["consent"] == CONSENT
    assert held["password"] == "argon2id hash"
    assert row["hashed_password"] not in answer.text
    assert [(each["what"], each["attempts"]) for each in held["attempts"]] == [("login", 1), ("registration", 1)]


def test_correcting_name_and_email(person: Person, owner: psycopg.Connection[Any]) -> None:
    name = f"test-{secrets.token_hex(6)}"
    changes = {"current_password": PASSWORD, "username": name, "email": f"{name}@example.com"}
    changed = person.client.patch("/user/me", json=changes)
    assert changed.status_code == 200, changed.text
    assert (changed.json()["username"], changed.json()["email"]) == (name, f"{name}@example.com")
    assert person.client.get("/user/me").json() == changed.json()
    assert person.login().status_code == 401  # the former name
    person.account["username"] = name
    assert person.login().status_code == 200
    # One's own name in another case is not taken.
    again = person.client.patch("/user/me", json={"current_password": PASSWORD, "username": name.upper()})
    assert again.json()["username"] == name.upper()


@pytest.mark.parametrize("field", ["username", "email"])
def test_a_name_or_email_of_another_is_not_given(person: Person, registered: dict[str, Any], field: str) -> None:
    before = person.client.get("/user/me").json()
    for value in (registered[field], registered[field].upper()):
        answer = person.client.patch("/user/me", json={"current_password": PASSWORD, field: value})
        assert_problem(answer, "already-taken", "This username or e-mail address is already taken.")
    assert person.client.get("/user/me").json() == before


def test_a_new_password_ends_every_token(person: Person) -> None:
    other = person.login().json()["access_token"]
    changes = {"current_password": PASSWORD, "password": NEW_PASSWORD}
    assert person.client.patch("/user/me", json=changes).status_code == 200
    for header in (person.client.headers["Authorization"], f"Bearer {other}"):
        for path in ("/user/me", "/data/piezo/list"):
            assert_problem(person.client.get(path, headers={"Authorization": header}), "not-logged-in")
    assert person.login().status_code == 401
    renewed = person.login(NEW_PASSWORD).json()["access_token"]
    assert person.client.get("/user/me", headers={"Authorization": f"Bearer {renewed}"}).status_code == 200


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["current_password"]),
        ({"current_password": PASSWORD}, [""]),
        ({"current_password": PASSWORD, "email": None}, [""]),
        ({"current_password": PASSWORD, "email": "nowhere"}, ["email"]),
        ({"current_password": PASSWORD, "password": "short"}, ["password"]),
        ({"current_password": PASSWORD, "username": "a b c"}, ["username"]),
        ({"current_password": "p" * 1_001, "email": "a@example.com"}, ["current_password"]),
    ],
)
def test_corrections_that_are_none(person: Person, body: dict[str, Any], fields: list[str]) -> None:
    answer = person.client.patch("/user/me", json=body)
    assert_problem(answer, "invalid-request")
    assert [each["field"] for each in answer.json()["errors"]] == fields
    assert PASSWORD not in answer.text


def test_changing_and_deleting_ask_for_the_password(person: Person, owner: psycopg.Connection[Any]) -> None:
    before = person.row(owner)
    wrong = {"current_password": NEW_PASSWORD}
    assert_problem(person.client.patch("/user/me", json={**wrong, "email": "a@example.com"}), "wrong-password")
    assert_problem(person.client.request("DELETE", "/user/me", json=wrong), "wrong-password")
    assert person.row(owner) == before


def test_nobody_can_make_themselves_more_than_they_are(person: Person, owner: psycopg.Connection[Any]) -> None:
    """Fields that are not offered are passed over, the number of another user's account among them."""
    before = person.row(owner)
    more = {"id": 1, "is_active": False, "token_version": 99, "consent_given_at": None, "deleted_from": None}
    changed = person.client.patch("/user/me", json={"current_password": PASSWORD, "email": before["email"], **more})
    assert changed.status_code == 200
    assert person.row(owner) == before


def test_erasure(person: Person, owner: psycopg.Connection[Any], server: Any) -> None:
    counted = owner.execute("select count(*) from app.attempts").fetchone()
    person.login("wrong-password")
    answer = person.client.request("DELETE", "/user/me", json={"current_password": PASSWORD})
    assert (answer.status_code, answer.content) == (204, b"")
    assert person.row(owner) is None
    for path in ("/user/me", "/user/me/export", "/data/piezo/list"):
        assert_problem(person.client.get(path), "not-logged-in")
    assert person.login().status_code == 401
    # Nothing is left of the registration's count, and of the login's only what the failed one just made.
    assert counted is not None
    assert owner.execute("select count(*) from app.attempts").fetchone() == counted
    body = {**person.account, "password": PASSWORD, "consent_given": True}
    assert person.client.post("/user/register", json=body).status_code == 201


def test_logging_out_ends_every_token(person: Person) -> None:
    other = person.login().json()["access_token"]
    assert person.client.post("/user/logout").status_code == 204
    for header in (person.client.headers["Authorization"], f"Bearer {other}"):
        assert_problem(person.client.get("/user/me", headers={"Authorization": header}), "not-logged-in")
    assert person.login().status_code == 200


def test_withdrawing_the_consent_closes_the_account(person: Person, owner: psycopg.Connection[Any]) -> None:
    other = person.login().json()["access_token"]
    wrong = person.login("wrong-password")
    assert person.client.delete("/user/me/consent").status_code == 204
    for header in (person.client.headers["Authorization"], f"Bearer {other}"):
        for path in ("/user/me", "/data/piezo/list"):
            assert_problem(person.client.get(path, headers={"Authorization": header}), "not-logged-in")
    closed = person.login()
    assert (closed.status_code, closed.content) == (wrong.status_code, wrong.content)
    row = person.row(owner)
    assert row is not None
    assert row["consent_withdrawn_at"] >= row["consent_given_at"]


def test_a_withdrawal_is_one_though_the_token_was_refused_meanwhile(
    person: Person, owner: psycopg.Connection[Any], migrated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = UserMe.model_validate(person.client.get("/user/me").json())
    assert person.client.post("/user/logout").status_code == 204
    for name, value in migrated.api_env.items():
        monkeypatch.setenv(name, value)
    database = Database()
    users.withdraw_consent(database, users.Member(Claim(person.account["id"], 0), me))
    database.engine.dispose()
    row = person.row(owner)
    assert row is not None
    assert row["consent_withdrawn_at"] is not None


def test_consenting_to_the_current_text(person: Person, owner: psycopg.Connection[Any]) -> None:
    statement = "update app.users set consent_version = '1', consent_given_at = '2024-01-01 00:00+00' where id = %s"
    owner.execute(statement, [person.account["id"]])
    assert person.client.get("/user/me").json()["consent_version"] == "1"
    assert_problem(person.client.post("/user/me/consent", json={"consent_given": False}), "consent-required")
    assert_problem(person.client.post("/user/me/consent", json={"consent_given": "yes"}), "invalid-request")
    renewed = person.client.post("/user/me/consent", json={"consent_given": True}).json()
    assert renewed["consent_version"] == CONSENT_VERSION
    assert renewed["consent_given_at"] > "2026"


def test_the_log_of_a_whole_session_holds_no_person(server: Any, new_user: dict[str, Any]) -> None:
    """Register, fail, log in, read, change, export, withdraw: nothing of it is in the log but routes and figures."""
    name, email = new_user["username"], new_user["email"]
    with server.client() as client:
        client.post("/user/register", json=new_user)
        client.post("/user/register", json=new_user)
        client.post("/user/register", json={**new_user, "email": "not an e-mail of camille"})
        client.post("/user/register", content=str(new_user), headers={"Content-Type": "application/json"})
        client.post("/user/login", data={"username": name, "password": "a-wrong-password"})
        token = client.post("/user/login", data={"username": name, "password": PASSWORD}).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        client.get("/data/piezo/list", params={"limit": email})
        client.get(f"/user/{email}", params={"token": token, "email": email})
        client.get("/user/me/export")
        client.patch(
            "/user/me", json={"current_password": PASSWORD, "password": NEW_PASSWORD, "username": "\x00" + name}
        )
        client.patch("/user/me", json={"current_password": PASSWORD, "password": NEW_PASSWORD})
        client.get("/user/me")
        token_2 = client.post("/user/login", data={"username": name, "password": NEW_PASSWORD}).json()["access_token"]
        client.delete("/user/me/consent", headers={"Authorization": f"Bearer {token_2}"})
    log = server.log.read_text()
    assert '"route":"/user/register"' in log
    assert '"route":"/user/me/export"' in log
    for private in (name, email, PASSWORD, NEW_PASSWORD, token, token_2, "camille", "a-wrong-password", "127.0.0.1:"):
        assert private not in log.replace(server.url, ""), private
