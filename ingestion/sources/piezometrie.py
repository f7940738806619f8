"""Groundwater levels: which stations and which dates are read, and each lot as a dlt source."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol, TypeVar

import dlt
import duckdb
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from dlt.common.storages.load_package import load_package_state
from dlt.extract import DltResource

from ingestion.control import follow, followed_stations
from ingestion.errors import GuardError, SourceError
from ingestion.lake import known_pieces, of_package, open_lake, write
from ingestion.report import Collected, Options, Reporter
from ingestion.settings import Settings
from ingestion.sources import hubeau
from ingestion.sources.niveaux_nappes import (
    CHRONIQUE,
    CODES,
    DAY,
    REJET,
    STATION,
    STATION_TYPES,
    codes,
    stored,
    typed_chroniques,
    typed_stations,
)

SOURCE = "piezometrie"
STATIONS = "stations"  # no code BSS: the list itself among the pieces
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
# The raw tables, before anything is collected.
TABLES = {
    "stations": stored(STATION, **STATION_TYPES),
    "chroniques": stored(CHRONIQUE, date_mesure=pa.date32(), lu_depuis=pa.date32(), paquet=pa.string()),
    **{
        name: schema.append(pa.field("paquet", pa.string()))
        for name, schema in (("codes", CODES), ("rejet", REJET), ("lecture", READING))
    },
}


@dataclass(frozen=True)
class Series:
    """What is to be read of one station: its measures from a day on, about how many, and whether it is all of them."""

    code_bss: str
    since: date
    expected: int
    complete: bool = False


@dataclass(frozen=True)
class Lot:
    """The series of one package, the days they are read for, and where to tell how far it is."""

    series: list[Series]
    window: timedelta
    today: date
    line: Collected
    progress: Callable[[int], None]
    accept: bool = False


def collect(settings: Settings, connection: psycopg.Connection, options: Options, reporter: Reporter) -> None:
    """Bring the stations followed, then their new and revised measures, to the lake.

    A package holds about a million rows.
    """
    lake = open_lake(settings, "piezometrie")
    provider = hubeau.HubEau(settings.hubeau_url, hubeau.pace(settings.hubeau_requests_per_second), options.accept)
    dlt.config["extract.workers"] = settings.hubeau_concurrency
    today = datetime.now(UTC).date()
    with lake.writer(str(today.year)) as pipeline:
        known = known_pieces(pipeline, SOURCE, lake)
        found = _collect_stations(settings, provider, connection, pipeline, known, reporter)
        window = timedelta(settings.piezo_window_days)
        stations = plan(found, followed_stations(connection), known, window, today, full=options.full)
        for lot in lots(stations):
            title = f"chroniques of {len(lot)} stations" if len(lot) > 1 else f"chroniques of {lot[0].code_bss}"
            with (
                reporter.timed(Collected("piezometrie", title)) as line,
                reporter.progress(title, len(lot)) as progress,
            ):
                write(pipeline, _chroniques(provider, Lot(lot, window, today, line, progress, options.accept)))
                line.unchanged = not line.rows


def _collect_stations(
    settings: Settings,
    provider: hubeau.HubEau,
    connection: psycopg.Connection,
    pipeline: dlt.Pipeline,
    known: dict[str, Any],
    reporter: Reporter,
) -> pa.Table:
    """Follow what the settings select, and return the stations followed as the provider describes them."""
    with reporter.timed(Collected("piezometrie", "stations")) as line:
        named: tuple[str, ...] = settings.piezo_stations
        everything = settings.sources == "simulated" and not named and not settings.piezo_departements
        if everything or [name.lower() for name in named] == ["all"]:
            selected, named = hubeau.all_stations(provider), ()
        else:
            selected = hubeau.stations(provider, named, settings.piezo_departements)
        follow(connection, selected["code_bss"].drop_null().to_pylist())
        followed = set(followed_stations(connection))
        others = hubeau.stations(provider, tuple(sorted(followed - set(selected["code_bss"].to_pylist()))), ())
        rows = pa.concat_tables([selected, others], promote_options="permissive")
        asked = pa.array([*followed, None], pa.string())
        found, refused = typed_stations(rows.filter(pc.is_in(rows["code_bss"], asked)))
        line.missing = tuple(sorted((followed | set(named)) - set(found["code_bss"].to_pylist())))
        line.refused = refused.num_rows
        if not found.num_rows:
            raise SourceError(
                f"{settings.hubeau_url} knows none of the stations followed; see `hydrotheque stations list`"
            )
        fingerprint = digest(rows)
        line.unchanged = known.get(STATIONS, {}).get("empreinte") == fingerprint
        if not line.unchanged:
            write(pipeline, _stations(found, refused, fingerprint))
            line.rows = found.num_rows
    return found


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
    and once a year, in a month of its own, from its beginning again: revisions older than the window.
    """
    for row in stations.select(["code_bss", "date_debut_mesure", "nb_mesures_piezo"]).to_pylist():
        code, total = row["code_bss"], row["nb_mesures_piezo"] or hubeau.CAP
        first = begin.get(code) or row["date_debut_mesure"] or BEGINNING
        piece = known.get(code)
        if full or not piece or _its_turn(code, piece, today):
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


