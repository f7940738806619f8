"""Passwords and tokens."""

import os
import secrets
from datetime import UTC, datetime, timedelta
from functools import cache
from threading import BoundedSemaphore

import jwt
from pwdlib import PasswordHash

from api.settings import Settings

_hasher = PasswordHash.recommended()  # argon2id, RFC 9106's second choice: 64 MiB, 3 passes
# Each hash takes 64 MiB: without a limit, 40 threads that log people in would take 2.5 GiB.
_slots = BoundedSemaphore(os.cpu_count() or 1)


class InvalidTokenError(Exception):
    """The token is expired, altered, or none of ours."""


def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    with _slots:
        return _hasher.hash(password)


@cache
def dummy_hash() -> str:
    """The hash of a password nobody has; made with the parameters of the real ones, so it costs the same to check."""
    return hash_password(secrets.token_urlsafe(32))


def verify_password(password: str, hashed: str | None) -> bool:
    """Whether the password is the one of the hash. No hash costs as much as a wrong password."""
    with _slots:
        matches = _hasher.verify(password, hashed or dummy_hash())
    return matches and hashed is not None


def create_token(user_id: int, settings: Settings) -> str:
    """A signed JWT for the user: sub (the id), iat, exp."""
    now = datetime.now(UTC)
    claims = {"sub": str(user_id), "iat": now, "exp": now + timedelta(minutes=settings.access_token_expire_minutes)}
    return jwt.encode(claims, settings.secret_key.get_secret_value(), algorithm=settings.algorithm)


def read_token(token: str, settings: Settings) -> int:
    """The id of the user a token was made for; raises InvalidTokenError."""
    try:
        claims = jwt.decode(
            token,
            settings.secret_key.get_secret_value(),
            # Ours and no other, whatever the header of the token says.
            algorithms=[settings.algorithm],
            options={"require": ["exp", "iat", "sub"]},
        )
        return int(claims["sub"])
    except (jwt.InvalidTokenError, ValueError):
        raise InvalidTokenError from None
