"""How often one may try to log in or to register, counted in app.attempts, which all processes share.

Neither accounts nor addresses are stored: a row is found by a hash that only who has the signing key can make, and
is deleted some time after its window has ended, by whoever tries next.
"""

import hmac
from collections.abc import Sequence
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, case, delete, extract, func, select, update
from sqlalchemy.dialects.postgresql import insert

from api.database import Database
from api.models import table_of
from api.models.user import Attempts
from api.settings import Settings

_table = table_of(Attempts)
_attempts = _table.c
_CLEARED_AT_ONCE = 100


class Subject(NamedTuple):
    """What is counted, and up to which number it may go on."""

    key: bytes
    maximum: int


class Limiter:
    """Counts attempts within windows of `minutes`."""

    def __init__(self, settings: Settings) -> None:
        # A key of its own: what is made with it opens nothing else.
        secret = settings.secret_key.get_secret_value().encode()
        self._key = hmac.digest(secret, b"hydrotheque attempts", "sha256")
        self._settings = settings
        self._window = func.make_interval(0, 0, 0, 0, 0, settings.attempts_window_minutes)

    def login(self, username: str, address: str) -> list[Subject]:
        """The account, whether it exists or not, and the address."""
        return [
            self._subject("login", username.lower(), self._settings.attempts_per_account),
            self._subject("login from", network(address), self._settings.attempts_per_address),
        ]

    def password(self, user_id: int, address: str) -> list[Subject]:
        """Who is logged in, whom nobody else's failed logins keep from it, and the address."""
        return [
            self._subject("password", str(user_id), self._settings.attempts_per_account),
            self._subject("login from", network(address), self._settings.attempts_per_address),
        ]

    def registration(self, email: str, address: str) -> list[Subject]:
        """The e-mail address and the address of the caller."""
        return [
            self._subject("registration", email.lower(), self._settings.attempts_per_account),
            self._subject("registration from", network(address), self._settings.registrations_per_address),
        ]

    def _subject(self, what: str, value: str, maximum: int) -> Subject:
        text = f"{what}\0{value}".encode(errors="surrogatepass")
        return Subject(hmac.digest(self._key, text, "sha256"), maximum)

    def count(self, db: Database, subjects: Sequence[Subject]) -> int | None:
        """Count an attempt before it is made; the seconds to wait when it is one too many, else None.

        Counted first, so that attempts made at the same moment count as well.
        """
        ended = _attempts.expires_at <= func.now()
        new = insert(_table).values(
            [{"key": each.key, "attempts": 1, "expires_at": func.now() + self._window} for each in subjects]
        )
        statement = new.on_conflict_do_update(
            index_elements=[_attempts.key],
            set_={
                "attempts": case((ended, 1), else_=_attempts.attempts + 1),
                "expires_at": case((ended, new.excluded.expires_at), else_=_attempts.expires_at),
            },
        ).returning(
            _attempts.key,
            _attempts.attempts,
            func.ceil(extract("epoch", _attempts.expires_at - func.now())).label("left"),
        )
        with db.writing() as connection:
            found = {row.key: row for row in connection.execute(statement)}
            _clear(connection)
        waits = [int(found[each.key].left) for each in subjects if found[each.key].attempts > each.maximum]
        return max(waits, default=None)


def forgive(connection: Connection, subjects: Sequence[Subject]) -> None:
    """Take back an attempt that succeeded: the account's failures are forgotten, the address is one better."""
    account, address = subjects
    forget(connection, [account])
    one_less = {"attempts": _attempts.attempts - 1}
    connection.execute(update(_table).where(_attempts.key == address.key, _attempts.attempts > 0).values(one_less))


def forget(connection: Connection, subjects: Sequence[Subject]) -> None:
    """Delete what is counted under these."""
    connection.execute(delete(_table).where(_attempts.key.in_([each.key for each in subjects])))


def held(db: Database, subjects: Sequence[Subject]) -> dict[bytes, RowMapping]:
    """What is counted under these at the moment, by key: attempts, expires_at."""
    asked = select(_table).where(_attempts.key.in_([each.key for each in subjects]), _attempts.expires_at > func.now())
    with db.reading() as connection:
        return {row["key"]: row for row in connection.execute(asked).mappings()}


def _clear(connection: Connection) -> None:
    """Delete some of the counts that are void; those that another process holds are left to it."""
    void = select(_attempts.key).where(_attempts.expires_at <= func.now()).limit(_CLEARED_AT_ONCE)
    connection.execute(delete(_table).where(_attempts.key.in_(void.with_for_update(skip_locked=True))))


def network(address: str) -> str:
    """What one caller is taken for: an IPv4 address, or the /64 that an IPv6 one was chosen from.

    >>> network("2001:db8:1:2:3:4:5:6"), network("::ffff:192.0.2.1"), network("192.0.2.1")
    ('2001:db8:1:2::/64', '192.0.2.1', '192.0.2.1')
    """
    try:
        found = ip_address(address)
    except ValueError:
        return ""  # a Unix socket, or a proxy that says nothing: all of them together
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or IPv6Network((found, 64), strict=False))