@dlt.source(name=SOURCE)
def _stations(found: pa.Table, refused: pa.Table, fingerprint: str) -> DltResource:
    @dlt.resource(name="stations", write_disposition="append")
    def stations() -> Iterator[pa.Table]:
        package = load_package_state()["load_id"]
        dlt.current.source_state().setdefault("pieces", {})[STATIONS] = {"paquet": package, "empreinte": fingerprint}
        now = pa.array([datetime.now(UTC)] * found.num_rows, pa.timestamp("us", "UTC"))
        yield found.append_column("lu_le", now)
        yield of_package(refused, "rejet", package)

    return stations


@dlt.source(name=SOURCE)
def _chroniques(provider: hubeau.HubEau, lot: Lot) -> Iterator[DltResource]:
    """A lot as three tables: the measures, those refused, and one record a station of what was read."""

    done: list[str] = []

    @dlt.resource(name="groupes", selected=False)
    def groups() -> Iterator[list[Series]]:
        yield from questions(lot.series, lot.window)

    @dlt.transformer(data_from=groups, name="chroniques", write_disposition="append", parallelized=True)
    def read(group: list[Series]) -> Iterator[Any]:
        package = load_package_state()["load_id"]
        asked, since = [series.code_bss for series in group], min(series.since for series in group)
        answers = list(hubeau.chroniques(provider, asked, since, lot.today))
        answer = pa.concat_tables(answers, promote_options="permissive")
        changed, readings = _new_readings(answer, group, lot, package)
        new = answer.filter(pc.is_in(answer["code_bss"], pa.array(changed, pa.string())))
        rows, refused = typed_chroniques(new, asked)
        rows = rows.join(readings.select(["code_bss", "lu_depuis"]), "code_bss", join_type="inner")
        rows = rows.filter(pc.greater_equal(rows["date_mesure"], rows["lu_depuis"]))
        lot.line.rows += rows.num_rows
        lot.line.refused += refused.num_rows
        done.extend(asked)
        counts = {each["values"]: each["counts"] for each in rows["code_bss"].value_counts().to_pylist()}
        lot.line.stations.update({code: counts.get(code, 0) for code in asked})
        lot.progress(len(done))
        if changed:
            yield from _tables(package, rows, refused, readings)

    yield from (groups, read)


def _tables(package: str, rows: pa.Table, refused: pa.Table, readings: pa.Table) -> Iterator[Any]:
    for table, name in ((rows, "chroniques"), (refused, "rejet"), (codes(rows), "codes"), (readings, "lecture")):
        yield of_package(table, name, package)


def _new_readings(answer: pa.Table, group: list[Series], lot: Lot, package: str) -> tuple[list[str | None], pa.Table]:
    """Return the codes whose records differ from the last reading's, and a record (schema READING) for each station.

    What they are compared by, the sum of the hashes of the last window, is noted with the pieces of the lake. A
    record without a day counts in every window. A code may be missing, or of a station not asked for.
    """
    with duckdb.connect() as db:
        db.register("records", answer)
        seen = db.sql(
            f"""SELECT code_bss, count(*), max(jour), sum(empreinte::HUGEINT) FILTER (
                    WHERE jour IS NULL OR jour >= dernier_jour - {lot.window.days})::VARCHAR
            FROM (SELECT *, max(jour) OVER (PARTITION BY code_bss) AS dernier_jour FROM (
                SELECT code_bss, hash(records) AS empreinte, {DAY.format("date_mesure")} AS jour FROM records))
            GROUP BY code_bss ORDER BY code_bss"""
        ).fetchall()
    pieces = dlt.current.source_state().setdefault("pieces", {})
    gone = {each.code_bss for each in group if each.code_bss in pieces} - {code for code, *_ in seen}
    if gone and not lot.accept:
        raise GuardError(f"{', '.join(sorted(gone))}: no measure left of those that the lake holds up to its last day")
    series = {each.code_bss: each for each in group}
    changed, records, now = [], [], datetime.now(UTC)
    for code, count, last, fingerprint in seen:
        known, asked = pieces.get(code or ""), series.get(code)
        complete = known is None or (asked is not None and asked.complete)
        if complete or known["empreinte"] != fingerprint:
            changed.append(code)
            pieces[code or ""] = {
                "paquet": package,
                "dernier_jour": (last or BEGINNING).isoformat(),
                "empreinte": fingerprint,
                "complet_le": lot.today.isoformat() if complete else known["complet_le"],
            }
            if asked:
                records.append({"code_bss": code, "lu_depuis": asked.since, "lignes": count, "lu_le": now})
    return changed, pa.Table.from_pylist(records, schema=READING)


def digest(rows: pa.Table) -> str:
    """Return a number that changes when any value does, whatever the order of the rows."""
    with duckdb.connect() as db:
        db.register("rows", rows)
        return str(db.sql("SELECT sum(hash(rows)::HUGEINT)::VARCHAR FROM rows").fetchall()[0][0])
