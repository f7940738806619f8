"""How long accounts are kept, and `hydrotheque users`."""

import json
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.upkeep import accounts as users
from flows.upkeep.migration import migrate

# name: registered, last login, announced, consent withdrawn (each so long ago), and what becomes of the account.
ACCOUNTS = {
    "new": ("1 minute", None, None, None, "kept"),
    "never logged in, 11 months": ("1 year - 31 days", None, None, None, "kept"),
    "never logged in, 11 months and a day": ("1 year - 29 days", None, None, None, "announced"),
    "never logged in, years, not announced": ("5 years", None, None, None, "announced"),
    "never logged in, a year, announced": ("1 year 1 minute", None, "30 days 1 minute", None, "inactive"),
    "a year but a minute, announced": ("1 year - 1 minute", None, "31 days", None, "kept"),
    "years, announced 29 days ago": ("3 years", None, "29 days 23 hours", None, "kept"),
    "old, logged in lately": ("5 years", "1 day", None, None, "kept"),
    "old, logged in a year ago": ("5 years", "1 year 1 minute", "40 days", None, "inactive"),
    "old, login soon a year ago": ("5 years", "1 year - 10 days", None, None, "announced"),
    "new, withdrawn": ("2 days", "1 day", None, "1 minute", "withdrawn"),
    "old, withdrawn": ("5 years", None, None, "1 year", "withdrawn"),
    "withdrawn and announced": ("5 years", None, "40 days", "1 day", "withdrawn"),
}
FATES = {name: fate for name, (*_, fate) in ACCOUNTS.items()}


@pytest.fixture
def accounts(empty_warehouse: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("flows.commands.accounts.get_settings", lambda: empty_warehouse.settings)
    monkeypatch.setattr("flows.commands.accounts.migrate", lambda settings: None)
    migrate(empty_warehouse.settings)
    with psycopg.connect(empty_warehouse.url, autocommit=True) as connection:
        for name, (created, seen, announced, withdrawn, _) in ACCOUNTS.items():
            connection.execute(
                """insert into app.users (username, email, hashed_password, consent_given_at,
                    created_at, last_login_at, deletion_warned_at, consent_withdrawn_at)
                values (%(name)s, %(name)s || '@example.com', 'x', now() - %(created)s::interval,
                    now() - %(created)s::interval, now() - %(seen)s::interval, now() - %(announced)s::interval,
                    now() - %(withdrawn)s::interval)""",
                {"name": name, "created": created, "seen": seen, "announced": announced, "withdrawn": withdrawn},
            )
    return empty_warehouse


def held(accounts: Any) -> dict[str, Any]:
    return dict(accounts.rows("select username, deletion_warned_at from app.users"))


def of(fate: str) -> set[str]:
    return {name for name, found in FATES.items() if found == fate}


def hydrotheque(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return done.output


def test_accounts_go_when_their_time_has_come(accounts: Any) -> None:
    before = held(accounts)
    listed = hydrotheque("users", "list-due")
    states = {row["id"]: row["state"] for row in users.due(accounts.settings)}
    due = dict(accounts.rows("select id, username from app.users"))
    assert {due[number] for number in states} == {
        *of("announced"),
        *of("inactive"),
        *of("withdrawn"),
        "a year but a minute, announced",
        "years, announced 29 days ago",
    }
    assert listed.endswith(f"{len(states)} accounts\n")
    assert "example.com" not in listed
    assert not any(name in listed for name in ACCOUNTS if name != "new")

    dry = hydrotheque("users", "purge")
    assert "would delete 2 accounts not used for a year and 3 whose consent was withdrawn; would announce 3" in dry
    assert held(accounts) == before

    done = hydrotheque("users", "purge", "--confirm")
    assert "deleted 2 accounts not used for a year and 3 whose consent was withdrawn; announced 3" in done
    after = held(accounts)
    assert set(after) == of("kept") | of("announced")
    assert {name for name in after if after[name] != before[name]} == of("announced")

    assert "deleted 0 accounts not used for a year and 0" in hydrotheque("users", "purge", "--confirm")
    assert held(accounts) == after

    lines = [json.loads(line) for line in users.audit_log(accounts.settings).read_text().splitlines()]
    figures = {"what": "users purge", "announced": 3, "inactive": 2, "withdrawn": 3}
    assert [{key: value for key, value in line.items() if key != "at"} for line in lines[-3:]] == [
        {**figures, "dry_run": True},
        {**figures, "dry_run": False},
        {**figures, "dry_run": False, "announced": 0, "inactive": 0, "withdrawn": 0},
    ]
    assert "@" not in users.audit_log(accounts.settings).read_text()


def test_a_login_takes_the_announcement_back_and_a_year_passes_again(accounts: Any) -> None:
    """The time is moved, not the clock: everybody is a month older each time."""
    name = "never logged in, 11 months and a day"
    with psycopg.connect(accounts.url, autocommit=True) as connection:

        def a_month_later() -> bool:
            users.purge(accounts.settings, dry_run=False)
            connection.execute(
                "update app.users set created_at = created_at - interval '31 days', "
                "last_login_at = last_login_at - interval '31 days', "
                "deletion_warned_at = deletion_warned_at - interval '31 days'"
            )
            users.purge(accounts.settings, dry_run=False)
            return name in held(accounts)

        users.purge(accounts.settings, dry_run=False)
        assert held(accounts)[name] is not None
        # What `api.users.authenticate` does at a login.
        connection.execute(
            "update app.users set last_login_at = now(), deletion_warned_at = null where username = %s", [name]
        )
        assert [a_month_later() for _ in range(12)] == [True] * 11 + [False]


def test_without_users_there_is_nothing_to_purge(empty_warehouse: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.commands.accounts.get_settings", lambda: empty_warehouse.settings)
    assert "would delete 0 accounts" in hydrotheque("users", "purge")
    assert hydrotheque("users", "list-due") == "0 accounts\n"
