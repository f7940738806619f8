"""What an answer of Hub'Eau has that the lake has not, station by station: one pass of DuckDB over its records."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from ingestion.errors import GuardError
from ingestion.providers import hubeau
from ingestion.providers.records import UNREADABLE
from ingestion.sources.fingerprint import SUMS, marks
from ingestion.sources.piezometrie.plan import BEGINNING
from ingestion.sources.piezometrie.stations import DAY, REFUSED
from ingestion.sources.source import Collecting, Reading, Series

# Milliseconds of the years 1800 to 2200: a measure outside is a mistake, and PostgreSQL's instants end somewhere.
FIRST_INSTANT, LAST_INSTANT = -5_364_662_400_000, 7_258_118_400_000
_READ = pa.schema({"code_bss": pa.string(), "lu_depuis": pa.date32(), "lignes": pa.int64()})


@dataclass(frozen=True)
class Seen:
    """What an answer has of a station: its rows, those of the last window, those left of the last window that the lake
    holds; the last day; the fingerprint of the last window, and the one that older lakes have.
    """

    rows: int
    window: int
    left: int
    last: date | None
    fingerprint: str
    fingerprint_of_before: str


def read(answer: pa.Table, group: list[Series], held: dict[str, Any], run: Collecting, now: datetime) -> Reading:
    """Return the measures of the stations whose last window differs from the last reading's.

    A record without a day counts in every window. A code may be missing, or of a station not asked for.
    Raises GuardError for measures lost, or when more than half cannot be kept, unless the operator accepts it.
    """
    series = {each.code: each for each in group}
    window = timedelta(run.settings.piezo_window_days)
    new_columns = tuple(hubeau.new_fields(answer, "chroniques"))
    with duckdb.connect(config={"threads": 1}) as db:  # several answers are read at once
        judge(db, answer, list(series))
        seen = _seen(db, {code: held[code] for code in series if code in held}, window)
        gone = _losses(seen, held, series, run)
        changed, pieces = _compare(seen, held, series, window, now.date(), gone)
        if not pieces:
            return Reading({}, {}, 0, dict.fromkeys(series, 0), new_columns)
        counts = {code: 0 if code in gone else seen[code].rows for code in (*gone, *changed) if code in series}
        read = [{"code_bss": code, "lu_depuis": series[code].since, "lignes": counts[code]} for code in counts]
        db.register("readings", lecture := pa.Table.from_pylist(read, schema=_READ))
        db.register("changed", pa.table({"code": pa.array(changed, pa.string())}))
        db.register("kept", rows := kept(db))
        whole = rows.num_rows == sum(seen[code].rows for code in changed)
        refused = REFUSED.empty_table() if whole else refusals(db)
        tables = {"chroniques": rows, "rejet": refused, "codes": _codes(db), "lecture": lecture}
    if refused.num_rows > answer.num_rows / 2 and not run.options.accept:
        share = f"{refused.num_rows:,} of {answer.num_rows:,} measures"
        raise GuardError(f"{group[0].code} and {len(group) - 1} others: {share}: {refused['motif'][0].as_py()}")
    stations = dict.fromkeys(series, 0) | {
        each["values"]: each["counts"] for each in rows["code_bss"].value_counts().to_pylist()
    }
    return Reading(tables, pieces, rows.num_rows, stations, new_columns)


def judge(db: duckdb.DuckDBPyConnection, answer: pa.Table, asked: list[str]) -> None:
    """Make the view `judged`: the records of an answer, with their day, and why they are refused (`_motif`, null for
    those kept).
    """
    db.register("records", answer)
    db.register("asked", pa.table({"code": pa.array(asked, pa.string())}))
    unreadable = UNREADABLE if UNREADABLE in answer.column_names else "NULL::VARCHAR"
    db.execute(
        f"""CREATE VIEW judged AS SELECT *, to_json(records)::VARCHAR AS _texte,
        {DAY.format("date_mesure")} AS _jour, {unreadable} AS _illisible, CASE
            WHEN _illisible IS NOT NULL THEN 'value of another type'
            WHEN code_bss IS NULL THEN 'code_bss missing'
            WHEN code_bss NOT IN (SELECT code FROM asked) THEN 'station not asked for'
            WHEN _jour IS NULL THEN 'date_mesure unreadable'
            WHEN timestamp_mesure NOT BETWEEN {FIRST_INSTANT} AND {LAST_INSTANT} THEN 'timestamp_mesure out of range'
        END AS _motif FROM records"""
    )


def kept(db: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return the measures to keep, with a real date: of the stations in `readings`, from the start of their reading."""
    left_out = f"_illisible, {UNREADABLE}" if UNREADABLE in db.sql("FROM records LIMIT 0").columns else "_illisible"
    return db.sql(
        f"""SELECT * EXCLUDE ({left_out}, _texte, _jour, _motif, lignes) REPLACE (_jour AS date_mesure)
        FROM judged JOIN readings USING (code_bss) WHERE _motif IS NULL AND _jour >= lu_depuis"""
    ).to_arrow_table()


