"""Groundwater levels: which stations and which dates are read, and each lot as a dlt source."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

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
    REJET,
    STATION,
    STATION_TYPES,
    codes,
    stored,
    typed_chroniques,
    typed_stations,
)
from ingestion.sources.piezometrie_lectures import READING, Lot, new_readings
from ingestion.sources.piezometrie_plan import Series, lots, plan, questions

SOURCE = "piezometrie"
STATIONS = "stations"  # no code BSS: the list itself among the pieces

# The raw tables, before anything is collected.
TABLES = {
    "stations": stored(STATION, **STATION_TYPES),
    "chroniques": stored(CHRONIQUE, date_mesure=pa.date32(), lu_depuis=pa.date32(), paquet=pa.string()),
    **{
        name: schema.append(pa.field("paquet", pa.string()))
        for name, schema in (("codes", CODES), ("rejet", REJET), ("lecture", READING))
    },
}


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
                shrink = settings.max_shrink_percent
                write(pipeline, _chroniques(provider, Lot(lot, window, today, line, progress, shrink, options.accept)))
                line.unchanged = not (line.rows or line.refused)


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
            line.new_columns = tuple(hubeau.new_fields(rows, "stations"))
    return found


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
        changed, readings = new_readings(answer, group, lot, package)
        new = answer.filter(pc.is_in(answer["code_bss"], pa.array(changed, pa.string())))
        rows, refused = typed_chroniques(new, asked)
        if refused.num_rows > answer.num_rows / 2 and not lot.accept:
            share = f"{refused.num_rows:,} of {answer.num_rows:,} measures"
            raise GuardError(f"{asked[0]} and {len(asked) - 1} others: {share}: {refused['motif'][0].as_py()}")
        rows = rows.join(readings.select(["code_bss", "lu_depuis"]), "code_bss", join_type="inner")
        rows = rows.filter(pc.greater_equal(rows["date_mesure"], rows["lu_depuis"]))
        lot.line.rows += rows.num_rows
        lot.line.refused += refused.num_rows
        lot.line.new_columns = tuple(sorted({*lot.line.new_columns, *hubeau.new_fields(answer, "chroniques")}))
        done.extend(asked)
        counts = {each["values"]: each["counts"] for each in rows["code_bss"].value_counts().to_pylist()}
        lot.line.stations.update({code: counts.get(code, 0) for code in asked})
        lot.progress(len(done))
        if changed or readings.num_rows:
            yield from _tables(package, rows, refused, readings)

    yield from (groups, read)


def _tables(package: str, rows: pa.Table, refused: pa.Table, readings: pa.Table) -> Iterator[Any]:
    for table, name in ((rows, "chroniques"), (refused, "rejet"), (codes(rows), "codes"), (readings, "lecture")):
        yield of_package(table, name, package)


def digest(rows: pa.Table) -> str:
    """Return a number that changes when any value does, whatever the order of the rows."""
    with duckdb.connect() as db:
        db.register("rows", rows)
        return str(db.sql("SELECT sum(hash(rows)::HUGEINT)::VARCHAR FROM rows").fetchall()[0][0])
