"""What an answer has that the lake has not, station by station, and what it lacks."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dlt
import duckdb
import pyarrow as pa

from ingestion.errors import GuardError
from ingestion.report import Collected
from ingestion.sources.niveaux_nappes import DAY
from ingestion.sources.piezometrie_plan import BEGINNING, Series

READING = pa.schema(
    {
        "code_bss": pa.string(),
        "lu_depuis": pa.date32(),
        "lignes": pa.int64(),
        "lu_le": pa.timestamp("us", "UTC"),
    }
)


@dataclass(frozen=True)
class Lot:
    """The series of one package, the days they are read for, and where to tell how far it is."""

    series: list[Series]
    window: timedelta
    today: date
    line: Collected
    progress: Callable[[int], None]
    max_shrink_percent: float = 0
    accept: bool = False


def new_readings(answer: pa.Table, group: list[Series], lot: Lot, package: str) -> tuple[list[str | None], pa.Table]:
    """Return the codes whose records differ from the last reading's, and a record (schema READING) for each station.

    What they are compared by, the sum of the hashes of the last window, is noted with the pieces of the lake. A
    record without a day counts in every window. A code may be missing, or of a station not asked for.
    """
    pieces = dlt.current.source_state().setdefault("pieces", {})
    series = {each.code_bss: each for each in group}
    seen = _seen(answer, {code: pieces[code] for code in series if code in pieces}, lot.window)
    changed: list[str | None] = []
    records, now = [], datetime.now(UTC)
    for gone in _losses(seen, pieces, lot, series):
        del pieces[gone]  # what there is of it is read as that of a new one
        records.append({"code_bss": gone, "lu_depuis": series[gone].since, "lignes": 0, "lu_le": now})
    for code, found in seen.items():
        asked, name = series.get(code or ""), code or ""
        key = name if asked else f"?{name}"  # of what was not asked for, only whether it is new
        known = pieces.get(key)
        complete = known is None or (asked is not None and asked.complete)
        if complete or known["empreinte"] != found.fingerprint:
            changed.append(code)
            whole = {"complet_le": lot.today.isoformat(), "depuis": asked.since.isoformat() if asked else "",
                     "lignes": found.rows}  # fmt: skip
            pieces[key] = {
                **(whole if complete else known),
                "paquet": package,
                "dernier_jour": (found.last or BEGINNING).isoformat(),
                "empreinte": found.fingerprint,
                "fenetre": [lot.window.days, found.window],
            }
            if asked:
                records.append({"code_bss": code, "lu_depuis": asked.since, "lignes": found.rows, "lu_le": now})
    return changed, pa.Table.from_pylist(records, schema=READING)


@dataclass(frozen=True)
class Seen:
    """What an answer has of a station: its rows, those of the last window, those that are left of the last window that
    the lake holds; the last day; a number that changes with any of the last window.
    """

    rows: int
    window: int
    left: int
    last: date | None
    fingerprint: str


def _seen(answer: pa.Table, pieces: dict[str, Any], window: timedelta) -> dict[str | None, Seen]:
    held = [{"code_bss": code, "jusqu": piece["dernier_jour"]} for code, piece in pieces.items()]
    with duckdb.connect() as db:
        db.register("records", answer)
        db.register("held", pa.Table.from_pylist(held, pa.schema({"code_bss": pa.string(), "jusqu": pa.string()})))
        rows = db.sql(
            f"""SELECT code_bss, count(*), count(*) FILTER (jour >= dernier_jour - {window.days}),
                count(*) FILTER (jour BETWEEN jusqu::DATE - {window.days} AND jusqu::DATE), max(jour),
                sum(empreinte::HUGEINT) FILTER (jour IS NULL OR jour >= dernier_jour - {window.days})::VARCHAR
            FROM (SELECT *, max(jour) OVER (PARTITION BY code_bss) AS dernier_jour FROM (
                SELECT code_bss, hash(records) AS empreinte, {DAY.format("date_mesure")} AS jour FROM records))
            LEFT JOIN held USING (code_bss) GROUP BY code_bss ORDER BY code_bss"""  # noqa: S608  (our own numbers)
        ).fetchall()
    return {code: Seen(*figures) for code, *figures in rows}


def _losses(seen: dict[str | None, Seen], pieces: dict[str, Any], lot: Lot, series: dict[str, Series]) -> list[str]:
    """Return the stations that have no measure left of those held up to their last day.

    Raises GuardError for them, and when the stations have many measures fewer than the lake holds of the same days,
    unless an operator accepts that.
    """
    gone, before, after = [], 0, 0
    for code, asked in series.items():
        piece = pieces.get(code)
        if not piece or asked.since.isoformat() > piece["dernier_jour"]:
            continue
        found = seen.get(code)
        if found is None:
            gone.append(code)
            continue
        if asked.complete and asked.since.isoformat() <= piece.get("depuis", ""):
            before, after = before + piece["lignes"], after + found.rows
        days, rows = piece.get("fenetre", (0, 0))
        reaches = asked.since <= date.fromisoformat(piece["dernier_jour"]) - lot.window
        if days == lot.window.days and reaches:
            before, after = before + rows, after + found.left
    if gone and not lot.accept:
        raise GuardError(f"{', '.join(sorted(gone))}: no measure left of those that the lake holds up to its last day")
    if after < before * (1 - lot.max_shrink_percent / 100) and not lot.accept:
        others = f" and {len(series) - 1} others" if len(series) > 1 else ""
        raise GuardError(f"{min(series)}{others}: {after:,} measures instead of {before:,}")
    return gone
