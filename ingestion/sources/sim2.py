"""SIM2, the daily weather grid of Météo-France: which files there are, and each as a dlt source."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dlt
import psycopg
import pyarrow as pa
from dlt.common.storages.load_package import load_package_state
from dlt.extract import DltResource

from ingestion.control import files, list_file, note_fetch, unlist_files
from ingestion.errors import GuardError, SourceError
from ingestion.guards import losses
from ingestion.lake import imported, known_pieces, open_lake, write
from ingestion.report import Collected, Options, Reporter
from ingestion.settings import Settings
from ingestion.sources.coordinates import LAMBERT2, LAMBERT93, WGS84, convert
from ingestion.sources.data_gouv import RemoteFile, downloaded, list_files, with_headers
from ingestion.sources.sim2_csv import REFUSED, VARIABLES, ParsedFile, Selection, parse

DATASET_ID = "6569b27598256cc583c917a7"
SOURCE = "sim2"
REWRITTEN_YEARS = 4  # the provider publishes the last four years again twice a month
_NAME = re.compile(r"QUOT_SIM2_(?P<period>(?P<start>\d{4})(-(?P<end>\d{4}))?|latest|previous-\d{4})[-\d]*\.csv\.gz")
COORDINATES = ("x_lambert2", "y_lambert2", "x_lambert93", "y_lambert93", "longitude", "latitude")
READING = pa.schema(
    {
        "paquet": pa.string(),
        "nom_du_fichier": pa.string(),
        "url": pa.string(),
        "modifie_le": pa.timestamp("us", "UTC"),
        "longueur": pa.int64(),
        "etag": pa.string(),
        "lignes": pa.int64(),
        "refusees": pa.int64(),
        "mailles": pa.int64(),
        "date_min": pa.date32(),
        "date_max": pa.date32(),
        "lu_le": pa.timestamp("us", "UTC"),
        "colonnes_nouvelles": pa.string(),
    }
)
# The raw tables, before anything is collected.
TABLES = {
    "sim2": pa.schema(
        dict.fromkeys(("lambx", "lamby"), pa.int64())
        | {"date": pa.date32(), **dict.fromkeys(VARIABLES, pa.float64()), "nom_du_fichier": pa.string()}
    ),
    "maille": pa.schema(dict.fromkeys(("lambx", "lamby"), pa.int64()) | dict.fromkeys(COORDINATES, pa.float64())),
    "rejet": pa.schema([("paquet", pa.string()), ("nom_du_fichier", pa.string()), *REFUSED]),
    "lecture": READING,
}


@dataclass(frozen=True)
class Period:
    """The years that a file name announces; `latest` and `previous` have no last year."""

    label: str
    first_year: int | None
    last_year: int | None

    @property
    def file_name(self) -> str:
        """The name a file keeps from issue to issue."""
        return f"QUOT_SIM2_{self.label}.csv.gz"


def period_of(name: str) -> Period | None:
    """Return the period of a SIM2 daily file, None for any other file of the dataset.

    The dates in `latest-AAAAMMJJ-AAAAMMJJ` change with every issue and are no part of the label, so that an
    issue replaces the one before it.
    """
    found = _NAME.fullmatch(name)
    if not found:
        return None
    first, last = found["start"], found["end"] or found["start"]
    return Period(found["period"], int(first) if first else None, int(last) if last else None)


def wanted_files(settings: Settings, connection: psycopg.Connection) -> list[tuple[Period, RemoteFile]]:
    """Return the daily files that reach into the years collected: those of the dataset, noted in
    control.source_fichier, and those an operator added there.

    Raises SourceError when the dataset holds none: its naming has changed.
    """
    listed = list_files(settings.data_gouv_url, DATASET_ID, lambda name: period_of(name) is not None)
    if not listed:
        raise SourceError(
            f"dataset {DATASET_ID} at {settings.data_gouv_url} lists no file QUOT_SIM2_*.csv.gz; "
            "its naming may have changed"
        )
    with connection.transaction():
        unlist_files(connection, "meteo")
        for file in listed:
            period = _known_period(file.name)
            list_file(connection, "meteo", period.file_name, file.url, period.last_year)
    by_name = {_known_period(file.name).file_name: file for file in listed}
    wanted = []
    for name, url, last_year, *_ in files(connection, "meteo"):
        if last_year is None or last_year >= settings.meteo_start_year:
            wanted.append((_known_period(name), by_name.get(name, RemoteFile(name, url))))
    return wanted


def _known_period(name: str) -> Period:
    period = period_of(name)
    if period is None:
        raise SourceError(f"control.source_fichier: {name} is not the name of a SIM2 daily file, QUOT_SIM2_….csv.gz")
    return period


def collect(settings: Settings, connection: psycopg.Connection, options: Options, reporter: Reporter) -> None:
    """Bring every new or changed daily file to the lake, one package a file.

    A past year that the provider rewrites no more is not asked for while the dataset describes it as the lake
    holds it. Raises GuardError for a file that lost lines, days or cells.
    """
    lake = open_lake(settings, "meteo")
    scope = {"annee_debut": settings.meteo_start_year, "emprise": settings.meteo_bbox and list(settings.meteo_bbox)}
    wanted = wanted_files(settings, connection)
    with lake.writer("") as pipeline:
        known = known_pieces(pipeline, SOURCE, lake)
    for period, listed in wanted:
        name = period.file_name
        held = known.get(name)
        comparable = held if held and held["perimetre"] == scope else None  # else the settings chose other lines
        file = with_headers(listed) if options.full else _newer(period, listed, comparable)
        if file is None:
            note_fetch(connection, name, known[name])
            reporter.add(Collected("meteo", name, unchanged=True))
            continue
        with (
            reporter.timed(Collected("meteo", name)) as line,
            reporter.progress(name, file.length) as progress,
            downloaded(file, progress) as archive,
            lake.writer(period.label) as pipeline,
        ):
            years = (period.first_year, period.last_year) if period.first_year and period.last_year else None
            parsed = parse(archive, name, Selection(years, settings.meteo_start_year, settings.meteo_bbox))
            piece = {"version": file.version, "listing": listed.listing, "perimetre": scope, **parsed.figures}
            lost = losses(name, comparable, piece, settings.max_shrink_percent)
            if lost and not options.accept:
                raise GuardError(f"{name} has {', '.join(lost)}")
            write(pipeline, sim2(parsed, name, file, piece))
            line.rows, line.refused, line.new_columns = parsed.rows, parsed.refused.num_rows, parsed.new_columns
            note_fetch(connection, name, pipeline.state["sources"][SOURCE]["pieces"][name])


def _newer(period: Period, listed: RemoteFile, held: dict[str, Any] | None) -> RemoteFile | None:
    """Return the file as its headers describe it, None when the lake holds that version.

    A past year that is no longer rewritten is not asked for while the dataset's page says the same of it.
    """
    frozen = period.last_year is not None and period.last_year < datetime.now(UTC).year - REWRITTEN_YEARS
    if held and frozen and (listed.modified is None or held["listing"] == listed.listing):
        return None
    file = with_headers(listed)
    return None if held and held["version"] == file.version else file


@dlt.source(name=SOURCE)
def sim2(parsed: ParsedFile, name: str, file: RemoteFile, piece: dict[str, Any]) -> Iterator[DltResource]:
    """One file as four tables: its lines, its cells, the lines refused, and the record of the reading."""
    read_at = datetime.now(UTC)

    @dlt.resource(name="sim2", write_disposition="append")
    def lines() -> Iterator[Any]:
        yield from imported(parsed.files)

    @dlt.resource(name="maille", write_disposition="append")
    def cells() -> Iterator[pa.Table]:
        yield locate(parsed.cells)

    @dlt.resource(name="rejet", write_disposition="append")
    def refused() -> Iterator[pa.Table]:
        package = load_package_state()["load_id"]
        nom = pa.array([name] * parsed.refused.num_rows, pa.string())
        paquet = pa.array([package] * parsed.refused.num_rows, pa.string())
        yield parsed.refused.add_column(0, "nom_du_fichier", nom).add_column(0, "paquet", paquet)

    @dlt.resource(name="lecture", write_disposition="append")
    def reading() -> Iterator[pa.Table]:
        package = load_package_state()["load_id"]
        record = {
            "paquet": package,
            "nom_du_fichier": name,
            "url": file.url,
            "modifie_le": file.modified,
            "longueur": file.length,
            "etag": file.etag,
            "lignes": parsed.rows,
            "refusees": parsed.refused.num_rows,
            "mailles": parsed.cells.num_rows,
            "date_min": parsed.first_day,
            "date_max": parsed.last_day,
            "lu_le": read_at,
            "colonnes_nouvelles": ",".join(parsed.new_columns),
        }
        dlt.current.source_state().setdefault("pieces", {})[name] = {"paquet": package, **piece}
        yield pa.Table.from_pylist([record], schema=READING)

    yield from (lines, cells, refused, reading)


def locate(cells: pa.Table) -> pa.Table:
    """Add to cells (lambx, lamby in hectometres of Lambert II étendu) their coordinates in the other systems."""
    x, y = (pa.compute.multiply(cells[name].combine_chunks(), 100) for name in ("lambx", "lamby"))
    columns = {"x_lambert2": x.cast(pa.float64()), "y_lambert2": y.cast(pa.float64())}
    columns["x_lambert93"], columns["y_lambert93"] = convert(x, y, LAMBERT2, LAMBERT93)
    columns["longitude"], columns["latitude"] = convert(x, y, LAMBERT2, WGS84)
    return pa.table({"lambx": cells["lambx"], "lamby": cells["lamby"], **columns})
