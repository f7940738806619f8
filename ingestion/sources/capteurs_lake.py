"""Sensors: the packages that are written, of their descriptions and of their values, as dlt sources."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import dlt
import duckdb
import pyarrow as pa
from dlt.common.storages.load_package import load_package_state
from dlt.extract import DltResource

from ingestion.lake import of_package
from ingestion.report import Collected
from ingestion.sources import hubeau, temps_reel
from ingestion.sources.capteurs_plan import LAST_READING, NAPPE, QUANTITIES, Series, questions
from ingestion.sources.hydrometrie import (
    CHRONIQUES_TR,
    OBSERVATION,
    OBSERVATIONS,
    REJET,
    STATION_HYDRO,
    Measures,
    typed_measures,
)
from ingestion.sources.niveaux_nappes import CHRONIQUE_TR, STATION, STATION_TYPES, stored
from ingestion.sources.piezometrie import STATIONS

SOURCE = "capteurs"
INSTANT = pa.timestamp("us", "UTC")
READING = pa.schema(
    {
        "code_capteur": pa.string(),
        "grandeur": pa.string(),
        "lu_depuis": INSTANT,
        "dernier_instant": INSTANT,
        "lignes": pa.int64(),
        "lu_le": INSTANT,
    }
)
INTERRUPTION = pa.schema({"depuis": INSTANT, "jusqu_a": INSTANT})
_OF_VALUES = {"code_capteur": pa.string(), "lu_depuis": INSTANT, "paquet": pa.string()}
# The raw tables, before anything is collected.
TABLES = {
    "stations_hydrometriques": stored(STATION_HYDRO, code_capteur=pa.string(), lu_le=INSTANT),
    "stations_piezometriques": stored(STATION, **STATION_TYPES),
    "observations_tr": stored(OBSERVATION, date_obs=INSTANT, **_OF_VALUES),
    "chroniques_tr": stored(CHRONIQUE_TR, date_mesure=INSTANT, **_OF_VALUES),
    **{
        name: schema.append(pa.field("paquet", pa.string()))
        for name, schema in (("lecture", READING), ("interruption", INTERRUPTION), ("rejet", REJET))
    },
}


@dataclass
class Lot:
    """The series of one package, how much is read again each time, and where to tell how far it is.

    `lost` is the stretch of time, if any, that nothing was read of and that the provider keeps no longer.
    """

    series: list[Series]
    overlap: timedelta
    now: datetime
    line: Collected
    progress: Callable[[int], None]
    lost: tuple[datetime, datetime] | None = None
    values: int = 0


@dlt.source(name=SOURCE)
def stations_source(hydro: pa.Table, piezo: pa.Table, refused: pa.Table, fingerprint: str) -> DltResource:
    @dlt.resource(name="stations", write_disposition="append")
    def stations() -> Iterator[Any]:
        package = load_package_state()["load_id"]
        dlt.current.source_state().setdefault("pieces", {})[STATIONS] = {"paquet": package, "empreinte": fingerprint}
        for table, name in ((hydro, "stations_hydrometriques"), (piezo, "stations_piezometriques")):
            now = pa.array([datetime.now(UTC)] * table.num_rows, pa.timestamp("us", "UTC"))
            yield dlt.mark.with_table_name(table.append_column("lu_le", now), name)
        yield of_package(refused, "rejet", package)

    return stations


@dlt.source(name=SOURCE)
def values_source(provider: hubeau.HubEau, lot: Lot) -> Iterator[DltResource]:
    """A lot as tables: the values of each kind, those refused, and one record a series of what was read."""
    done: list[str] = []

    @dlt.resource(name="questions", selected=False)
    def groups() -> Iterator[list[Series]]:
        yield from questions(lot.series)

    @dlt.transformer(data_from=groups, name="valeurs", write_disposition="append", parallelized=True)
    def read(group: list[Series]) -> Iterator[Any]:
        kind = CHRONIQUES_TR if group[0].quantity == NAPPE else OBSERVATIONS
        answer = _ask(provider, group, lot.now)
        rows, refused = typed_measures(answer, [series.code for series in group], kind, lot.now)
        package = load_package_state()["load_id"]
        rows, readings, refused = _new_values(rows, refused, group, lot, kind)
        lot.values += answer.num_rows
        lot.line.rows += rows.num_rows
        lot.line.refused += refused.num_rows
        done.extend(series.key for series in group)
        lot.progress(len(done))
        for table, name in ((rows, kind.operation), (refused, "rejet"), (readings, "lecture")):
            if table.num_rows:  # an hour has few files: none is written for nothing
                yield of_package(table, name, package)

    @dlt.resource(name="interruption", write_disposition="append")
    def interruption() -> Iterator[Any]:
        if lot.lost:
            lot.line.lost = f"from {lot.lost[0]:%Y-%m-%d %H:%M} to {lot.lost[1]:%Y-%m-%d %H:%M} UTC"
            row = dict(zip(INTERRUPTION.names, lot.lost, strict=True))
            table = pa.Table.from_pylist([row], schema=INTERRUPTION)
            yield of_package(table, "interruption", load_package_state()["load_id"])

    yield from (groups, read, interruption)


def _ask(provider: hubeau.HubEau, group: list[Series], now: datetime) -> pa.Table:
    codes, since = [series.code for series in group], min(series.since for series in group)
    if group[0].quantity == NAPPE:
        return temps_reel.levels(provider, codes, since.date(), now.date())
    return temps_reel.observations(provider, codes, group[0].quantity, since)


def _new_values(
    rows: pa.Table, refused: pa.Table, group: list[Series], lot: Lot, kind: Measures
) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Return the rows of the series that differ from the last reading, records (schema READING) of these, and the
    refused records that were not refused before.

    What a series is compared by, the sum of the hashes of its last values, is noted with the pieces of the lake. A
    reading replaces what is held from its first value on, not from the instant it asked for: the provider forgets.
    """
    with duckdb.connect() as db:
        db.register("published", rows)
        seen = db.sql(
            f"""SELECT code_capteur, count(*), min(instant), max(instant), sum(empreinte::HUGEINT) FILTER (
                    instant >= dernier - {lot.overlap // timedelta(microseconds=1)})::VARCHAR
            FROM (SELECT *, max(instant) OVER (PARTITION BY code_capteur) AS dernier FROM (
                SELECT code_capteur, epoch_us({kind.instant}) AS instant, hash(published) AS empreinte FROM published))
            GROUP BY code_capteur ORDER BY code_capteur"""
        ).fetchall()
    pieces = dlt.current.source_state().setdefault("pieces", {})
    series = {each.code: each for each in group}
    readings, now = [], datetime.now(UTC)
    for code, count, *ends, fingerprint in seen:
        first, last = (datetime.fromtimestamp(end / 1e6, UTC) for end in ends)
        if pieces.get(series[code].key, {}).get("empreinte") != fingerprint:
            pieces[series[code].key] = {"dernier_instant": last.isoformat(), "empreinte": fingerprint}
            reading = {"code_capteur": code, "lu_depuis": first, "dernier_instant": last, "lignes": count, "lu_le": now}
            readings += [reading | {"grandeur": name} for name in QUANTITIES[series[code].quantity]]
    refused = _new_refusals(refused, group[0].quantity, pieces)
    if readings or refused.num_rows:
        pieces[LAST_READING] = {"jusqu_a": lot.now.isoformat()}
    read = pa.Table.from_pylist(readings, schema=READING)
    changed = read.group_by(["code_capteur", "lu_depuis"]).aggregate([])
    return rows.join(changed, "code_capteur", join_type="inner"), read, refused


def _new_refusals(refused: pa.Table, quantity: str, pieces: dict[str, Any]) -> pa.Table:
    """Return the records that were not refused before, and note them: a record is read again for hours."""
    marks: dict[str, list[str]] = {}
    fresh = []
    for code, text in zip(refused["code_capteur"].to_pylist(), refused["texte"].to_pylist(), strict=True):
        mark = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        fresh.append(mark not in pieces.get(f"{code} {quantity} refus", ()))
        marks.setdefault(f"{code} {quantity} refus", []).append(mark)
    if any(fresh):
        pieces.update(marks)
    return refused.filter(pa.array(fresh, pa.bool_()))
