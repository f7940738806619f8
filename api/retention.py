"""How long an account is kept: the rule, written once, and what is done about it.

An account goes one year after its last login (after the registration, for who never logged in), and no sooner than
30 days after it was announced as due; a login takes the announcement back. An account whose consent was withdrawn goes
with the next purge. The purge runs as the owner of the database, every day (docs/rgpd.md).
"""

import datetime as dt
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, RowMapping, case, delete, func, select, update

from api.models import table_of
from api.models.user import User

_table = table_of(User)
_users = _table.c

_one_year = func.make_interval(1)
_thirty_days = func.make_interval(0, 0, 0, 30)
LAST_SEEN = func.coalesce(_users.last_login_at, _users.created_at)
_expires: ColumnElement[dt.datetime] = LAST_SEEN + _one_year
# `greatest` passes over a null: who is not announced yet will be, 30 days before.
DELETED_FROM = func.greatest(_expires, _users.deletion_warned_at + _thirty_days)

_withdrawn: ColumnElement[bool] = _users.consent_withdrawn_at.is_not(None)
_inactive = (func.now() >= _expires) & (_users.deletion_warned_at <= func.now() - _thirty_days)
_to_announce = (func.now() >= _expires - _thirty_days) & _users.deletion_warned_at.is_(None) & ~_withdrawn
_STATE = case(
    (_withdrawn, "consent withdrawn: goes with the next purge"),
    (_inactive, "not used: goes with the next purge"),
    (_users.deletion_warned_at.is_not(None), "announced"),
    (_to_announce, "to be announced by the next purge"),
)
DUE = (
    select(
        _users.id,
        _STATE.label("state"),
        LAST_SEEN.label("last_seen"),
        case((_withdrawn, _users.consent_withdrawn_at), else_=DELETED_FROM).label("deleted_from"),
    )
    .where(_STATE.is_not(None))
    .order_by("deleted_from", _users.id)
)


class Purged(NamedTuple):
    """How many accounts a purge announced, and how many it deleted for which reason."""

    announced: int
    inactive: int
    withdrawn: int


def due(connection: Connection) -> list[RowMapping]:
    """The accounts announced or about to go, soonest first: id, state, last_seen, deleted_from. No names."""
    return list(connection.execute(DUE).mappings())


def purge(connection: Connection) -> Purged:
    """Delete what is due and announce what will be; the caller commits, or rolls back to have only counted."""
    announced = connection.execute(update(_table).where(_to_announce).values(deletion_warned_at=func.now()))
    withdrawn = connection.execute(delete(_table).where(_withdrawn))
    inactive = connection.execute(delete(_table).where(_inactive))
    return Purged(announced.rowcount, inactive.rowcount, withdrawn.rowcount)