def refusals(db: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return the records refused (schema REFUSED) of the stations in `changed`."""
    return (
        db.sql(
            """SELECT code_bss, 'chroniques' AS objet, concat_ws(' ', code_bss, date_mesure) AS reference,
            _motif AS motif, coalesce(_illisible, _texte) AS texte FROM judged
            WHERE _motif IS NOT NULL
                AND EXISTS (SELECT 1 FROM changed WHERE changed.code IS NOT DISTINCT FROM judged.code_bss)"""
        )
        .to_arrow_table()
        .cast(REFUSED)
    )


def _codes(db: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return the codes that measures carry, each with every name it has there."""
    pairs = " UNION ALL ".join(
        f"SELECT DISTINCT '{name}' AS entite, code_{name} AS code, nom_{name} AS nom FROM kept WHERE code_{name} <> ''"
        for name in ("nature_mesure", "continuite", "producteur")
    )
    return db.sql(pairs).to_arrow_table()


def _seen(db: duckdb.DuckDBPyConnection, held: dict[str, Any], window: timedelta) -> dict[str | None, Seen]:
    days = [{"code": code, "jusqu": date.fromisoformat(piece["dernier_jour"])} for code, piece in held.items()]
    db.register("held", pa.Table.from_pylist(days, pa.schema({"code": pa.string(), "jusqu": pa.date32()})))
    of_the_window = f"_jour IS NULL OR _jour >= _dernier - {window.days}"
    rows = db.sql(
        f"""WITH ends AS (SELECT code_bss AS code, max(_jour) AS _dernier FROM judged GROUP BY code_bss)
        SELECT code_bss, count(*), count(*) FILTER (_jour >= _dernier - {window.days}),
            count(*) FILTER (_jour BETWEEN jusqu - {window.days} AND jusqu), max(_jour), {SUMS}
        FROM (
            SELECT code_bss, _dernier, {DAY.format("date_mesure")} AS _jour, {marks("records", of_the_window)}
            FROM records JOIN ends ON records.code_bss IS NOT DISTINCT FROM ends.code
        ) LEFT JOIN held ON code_bss = held.code GROUP BY code_bss ORDER BY code_bss"""
    ).fetchall()
    return {code: Seen(*figures) for code, *figures in rows}


def _compare(
    seen: dict[str | None, Seen],
    held: dict[str, Any],
    series: dict[str, Series],
    window: timedelta,
    today: date,
    gone: list[str],
) -> tuple[list[str | None], dict[str, Any]]:
    """Return the codes whose records differ from the last reading's, and what to remember of each."""
    changed: list[str | None] = []
    pieces: dict[str, Any] = dict.fromkeys(gone)  # what comes back of these is read as that of a new station
    for code, found in seen.items():
        asked, name = series.get(code or ""), code or ""
        key = name if asked else f"?{name}"  # of what was not asked for, only whether it is new
        known = held.get(key)
        complete = known is None or (asked is not None and asked.complete)
        if known is None or complete or known["empreinte"] not in (found.fingerprint, found.fingerprint_of_before):
            changed.append(code)
            since = asked.since.isoformat() if asked else ""
            whole = {"complet_le": today.isoformat(), "depuis": since, "lignes": found.rows}
            pieces[key] = {
                **(whole if known is None or complete else known),
                "dernier_jour": (found.last or BEGINNING).isoformat(),
                "empreinte": found.fingerprint,
                "fenetre": [window.days, found.window],
            }
    return changed, pieces


def _losses(
    seen: dict[str | None, Seen], held: dict[str, Any], series: dict[str, Series], run: Collecting
) -> list[str]:
    """Return the stations that have no measure left of those held up to their last day.

    Raises GuardError for them, and when the stations have many measures fewer than the lake holds of the same days,
    unless the operator accepts it.
    """
    window, gone, before, after = run.settings.piezo_window_days, [], 0, 0
    for code, asked in series.items():
        piece, found = held.get(code), seen.get(code)
        if not piece or asked.since.isoformat() > piece["dernier_jour"]:
            continue
        if found is None:
            gone.append(code)
            continue
        if asked.complete and asked.since.isoformat() <= piece.get("depuis", ""):
            before, after = before + piece["lignes"], after + found.rows
        days, rows = piece.get("fenetre", (0, 0))
        reaches = asked.since <= date.fromisoformat(piece["dernier_jour"]) - timedelta(window)
        if days == window and reaches:
            before, after = before + rows, after + found.left
    if gone and not run.options.accept:
        raise GuardError(f"{', '.join(sorted(gone))}: no measure left of those that the lake holds up to its last day")
    if after < before * (1 - run.settings.max_shrink_percent / 100) and not run.options.accept:
        others = f" and {len(series) - 1} others" if len(series) > 1 else ""
        raise GuardError(f"{min(series)}{others}: {after:,} measures instead of {before:,}")
    return gone
