"""From which day on each piezometer is read."""

import zlib
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from ingestion.providers import hubeau
from ingestion.sources.source import Series

BEGINNING = date(1900, 1, 1)


def plan(
    stations: pa.Table,
    begin: dict[str, date | None],
    known: dict[str, Any],
    window: timedelta,
    today: date,
    *,
    full: bool = False,
) -> Iterator[Series]:
    """Return from which day on each station is read.

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
