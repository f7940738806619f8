"""SIM2, the daily weather grid of Météo-France: which files there are, and each as a dlt source."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dlt
import pyarrow as pa
from dlt.common.storages.load_package import load_package_state
from dlt.extract import DltResource

from ingestion.errors import SourceError
from ingestion.lake import imported, known_pieces, open_lake, write
from ingestion.report import Collected, Reporter
from ingestion.settings import Settings
from ingestion.sources.coordinates import LAMBERT2, LAMBERT93, WGS84, convert
from ingestion.sources.data_gouv import RemoteFile, downloaded, list_files, with_headers
from ingestion.sources.sim2_csv import ParsedFile, parse

DATASET_ID = "6569b27598256cc583c917a7"
SOURCE = "sim2"
_NAME = re.compile(r"QUOT_SIM2_(?P<period>(?P<start>\d{4})(-(?P<end>\d{4}))?|latest|previous-\d{4})[-\d]*\.csv\.gz")


@dataclass(frozen=True)
class Period:
    """The years that a file name announces; `latest` and `previous` have no last year."""

    label: str
    last_year: int | None


def period_of(name: str) -> Period | None:
    """Return the period of a SIM2 daily file, None for any other file of the dataset.

    The dates in `latest-AAAAMMJJ-AAAAMMJJ` change with every issue and are no part of the label, so that an
    issue replaces the one before it.
    """
    found = _NAME.fullmatch(name)
    if not found:
        return None
    last = found["end"] or found["start"]
    return Period(found["period"], int(last) if last else None)


def wanted_files(settings: Settings) -> list[tuple[Period, RemoteFile]]:
    """Return the daily files that reach into the years collected.

    Raises SourceError when the dataset holds none: its naming has changed.
    """
    listed = [(period_of(file.name), file) for file in list_files(settings.data_gouv_url, DATASET_ID)]
    files = [
        (period, file)
        for period, file in listed
        if period and (period.last_year is None or period.last_year >= settings.meteo_start_year)
    ]
    if not files:
        raise SourceError(
            f"dataset {DATASET_ID} at {settings.data_gouv_url} lists no file QUOT_SIM2_*.csv.gz "
            f"from {settings.meteo_start_year} on; its naming may have changed"
        )
    return files


def collect(settings: Settings, reporter: Reporter) -> None:
    """Bring every new or changed daily file to the lake, one package a file."""
    lake = open_lake(settings, "meteo")
    scope = {"annee_debut": settings.meteo_start_year, "emprise": settings.meteo_bbox and list(settings.meteo_bbox)}
    with ExitStack() as stack:
        known: dict[str, Any] | None = None
        for period, listed in wanted_files(settings):
            name = f"QUOT_SIM2_{period.label}.csv.gz"
            file = with_headers(listed)
            pipeline = stack.enter_context(lake.writer(period.label))
            if known is None:
                known = known_pieces(pipeline, SOURCE, lake)
            version = file.version | scope
            if known.get(name, {}).get("version") == version:
                reporter.add(Collected("meteo", name, unchanged=True))
                continue
            with reporter.timed(Collected("meteo", name, bytes=file.length or 0)) as line, downloaded(file) as archive:
                parsed = parse(archive, name, start_year=settings.meteo_start_year, bbox=settings.meteo_bbox)
                write(pipeline, sim2(parsed, name, file, version))
                line.rows, line.refused, line.new_columns = parsed.rows, parsed.refused.num_rows, parsed.new_columns


@dlt.source(name=SOURCE)
def sim2(parsed: ParsedFile, name: str, file: RemoteFile, version: dict[str, Any]) -> Iterator[DltResource]:
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
        dlt.current.source_state().setdefault("pieces", {})[name] = {"paquet": package, "version": version}
        yield pa.Table.from_pylist([record], schema=READING)

    yield from (lines, cells, refused, reading)


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


def locate(cells: pa.Table) -> pa.Table:
    """Add to cells (lambx, lamby in hectometres of Lambert II étendu) their coordinates in the other systems."""
    x, y = (pa.compute.multiply(cells[name].combine_chunks(), 100) for name in ("lambx", "lamby"))
    columns = {"x_lambert2": x.cast(pa.float64()), "y_lambert2": y.cast(pa.float64())}
    columns["x_lambert93"], columns["y_lambert93"] = convert(x, y, LAMBERT2, LAMBERT93)
    columns["longitude"], columns["latitude"] = convert(x, y, LAMBERT2, WGS84)
    return pa.table({"lambx": cells["lambx"], "lamby": cells["lamby"], **columns})
