"""Which piezometers are read, from which day on, and how they are put together in packages and questions."""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol, TypeVar

import pyarrow as pa

from ingestion.sources import hubeau

ROWS_PER_PACKAGE = 1_000_000
BEGINNING = date(1900, 1, 1)


@dataclass(frozen=True)
class Series:
    """What is to be read of one station: its measures from a day on, about how many, and whether it is all of them."""

    code_bss: str
    since: date
    expected: int
    complete: bool = False


def plan(
    stations: pa.Table,
    begin: dict[str, date | None],
    known: dict[str, Any],
    window: timedelta,
    today: date,
    *,
    full: bool = False,
) -> Iterator[Series]:
    """Say from which day on each station is read.

    A new one from its beginning, or the one an operator set; one read before from its last day less the window;
    and once a year, in a month of its own, or when it begins earlier than it did, from its beginning again: revisions
    older than the window.
    """
    for row in stations.select(["code_bss", "date_debut_mesure", "nb_mesures_piezo"]).to_pylist():
        code, total = row["code_bss"], row["nb_mesures_piezo"] or hubeau.CAP
        first = begin.get(code) or row["date_debut_mesure"] or BEGINNING
        piece = known.get(code)
        if full or not piece or _its_turn(code, piece, today) or first.isoformat() < piece.get("depuis", ""):
            yield Series(code, first, total, complete=True)
        else:
            since = max(first, date.fromisoformat(piece["dernier_jour"]) - window)
            yield Series(code, since, min(total, max(0, (today - since).days)))


def _its_turn(code: str, piece: dict[str, Any], today: date) -> bool:
    rested = today - date.fromisoformat(piece["complet_le"]) > timedelta(31)
    return rested and zlib.crc32(code.encode()) % 12 == today.month - 1


class Expected(Protocol):
    """What is to be read, and about how many rows it has."""

    @property
    def expected(self) -> int: ...


Each = TypeVar("Each", bound=Expected)


def lots(stations: Iterable[Each]) -> Iterator[list[Each]]:
    """Group the stations in lots of about `ROWS_PER_PACKAGE` expected rows."""
    lot: list[Each] = []
    rows = 0
    for series in stations:
        lot.append(series)
        rows += series.expected
        if rows >= ROWS_PER_PACKAGE:
            yield lot
            lot, rows = [], 0
    if lot:
        yield lot


def questions(lot: list[Series], window: timedelta) -> Iterator[list[Series]]:
    """Group the series of a lot so that one answer holds a group: by rows expected, length of URL, and start."""
    group: list[Series] = []
    for series in sorted(lot, key=lambda series: series.since):
        candidate = [*group, series]
        rows = sum(each.expected for each in candidate)
        too_many = rows > hubeau.CAP or len(list(hubeau.chunks(each.code_bss for each in candidate))) > 1
        if group and (too_many or series.since - group[0].since > window):
            yield group
            candidate = [series]
        group = candidate
    if group:
        yield group
