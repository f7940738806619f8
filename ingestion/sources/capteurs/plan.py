"""From which instant on each sensor is read."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from ingestion.sources.source import Series

SITE_LENGTH = 8  # a site's code; a station's has two more
LAST_READING = "lecture"  # among the pieces: up to when the provider was read
NAPPE = "nappe"  # in place of a quantity: the two of a piezometer, which come together
QUANTITIES = {"H": ("H",), "Q": ("Q",), NAPPE: ("niveau_eau_ngf", "profondeur_nappe")}
MONTH_OF_VALUES = 9_000  # every five minutes


def oldest_kept(now: datetime) -> datetime:
    """Return the oldest instant that observations_tr may be asked for: 30 days, or a month where it is shorter."""
    days = min(30, (now.replace(day=1) - timedelta(1)).day)
    return now - timedelta(days=days) + timedelta(hours=1)  # while a question is answered, time goes on


def lost_since(known: dict[str, Any], now: datetime) -> tuple[datetime, datetime] | None:
    """Return the stretch of time since the last reading that the provider keeps no longer."""
    if LAST_READING not in known:
        return None
    last = datetime.fromisoformat(known[LAST_READING]["jusqu_a"])
    return (last, oldest_kept(now)) if last < oldest_kept(now) else None


def recent(piece: dict[str, Any] | None, now: datetime) -> bool:
    """Whether a series had a value that the provider still keeps, with a day to spare."""
    return piece is not None and datetime.fromisoformat(piece["dernier_instant"]) > oldest_kept(now) + timedelta(1)


def plan(
    sensors: Iterable[str], known: dict[str, Any], overlap: timedelta, now: datetime, *, full: bool = False
) -> Iterator[Series]:
    """Return from which instant on each quantity of each sensor is read.

    A new one, or any when `full`, as far back as the provider goes; one read before from its last value less the
    overlap. A series that went silent is asked for from its own last value: what comes late comes whole.
    """
    for code in sensors:
        for quantity in (NAPPE,) if "/" in code else ("Q",) if len(code) == SITE_LENGTH else ("H", "Q"):
            oldest = now - timedelta(366) if quantity == NAPPE else oldest_kept(now)  # the former has no such limit
            piece = known.get(f"{code} {quantity}")
            since = oldest if full or not piece else datetime.fromisoformat(piece["dernier_instant"]) - overlap
            hours = (now - max(since, oldest)) / timedelta(hours=1)
            yield Series(code, max(since, oldest), min(MONTH_OF_VALUES, int(12 * hours)), quantity=quantity)
