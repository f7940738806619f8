"""Passwords and tokens."""

import os
import secrets
import time
from functools import cache, lru_cache
from threading import BoundedSemaphore
from typing import NamedTuple

import jwt
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from api.settings import Settings

# argon2id with RFC 9106's second choice (section 4): 64 MiB, 3 passes, 4 lanes, a salt of 128 bits, 256 bits of hash.
_hasher = PasswordHash((Argon2Hasher(time_cost=3, memory_cost=64 * 1024, parallelism=4, salt_len=16, hash_len=32),))
# Each hash takes 64 MiB: without a limit, 40 threads that log people in would take 2.5 GiB.
_slots = BoundedSemaphore(os.cpu_count() or 1)

_MAX_ID = 2**63 - 1  # what app.users.id can hold


class InvalidTokenError(Exception):
    """The token is expired, altered, or none of ours."""


class Claim(NamedTuple):
    """Whom a token was made for, and at which version of the account's tokens."""

    user_id: int
    version: int


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


def create_token(claim: Claim, settings: Settings) -> str:
    """A signed JWT: sub (the user's id), ver (the version of the account's tokens), iat, exp, jti."""
    now = int(time.time())
    claims = {
        "sub": str(claim.user_id),
        "ver": claim.version,
        "iat": now,
        "exp": now + settings.access_token_expire_minutes * 60,
        "jti": secrets.token_urlsafe(12),
    }
    return jwt.encode(claims, settings.secret_key.get_secret_value(), algorithm=settings.algorithm)


def read_token(token: str, settings: Settings) -> Claim:
    """What a token of ours claims; raises InvalidTokenError. `api.users.token_holds` decides whether it still holds."""
    claim, expires = _signed(token, settings)
    if expires <= time.time():
        raise InvalidTokenError
    return claim


# The signature of a token is checked at its first request; what may change is looked at each time.
@lru_cache(maxsize=10_000)
def _signed(token: str, settings: Settings) -> tuple[Claim, int]:
    """What the token claims, and until when."""
    try:
        claims = jwt.decode(
            token,
            settings.secret_key.get_secret_value(),
            # Ours and no other, whatever the header of the token says.
            algorithms=[settings.algorithm],
            options={"require": ["exp", "iat", "jti", "sub", "ver"]},
        )
    except jwt.InvalidTokenError:
        raise InvalidTokenError from None
    subject, version = claims["sub"], claims["ver"]
    if type(version) is not int or not (subject.isascii() and subject.isdigit()) or int(subject[:20]) > _MAX_ID:
        raise InvalidTokenError
    return Claim(int(subject), version), int(claims["exp"])
