"""The table app.users: every statement that touches it, but those of `api.retention`.

Passwords are hashed and checked while no connection is held: the hash takes longer than any statement.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, bindparam, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from api.database import Database
from api.limits import Subject, forget, forgive
from api.models import table_of
from api.models.user import User
from api.retention import DELETED_FROM
from api.schemas.user import CONSENT_VERSION, UserCreate, UserMe, UserPublic, UserUpdate
from api.security import Claim, hash_password, verify_password

_table = table_of(User)
_users = _table.c
_consents = _users.consent_given_at.is_not(None) & _users.consent_withdrawn_at.is_(None)
_PUBLIC = (
    _users.id,
    _users.username,
    _users.email,
    _users.is_active,
    _consents.label("consent_given"),
    _users.created_at,
)
_ME = (
    *_PUBLIC,
    _users.consent_version,
    _users.consent_given_at,
    _users.last_login_at,
    _users.deletion_warned_at,
    DELETED_FROM.label("deleted_from"),
)
# What every request with a token asks, by primary key; `user_id` is the one of its claim.
ACCOUNT = select(_users.is_active, _consents.label("consents"), _users.token_version).where(
    _users.id == bindparam("user_id")
)


class Member(NamedTuple):
    """Who is logged in, and the claim of the token."""

    claim: Claim
    me: UserMe


def token_holds(account: Sequence[Any] | None, claim: Claim) -> bool:
    """Whether the token is good: its user is there, active, consents, and has revoked nothing since it was made.

    `account` is the row of `ACCOUNT`, from SQLAlchemy or asyncpg, None when there is none.
    """
    if account is None:
        return False
    is_active, consents, version = account
    return bool(is_active and consents and version == claim.version)


def register(db: Database, user: UserCreate) -> UserPublic | None:
    """Store a user who consents; None when the name or the e-mail is taken, in any case."""
    hashed = hash_password(user.password.get_secret_value())
    # `on conflict do nothing`, because a violated constraint would put the e-mail in PostgreSQL's log.
    statement = (
        insert(_table)
        .values(
            username=user.username,
            email=user.email,
            hashed_password=hashed,
            consent_given_at=func.now(),
            consent_version=CONSENT_VERSION,
        )
        .on_conflict_do_nothing()
        .returning(*_PUBLIC)
    )
    with db.writing() as connection:
        row = connection.execute(statement).one_or_none()
    return None if row is None else UserPublic.model_validate(row)


def authenticate(db: Database, username: str, password: str, counted: Sequence[Subject]) -> Claim | None:
    """What a token may claim for the active user with this name (in any case) and password. As slow for nobody.

    A login is noted, and the attempts `counted` for it are taken back.
    """
    row: Row[Any] | None = None
    if username.isascii() and "\0" not in username:  # as every name; lower() may take other letters for one of them
        same_name = func.lower(_users.username) == func.lower(username)
        with db.reading() as connection:
            row = connection.execute(
                select(_users.id, _users.hashed_password, _users.token_version).where(
                    same_name, _users.is_active, _consents
                )
            ).one_or_none()
    if not verify_password(password, row.hashed_password if row else None) or row is None:
        return None
    claim = Claim(row.id, row.token_version)
    seen = {"last_login_at": func.now(), "deletion_warned_at": None}
    return claim if _change(db, claim, seen, counted) else None


def member(db: Database, claim: Claim) -> Member | None:
    """The user of this claim, unless it no longer holds."""
    with db.reading() as connection:
        row = connection.execute(ACCOUNT.add_columns(*_ME), {"user_id": claim.user_id}).one_or_none()
    holds = row is not None and token_holds(row[:3], claim)
    return Member(claim, UserMe.model_validate(row)) if holds else None


def knows_password(db: Database, who: Member, password: str, counted: Sequence[Subject]) -> bool:
    """Whether this is the password of who is logged in; if so, the attempts counted for it are taken back."""
    with db.reading() as connection:
        hashed = connection.execute(_of(who.claim, _users.hashed_password)).scalar_one_or_none()
    if not verify_password(password, hashed):
        return False
    with db.writing() as connection:
        forgive(connection, counted)
    return True


def update_me(db: Database, who: Member, changes: UserUpdate) -> Member | None:
    """Correct the account; None when the name or the e-mail is another's, or the token no
    longer holds. A new password revokes every token."""
    values: dict[str, Any] = changes.model_dump(include={"username", "email"}, exclude_none=True)
    taken = [
        exists().where(func.lower(_users[name]) == func.lower(value), _users.id != who.claim.user_id)
        for name, value in values.items()
    ]
    claim = who.claim
    if changes.password is not None:
        values["hashed_password"] = hash_password(changes.password.get_secret_value())
        values["token_version"] = _users.token_version + 1
        claim = Claim(claim.user_id, claim.version + 1)
    statement = update(_table).where(*_still(who.claim), *(~each for each in taken)).values(values).returning(*_ME)
    try:
        with db.writing() as connection:
            row = connection.execute(statement).one_or_none()
    except IntegrityError:  # somebody took it between the question and the change
        return None
    return None if row is None else Member(claim, UserMe.model_validate(row))


def consent_again(db: Database, who: Member) -> UserMe | None:
    """Note the consent to what is kept now; None when the token no longer holds."""
    row = _change(db, who.claim, {"consent_given_at": func.now(), "consent_version": CONSENT_VERSION})
    return None if row is None else UserMe.model_validate(row)


def withdraw_consent(db: Database, who: Member) -> None:
    """Close the account at once, whatever was revoked meanwhile; the next purge deletes it."""
    values = {"consent_withdrawn_at": func.now(), "token_version": _users.token_version + 1}
    with db.writing() as connection:
        connection.execute(update(_table).where(_users.id == who.claim.user_id).values(values))


def revoke_tokens(db: Database, who: Member) -> None:
    """Refuse every token made so far."""
    _change(db, who.claim, {"token_version": _users.token_version + 1})


def erase(db: Database, who: Member, counted: Sequence[Subject]) -> None:
    """Delete the account and what is counted under its name and address."""
    with db.writing() as connection:
        connection.execute(delete(_table).where(_users.id == who.claim.user_id))
        forget(connection, counted)


def everything(db: Database, who: Member) -> dict[str, Any]:
    """Every column of the account but the hash of the password; empty when it is gone since the token was checked."""
    held = [each for each in _users if each.name != "hashed_password"]
    with db.reading() as connection:
        row = connection.execute(_of(who.claim, *held)).one_or_none()
    return {} if row is None else dict(row._mapping)


def _still(claim: Claim) -> tuple[Any, ...]:
    """Conditions under which nothing was revoked since the token was checked."""
    return (_users.id == claim.user_id, _users.token_version == claim.version)


def _of(claim: Claim, *columns: Any) -> Select[Any]:
    return select(*columns).where(*_still(claim))


def _change(db: Database, claim: Claim, values: dict[str, Any], counted: Sequence[Subject] = ()) -> Row[Any] | None:
    """Change the account unless something was revoked meanwhile, and take back the attempts counted."""
    with db.writing() as connection:
        if counted:
            forgive(connection, counted)
        return connection.execute(update(_table).where(*_still(claim)).values(values).returning(*_ME)).one_or_none()
