"""The table app.users: every statement that touches it.

Passwords are hashed and checked while no connection is held: the hash takes longer than any statement.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from api.database import Database
from api.models import table_of
from api.models.user import User
from api.schemas.user import CONSENT_VERSION, UserCreate, UserPublic
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


# What every request with a token asks, by primary key; `user_id` is the one of its claim.
ACCOUNT = select(_users.is_active, _consents.label("consents"), _users.token_version).where(
    _users.id == bindparam("user_id")
)


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


def authenticate(db: Database, username: str, password: str) -> Claim | None:
    """What a token may claim for the active user with this name (in any case) and password. As slow for nobody."""
    row: Row[Any] | None = None
    if "\x00" not in username:  # PostgreSQL has no such text, and no such user
        same_name = func.lower(_users.username) == func.lower(username)
        with db.reading() as connection:
            row = connection.execute(
                select(_users.id, _users.hashed_password, _users.token_version).where(
                    same_name, _users.is_active, _consents
                )
            ).one_or_none()
    if not verify_password(password, row.hashed_password if row else None) or row is None:
        return None
    return _logged_in(db, Claim(row.id, row.token_version))


def _logged_in(db: Database, claim: Claim) -> Claim | None:
    """Note the login; None when the account changed while the password was checked."""
    statement = (
        update(_table)
        .where(_users.id == claim.user_id, _users.token_version == claim.version)
        .values(last_login_at=func.now(), deletion_warned_at=None)
        .returning(_users.id)
    )
    with db.writing() as connection:
        return claim if connection.execute(statement).one_or_none() else None


def active(db: Database, claim: Claim) -> UserPublic | None:
    """The user of this claim, unless it no longer holds."""
    with db.reading() as connection:
        row = connection.execute(ACCOUNT.add_columns(*_PUBLIC), {"user_id": claim.user_id}).one_or_none()
    return UserPublic.model_validate(row) if row is not None and token_holds(row[:3], claim) else None
