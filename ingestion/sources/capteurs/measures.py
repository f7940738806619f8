"""The measures of sensors: what of an answer the lake has not, in one pass of DuckDB over its records."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from ingestion.providers.records import UNREADABLE
from ingestion.sources.capteurs.plan import LAST_READING, NAPPE, QUANTITIES
from ingestion.sources.fingerprint import SUMS, marks
from ingestion.sources.source import INSTANT, Collecting, Reading, Series, texts

REFUSED = texts("code_capteur", "objet", "reference", "motif", "texte")
READ = pa.schema(
    {
        "code_capteur": pa.string(),
        "grandeur": pa.string(),
        "lu_depuis": INSTANT,
        "dernier_instant": INSTANT,
        "lignes": pa.int64(),
    }
)
# As they are published: an instant of 1800 to 2199, in UTC.
_INSTANT = (
    r"CASE WHEN regexp_full_match({0}, '(18|19|20|21)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z') "
    "THEN try_strptime(left({0}, 19), '%Y-%m-%dT%H:%M:%S') END"
)


@dataclass(frozen=True)
class Measures:
    """A kind of measure in the terms of DuckDB: its operation, the sensor's code, the field of its instant, when a
    record is refused beyond that, what tells it from others of the same instant, and which come along unasked.
    """

    operation: str
    code: str
    instant: str
    checks: str
    detail: str = "NULL"
    unasked: str = "false"


# The sensor is the station, or the site where a flow belongs to no station. The answer of a site holds the rows of its
# stations as well: those are read with their station, when it is followed.
OBSERVATIONS = Measures(
    "observations_tr",
    code="coalesce(code_station, code_site)",
    instant="date_obs",
    checks="""WHEN grandeur_hydro IS NULL OR grandeur_hydro NOT IN ('H', 'Q') THEN 'grandeur_hydro unknown'
        WHEN resultat_obs IS NULL THEN 'resultat_obs missing'""",
    detail="grandeur_hydro",
    unasked="code_station IS NOT NULL AND code_site IN (SELECT code FROM asked)",
)
CHRONIQUES_TR = Measures(
    "chroniques_tr",
    code="code_bss",
    instant="date_mesure",
    checks="WHEN niveau_eau_ngf IS NULL AND profondeur_nappe IS NULL THEN 'no level and no depth'",
)


def read(answer: pa.Table, group: list[Series], held: dict[str, Any], run: Collecting, now: datetime) -> Reading:
    """Return the values of the series that differ from the last reading, and the records not refused before.

    A series is compared by the fingerprint of its last values. A reading replaces what is held from its first value
    on, not from the instant it asked for: the provider forgets.
    """
    quantity = group[0].quantity
    kind = CHRONIQUES_TR if quantity == NAPPE else OBSERVATIONS
    series = {each.code: each for each in group}
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        judge(db, answer, list(series), kind, now)
        pieces, readings = _compare(db, kind, run.settings.capteur_overlap_hours, held, series)
        refused, marked = _new_refusals(refusals(db, kind), quantity, held)
        db.register("readings", readings)
        rows = db.sql(
            f"""SELECT kept.* REPLACE (timezone('UTC', {kind.instant}) AS {kind.instant}), lu_depuis
            FROM kept JOIN (SELECT DISTINCT code_capteur, lu_depuis FROM readings) USING (code_capteur)"""
        ).to_arrow_table()
    pieces |= marked
    if readings.num_rows or refused.num_rows:
        pieces[LAST_READING] = {"jusqu_a": now.isoformat()}
    return Reading({kind.operation: rows, "rejet": refused, "lecture": readings}, pieces, rows.num_rows)


def judge(db: duckdb.DuckDBPyConnection, answer: pa.Table, asked: list[str], kind: Measures, now: datetime) -> None:
    """Make `judged`, the records with their sensor and why they are refused (motif), and `kept`, those that
    are not, with a real instant. `now` is the provider's: a value of another day to come is a wrong clock's.
    """
    unreadable = UNREADABLE if UNREADABLE in answer.column_names else "NULL::VARCHAR"
    db.register("published", answer)
    db.register("asked", pa.table({"code": pa.array(asked, pa.string())}))
    db.execute(
        f"""CREATE VIEW judged AS SELECT *, {unreadable} AS illisible, CASE
            WHEN illisible IS NOT NULL THEN 'value of another type'
            WHEN code_capteur IS NULL THEN 'code of the sensor missing'
            WHEN code_capteur NOT IN (SELECT code FROM asked) THEN 'sensor not asked for'
            WHEN instant_lu IS NULL THEN '{kind.instant} unreadable'
            WHEN instant_lu > TIMESTAMP '{now + timedelta(1):%Y-%m-%d %H:%M:%S}' THEN '{kind.instant} in the future'
            {kind.checks} END AS motif
        FROM (
            SELECT *, {kind.code} AS code_capteur, {_INSTANT.format(kind.instant)} AS instant_lu,
                to_json(published)::VARCHAR AS texte
            FROM published
        ) WHERE coalesce(code_capteur IN (SELECT code FROM asked), true) OR NOT coalesce({kind.unasked}, false)"""
    )
    columns = ", ".join(f'"{name}"' for name in answer.column_names if name not in (UNREADABLE, kind.instant))
    db.execute(
        f"CREATE TEMP TABLE kept AS SELECT {columns}, instant_lu AS {kind.instant}, code_capteur FROM judged "
        "WHERE motif IS NULL"
    )


def refusals(db: duckdb.DuckDBPyConnection, kind: Measures) -> pa.Table:
    """Return the records refused (schema REFUSED)."""
    return (
        db.sql(
            f"""SELECT code_capteur, '{kind.operation}' AS objet,
            concat_ws(' ', code_capteur, {kind.detail}, {kind.instant}) AS reference, motif,
            coalesce(illisible, texte) AS texte FROM judged WHERE motif IS NOT NULL"""
        )
        .to_arrow_table()
        .cast(REFUSED)
    )


def _compare(
    db: duckdb.DuckDBPyConnection, kind: Measures, overlap_hours: int, held: dict[str, Any], series: dict[str, Series]
) -> tuple[dict[str, Any], pa.Table]:
    """Return what to remember of the series that differ from the last reading, and their records (schema READ)."""
    last_values = f"{kind.instant} >= dernier - INTERVAL {overlap_hours} HOUR"
    seen = db.sql(
        f"""WITH ends AS (SELECT code_capteur AS code, max({kind.instant}) AS dernier FROM kept GROUP BY code_capteur)
        SELECT code_capteur, count(*), min({kind.instant}), max({kind.instant}), {SUMS}
        FROM (SELECT kept.*, {marks("kept", last_values)} FROM kept JOIN ends ON code_capteur = ends.code)
        GROUP BY code_capteur ORDER BY code_capteur"""
    ).fetchall()
    pieces: dict[str, Any] = {}
    readings = []
    for code, count, *ends, fingerprint, of_before in seen:
        first, last = (end.replace(tzinfo=UTC) for end in ends)
        key = series[code].key
        if held.get(key, {}).get("empreinte") not in (fingerprint, of_before):
            pieces[key] = {"dernier_instant": last.isoformat(), "empreinte": fingerprint}
            reading = {"code_capteur": code, "lu_depuis": first, "dernier_instant": last, "lignes": count}
            readings += [reading | {"grandeur": name} for name in QUANTITIES[series[code].quantity]]
    return pieces, pa.Table.from_pylist(readings, schema=READ)


def _new_refusals(refused: pa.Table, quantity: str, held: dict[str, Any]) -> tuple[pa.Table, dict[str, list[str]]]:
    """Return the records that were not refused before, and their marks to remember: a record is read for hours."""
    marked: dict[str, list[str]] = {}
    fresh = []
    for code, text in zip(refused["code_capteur"].to_pylist(), refused["texte"].to_pylist(), strict=True):
        mark = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        fresh.append(mark not in held.get(f"{code} {quantity} refus", ()))
        marked.setdefault(f"{code} {quantity} refus", []).append(mark)
    return refused.filter(pa.array(fresh, pa.bool_())), marked if any(fresh) else {}
