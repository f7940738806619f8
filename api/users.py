"""The table app.users: every statement that touches it.

Passwords are hashed and checked while no connection is held: the hash takes longer than any statement.
"""

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from api.database import Database
from api.models import table_of
from api.models.user import User
from api.schemas.user import UserCreate, UserPublic
from api.security import hash_password, verify_password

_users = table_of(User).c
_PUBLIC = (
    _users.id,
    _users.username,
    _users.email,
    _users.is_active,
    _users.consent_given_at.is_not(None).label("consent_given"),
    _users.created_at,
)


def register(db: Database, user: UserCreate) -> UserPublic | None:
    """Store a user who consents; None when the name or the e-mail is taken, in any case."""
    hashed = hash_password(user.password.get_secret_value())
    # `on conflict do nothing`, because a violated constraint would put the e-mail in PostgreSQL's log.
    statement = (
        insert(table_of(User))
        .values(username=user.username, email=user.email, hashed_password=hashed, consent_given_at=func.now())
        .on_conflict_do_nothing()
        .returning(*_PUBLIC)
    )
    with db.writing() as connection:
        row = connection.execute(statement).one_or_none()
    return None if row is None else UserPublic.model_validate(row)


def authenticate(db: Database, username: str, password: str) -> int | None:
    """The id of the active user with this name (in any case) and password. Takes as long for nobody."""
    row = None
    if "\x00" not in username:  # PostgreSQL has no such text, and no such user
        same_name = func.lower(_users.username) == func.lower(username)
        with db.reading() as connection:
            row = connection.execute(
                select(_users.id, _users.hashed_password).where(same_name, _users.is_active)
            ).one_or_none()
    return row.id if verify_password(password, row.hashed_password if row else None) and row else None


def active(db: Database, user_id: int) -> UserPublic | None:
    """The user of this id, unless deleted or switched off."""
    with db.reading() as connection:
        row = connection.execute(select(*_PUBLIC).where(_users.id == user_id, _users.is_active)).one_or_none()
    return None if row is None else UserPublic.model_validate(row)
