"""Groundwater levels: which stations and which dates are read, and each lot as a dlt source."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dlt
import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from dlt.common.storages.load_package import load_package_state
from dlt.extract import DltResource

from ingestion.errors import SourceError
from ingestion.lake import known_pieces, open_lake, write
from ingestion.report import Collected, Reporter
from ingestion.settings import Settings
from ingestion.sources import hubeau

SOURCE = "piezometrie"
STATIONS = "stations"  # no code BSS: the list itself among the pieces
DEFAULT_STATIONS = ("00263X0129/PZASA4", "00026X0040/P1", "00053X0004/F1", "07548X0009/F")
WINDOW = timedelta(days=400)  # late lots: 217 days and more were seen; revisions later still
ROWS_PER_PACKAGE = 1_000_000
BEGINNING = date(1900, 1, 1)

READING = pa.schema(
    {
        "code_bss": pa.string(),
        "lu_depuis": pa.date32(),
        "lignes": pa.int64(),
        "lu_le": pa.timestamp("us", "UTC"),
    }
)


@dataclass(frozen=True)
class Series:
    """What is to be read of one station: its measures from a date on, and about how many they are."""

    code_bss: str
    since: date
    expected: int


def collect(settings: Settings, reporter: Reporter) -> None:
    """Bring the stations, then their new and revised measures, to the lake; a package holds about a million rows."""
    lake = open_lake(settings, "piezometrie")
    today = datetime.now(UTC).date()
    with lake.writer(str(today.year)) as pipeline:
        known = known_pieces(pipeline, SOURCE, lake)
        found = _collect_stations(settings, pipeline, known, reporter)
        for lot in lots(found, known, today):
            title = f"chroniques of {len(lot)} stations" if len(lot) > 1 else f"chroniques of {lot[0].code_bss}"
            with reporter.timed(Collected("piezometrie", title)) as line:
                write(pipeline, _chroniques(settings.hubeau_url, lot, today, line))
                line.unchanged = not line.rows


def _collect_stations(
    settings: Settings, pipeline: dlt.Pipeline, known: dict[str, Any], reporter: Reporter
) -> pa.Table:
    codes, departements = settings.piezo_stations, settings.piezo_departements
    if not codes and not departements:
        codes = hubeau.ALL if settings.sources == "simulated" else DEFAULT_STATIONS
    with reporter.timed(Collected("piezometrie", "stations")) as line:
        found = hubeau.typed_stations(hubeau.stations(settings.hubeau_url, codes, departements))
        if not found.num_rows:
            raise SourceError(f"{settings.hubeau_url} knows none of the stations asked for; check PIEZO_STATIONS")
        fingerprint = _fingerprint(found)
        line.unchanged = known.get(STATIONS, {}).get("empreinte") == fingerprint
        if not line.unchanged:
            write(pipeline, _stations(found, fingerprint))
            line.rows = found.num_rows
    return found


def lots(stations: pa.Table, known: dict[str, Any], today: date) -> Iterator[list[Series]]:
    """Group the stations in lots of about `ROWS_PER_PACKAGE` expected rows.

    A station read before is read again from its last day less `WINDOW`; a new one from its beginning.
    """
    lot: list[Series] = []
    for row in stations.select(["code_bss", "date_debut_mesure", "nb_mesures_piezo"]).to_pylist():
        last = known.get(row["code_bss"], {}).get("dernier_jour")
        since = date.fromisoformat(last) - WINDOW if last else row["date_debut_mesure"] or BEGINNING
        total = row["nb_mesures_piezo"] or hubeau.CAP
        expected = min(total, (today - since).days) if last else total
        lot.append(Series(row["code_bss"], since, expected))
        if sum(series.expected for series in lot) >= ROWS_PER_PACKAGE:
            yield lot
            lot = []
    if lot:
        yield lot


def questions(lot: list[Series]) -> Iterator[list[Series]]:
    """Group the series of a lot so that one answer holds a group: by rows expected, length of URL, and start."""
    group: list[Series] = []
    for series in sorted(lot, key=lambda series: series.since):
        candidate = [*group, series]
        rows = sum(each.expected for each in candidate)
        too_many = rows > hubeau.CAP or len(list(hubeau.chunks(each.code_bss for each in candidate))) > 1
        if group and (too_many or (series.since - group[0].since).days > WINDOW.days):
            yield group
            candidate = [series]
        group = candidate
    if group:
        yield group


@dlt.source(name=SOURCE)
def _stations(found: pa.Table, fingerprint: str) -> DltResource:
    @dlt.resource(name="stations", write_disposition="append")
    def stations() -> Iterator[pa.Table]:
        package = load_package_state()["load_id"]
        dlt.current.source_state().setdefault("pieces", {})[STATIONS] = {"paquet": package, "empreinte": fingerprint}
        now = pa.array([datetime.now(UTC)] * found.num_rows, pa.timestamp("us", "UTC"))
        yield found.append_column("lu_le", now)
        # Empty: the raw tables are there before any station has a measure.
        measures, refused = hubeau.typed_chroniques(pa.schema(list(hubeau.CHRONIQUE)).empty_table(), [])
        yield from _tables(
            package, measures.append_column("lu_depuis", pa.array([], pa.date32())), refused, READING.empty_table()
        )

    return stations


@dlt.source(name=SOURCE)
def _chroniques(base_url: str, lot: list[Series], today: date, line: Collected) -> Iterator[DltResource]:
    """A lot as three tables: the measures, those refused, and one record a station of what was read."""

    @dlt.resource(name="groupes", selected=False)
    def groups() -> Iterator[list[Series]]:
        yield from questions(lot)

    @dlt.transformer(data_from=groups, name="chroniques", write_disposition="append", parallelized=True)
    def read(group: list[Series]) -> Iterator[Any]:
        package = load_package_state()["load_id"]
        codes, since = [series.code_bss for series in group], min(series.since for series in group)
        answers = list(hubeau.chroniques(base_url, codes, since, today))
        rows, refused = hubeau.typed_chroniques(pa.concat_tables(answers, promote_options="permissive"), codes)
        readings = _new_readings(rows, group, dlt.current.source_state().setdefault("pieces", {}), package)
        rows = rows.join(readings.select(["code_bss", "lu_depuis"]), "code_bss", join_type="inner")
        rows = rows.filter(pc.greater_equal(rows["date_mesure"], rows["lu_depuis"]))
        line.rows += rows.num_rows
        line.refused += refused.num_rows
        if readings.num_rows or refused.num_rows:
            yield from _tables(package, rows, refused, readings)

    yield from (groups, read)


def _tables(package: str, rows: pa.Table, refused: pa.Table, readings: pa.Table) -> Iterator[Any]:
    for table, name in ((rows, "chroniques"), (refused, "rejet"), (readings, "lecture")):
        paquet = pa.array([package] * table.num_rows, pa.string())
        yield dlt.mark.with_table_name(table.append_column("paquet", paquet), name)


def _new_readings(rows: pa.Table, group: list[Series], pieces: dict[str, Any], package: str) -> pa.Table:
    """Return one record (schema READING) for each station whose measures differ from the last reading's.

    What they are compared by, the sum of the hashes of the last `WINDOW`, is noted in `pieces`.
    """
    with duckdb.connect() as db:
        db.register("measures", rows)
        seen = db.sql(
            f"""SELECT code_bss, count(*), max(dernier_jour), sum(empreinte::HUGEINT) FILTER (
                    WHERE date_mesure >= dernier_jour - {WINDOW.days})::VARCHAR
            FROM (SELECT code_bss, date_mesure, hash(measures) AS empreinte,
                    max(date_mesure) OVER (PARTITION BY code_bss) AS dernier_jour FROM measures)
            GROUP BY code_bss"""
        ).fetchall()
    since = {series.code_bss: series.since for series in group}
    records, now = [], datetime.now(UTC)
    for code_bss, count, last, fingerprint in sorted(seen):
        known = pieces.get(code_bss, {})
        in_window = known and since[code_bss] == date.fromisoformat(known["dernier_jour"]) - WINDOW
        if not (in_window and known["empreinte"] == fingerprint):
            pieces[code_bss] = {"paquet": package, "dernier_jour": last.isoformat(), "empreinte": fingerprint}
            records.append({"code_bss": code_bss, "lu_depuis": since[code_bss], "lignes": count, "lu_le": now})
    return pa.Table.from_pylist(records, schema=READING)


def _fingerprint(rows: pa.Table) -> str:
    """Return a number that changes when any value does, whatever the order of the rows."""
    with duckdb.connect() as db:
        db.register("rows", rows)
        return str(db.sql("SELECT sum(hash(rows)::HUGEINT)::VARCHAR FROM rows").fetchall()[0][0])
