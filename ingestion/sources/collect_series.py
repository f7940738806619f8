"""The collection of series: stations first, then the new and revised values of each, about a million rows a package."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import dlt
import pyarrow as pa
from dlt.extract import DltResource

from ingestion.errors import GuardError
from ingestion.lake import known_pieces, open_lake, stamped, write, write_package
from ingestion.lake.writer import pieces, remember
from ingestion.providers.hubeau import HubEau, chunks, rate_limiter
from ingestion.report import Collected
from ingestion.sources.fingerprint import fingerprint, is_fingerprint
from ingestion.sources.source import STATIONS, Collecting, Series, SeriesSource, Stations

ROWS_PER_PACKAGE = 1_000_000


@dataclass
class Batch:
    """The series of one package; `answered` counts the rows received, `lost` is the time the provider forgot."""

    series: list[Series]
    now: datetime
    line: Collected
    progress: Callable[[int], None]
    lost: tuple[datetime, datetime] | None
    read: int = 0
    answered: int = 0


def collect_series(source: SeriesSource, run: Collecting) -> None:
    """Bring the stations followed, then their new and revised values, to the lake.

    Raises GuardError when no value is left of the series that had some.
    """
    settings, lake = run.settings, open_lake(run.settings, source.domain)
    limiter = rate_limiter(settings.hubeau_requests_per_second)
    provider = HubEau(settings.hubeau_url, limiter, run.options.accept)
    dlt.config["extract.workers"] = settings.hubeau_concurrency
    with lake.writer(str(datetime.now(UTC).year)) as pipeline:
        known = known_pieces(pipeline, source.state_name, lake)
        stations = _collect_stations(source, run, provider, pipeline, known)
        now = provider.clock
        lost = source.lost_since(known, now)
        for series in batches(source.plan(stations, known, run, now)):
            title = source.title(series)
            with (
                run.reporter.timed(Collected(source.domain, title)) as line,
                run.reporter.progress(title, len(series)) as progress,
            ):
                batch = Batch(series, now, line, progress, lost)
                had = sum(source.expects_values(known.get(each.key), now) for each in series)
                write(pipeline, _values(source, run, provider, batch))
                line.unchanged = not (line.rows or line.refused)
                if had and not batch.answered and not run.options.accept:
                    raise GuardError(f"{settings.hubeau_url} has no value left of {had} sensors that had some")
                lost = None


def _collect_stations(
    source: SeriesSource, run: Collecting, provider: HubEau, pipeline: dlt.Pipeline, known: dict[str, Any]
) -> Stations:
    """Follow what the settings select, and bring the stations followed to the lake when their description changed."""
    with run.reporter.timed(Collected(source.domain, STATIONS)) as line:
        found = source.stations(run, provider)
        line.missing, line.refused = found.missing, found.refused.num_rows
        line.unchanged = is_fingerprint(known.get(STATIONS, {}).get("empreinte"), *found.compared)
        if not line.unchanged:
            tables = {**found.tables, "rejet": found.refused}
            write_package(pipeline, source, tables, {STATIONS: {"empreinte": fingerprint(*found.compared)}})
            line.rows = sum(table.num_rows for table in found.tables.values())
            line.new_columns = found.new_columns
    return found


def _values(source: SeriesSource, run: Collecting, provider: HubEau, batch: Batch) -> Any:
    """Return a dlt source that reads a batch: several requests at once, each answer as tables."""
    spread = source.spread(run.settings)

    @dlt.resource(name="requests", selected=False)
    def groups() -> Iterator[list[Series]]:
        yield from requests(batch.series, spread, source.rows_per_request)

    @dlt.transformer(data_from=groups, name="values", write_disposition="append", parallelized=True)
    def read(group: list[Series]) -> Iterator[Any]:
        answer = source.ask(provider, group, batch.now)
        found = source.read(answer, group, pieces(), run, batch.now)
        remember(found.pieces)
        batch.answered += answer.num_rows
        batch.read += len(group)
        line = batch.line
        line.rows += found.rows
        line.refused += found.tables["rejet"].num_rows if "rejet" in found.tables else 0
        line.stations.update(found.stations)
        line.new_columns = tuple(sorted({*line.new_columns, *found.new_columns}))
        batch.progress(batch.read)
        yield from (stamped(source, name, table) for name, table in found.tables.items() if table.num_rows)

    @dlt.resource(name="interruption", write_disposition="append")
    def interruption() -> Iterator[Any]:
        if batch.lost:
            batch.line.lost = f"from {batch.lost[0]:%Y-%m-%d %H:%M} to {batch.lost[1]:%Y-%m-%d %H:%M} UTC"
            row = dict(zip(("depuis", "jusqu_a"), batch.lost, strict=True))
            yield stamped(source, "interruption", pa.Table.from_pylist([row]))

    @dlt.source(name=source.state_name)
    def values() -> Iterator[DltResource]:
        yield from (groups, read, interruption)

    return values()


def batches(series: Iterable[Series]) -> Iterator[list[Series]]:
    """Group series in packages of about `ROWS_PER_PACKAGE` expected rows."""
    batch: list[Series] = []
    rows = 0
    for each in series:
        batch.append(each)
        rows += each.expected
        if rows >= ROWS_PER_PACKAGE:
            yield batch
            batch, rows = [], 0
    if batch:
        yield batch


def requests(batch: list[Series], spread: timedelta, most_rows: int | None) -> Iterator[list[Series]]:
    """Group the series of a batch by request: one quantity, one span of starts, codes that fit in a URL, rows that fit
    in an answer.
    """
    group: list[Series] = []
    for series in sorted(batch, key=lambda each: (each.quantity, each.since)):
        candidate = [*group, series]
        if group and (
            series.quantity != group[0].quantity
            or series.since - group[0].since > spread
            or (most_rows and sum(each.expected for each in candidate) > most_rows)
            or len(list(chunks(each.code for each in candidate))) > 1
        ):
            yield group
            candidate = [series]
        group = candidate
    if group:
        yield group
