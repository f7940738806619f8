"""Drinking water, the results of its sanitary control (data.gouv.fr): a zip a year, each as a dlt source."""

import re
from collections.abc import Iterator
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
from ingestion.sources.data_gouv import RemoteFile, downloaded, with_headers
from ingestion.sources.qualite_eau_zip import COLUMNS, REFUSED, ParsedYear, parse

DOMAIN = SOURCE = "qualite_eau"
REPLACED_YEARS = 4  # before the current one; an older year that the lake holds is asked for with --full only
_NAME = re.compile(r"dis-(\d{4})\.zip")

READING = pa.schema(
    {
        "paquet": pa.string(),
        "nom_du_fichier": pa.string(),
        "url": pa.string(),
        "modifie_le": pa.timestamp("us", "UTC"),
        "longueur": pa.int64(),
        "etag": pa.string(),
        "annee": pa.int64(),
        **dict.fromkeys(COLUMNS, pa.int64()),
        "refusees": pa.int64(),
        "colonnes_nouvelles": pa.string(),
        "lu_le": pa.timestamp("us", "UTC"),
    }
)
REJET = pa.schema([("paquet", pa.string()), ("nom_du_fichier", pa.string()), *REFUSED])
# The raw tables, before anything is collected.
TABLES = {
    **{
        table: pa.schema(
            [*((column, pa.string()) for column in columns), ("annee", pa.int64()), ("nom_du_fichier", pa.string())]
        )
        for table, columns in COLUMNS.items()
    },
    "rejet": REJET,
    "lecture": READING,
}


def wanted_years(settings: Settings, connection: psycopg.Connection) -> list[tuple[int, RemoteFile]]:
    """Return the years collected, each with its zip: those of the settings, noted in control.source_fichier, and those
    an operator added there.
    """
    with connection.transaction():
        unlist_files(connection, DOMAIN)
        for year, resource in settings.qualite_eau_resources.items():
            url = f"{settings.data_gouv_url}/fr/datasets/r/{resource}"
            list_file(connection, DOMAIN, f"dis-{year}.zip", url, year)
    years = [(_year(name), RemoteFile(name, url)) for name, url, *_ in files(connection, DOMAIN)]
    return [(year, file) for year, file in years if year >= settings.qualite_eau_start_year]


def _year(name: str) -> int:
    if not (found := _NAME.fullmatch(name)):
        raise SourceError(f"control.source_fichier: {name} is not the name of a year of drinking water, dis-<year>.zip")
    return int(found[1])


def collect(settings: Settings, connection: psycopg.Connection, options: Options, reporter: Reporter) -> None:
    """Bring every new or changed year to the lake, one package a zip.

    Raises GuardError for a year of which a member lost lines, or cannot be read in too many places.
    """
    lake = open_lake(settings, DOMAIN)
    with lake.writer("") as pipeline:
        known = known_pieces(pipeline, SOURCE, lake)
    for year, listed in wanted_years(settings, connection):
        name = listed.name
        held = known.get(name)
        file = with_headers(listed) if options.full else _newer(year, listed, held)
        if file is None:
            note_fetch(connection, name, known[name])
            reporter.add(Collected(DOMAIN, name, unchanged=True))
            continue
        with (
            reporter.timed(Collected(DOMAIN, name)) as line,
            reporter.progress(name, file.length) as progress,
            downloaded(file, progress) as archive,
            lake.writer(str(year)) as pipeline,
        ):
            parsed = parse(archive, name, year)
            line.rows, line.refused = sum(parsed.rows.values()), parsed.refused.num_rows
            line.new_columns = parsed.new_columns
            piece = {"version": file.version, "lignes": line.rows, "membres": parsed.members}
            lost = _losses(held, piece, settings.max_shrink_percent)
            if lost and not options.accept:
                raise GuardError(f"{name} has {', '.join(lost)}")
            write(pipeline, qualite_eau(parsed, year, file, piece))
            note_fetch(connection, name, pipeline.state["sources"][SOURCE]["pieces"][name])


def _newer(year: int, listed: RemoteFile, held: dict[str, Any] | None) -> RemoteFile | None:
    """Return the zip as its headers describe it, None when the lake holds that version or the year is settled."""
    if held and year < datetime.now(UTC).year - REPLACED_YEARS:
        return None
    file = with_headers(listed)
    return None if held and held["version"] == file.version else file


def _losses(held: dict[str, Any] | None, new: dict[str, Any], max_shrink_percent: float) -> list[str]:
    """Say what each member lacks; the lengths of two zips say nothing of their lines."""
    return [
        f"in {table} {loss}"
        for table, member in new["membres"].items()
        for loss in losses(table, held and held["membres"].get(table), member, max_shrink_percent)
    ]


@dlt.source(name=SOURCE)
def qualite_eau(parsed: ParsedYear, year: int, file: RemoteFile, piece: dict[str, Any]) -> Iterator[DltResource]:
    """One year as five tables: its three members, the lines refused, and the record of the reading."""
    for table, paths in parsed.files.items():
        yield dlt.resource(imported(paths), name=table, write_disposition="append")

    @dlt.resource(name="rejet", write_disposition="append")
    def refused() -> Iterator[pa.Table]:
        package = load_package_state()["load_id"]
        nom = pa.array([file.name] * parsed.refused.num_rows, pa.string())
        paquet = pa.array([package] * parsed.refused.num_rows, pa.string())
        yield parsed.refused.add_column(0, "nom_du_fichier", nom).add_column(0, "paquet", paquet)

    @dlt.resource(name="lecture", write_disposition="append")
    def reading() -> Iterator[pa.Table]:
        package = load_package_state()["load_id"]
        record = {
            "paquet": package,
            "nom_du_fichier": file.name,
            "url": file.url,
            "modifie_le": file.modified,
            "longueur": file.length,
            "etag": file.etag,
            "annee": year,
            **parsed.rows,
            "refusees": parsed.refused.num_rows,
            "colonnes_nouvelles": ",".join(parsed.new_columns),
            "lu_le": datetime.now(UTC),
        }
        dlt.current.source_state().setdefault("pieces", {})[file.name] = {"paquet": package, **piece}
        yield pa.Table.from_pylist([record], schema=READING)

    yield from (refused, reading)
