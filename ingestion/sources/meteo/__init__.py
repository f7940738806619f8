"""SIM2, the daily weather grid of Météo-France (data.gouv.fr): a csv.gz a year, and `latest` for the present one."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingestion.control.followed import files, list_file, unlist_files
from ingestion.errors import SourceError
from ingestion.providers.data_gouv import RemoteFile, list_files
from ingestion.settings import Settings
from ingestion.sources.coordinates import LAMBERT2, LAMBERT93, WGS84, convert
from ingestion.sources.meteo.sim2_csv import REFUSED, VARIABLES, Selection, parse
from ingestion.sources.source import INSTANT, SAME_FILE, Collecting, FileSource, Keyed, Parsed, RawTable

DATASET_ID = "6569b27598256cc583c917a7"
_NAME = re.compile(r"QUOT_SIM2_(?P<period>(?P<start>\d{4})(-(?P<end>\d{4}))?|latest|previous-\d{4})[-\d]*\.csv\.gz")
COORDINATES = ("x_lambert2", "y_lambert2", "x_lambert93", "y_lambert93", "longitude", "latitude")


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

    @property
    def years(self) -> tuple[int, int] | None:
        """First and last year of its lines; None when the file grows."""
        return (self.first_year, self.last_year) if self.first_year and self.last_year else None


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


def _known_period(name: str) -> Period:
    period = period_of(name)
    if period is None:
        raise SourceError(f"control.source_fichier: {name} is not the name of a SIM2 daily file, QUOT_SIM2_….csv.gz")
    return period


def wanted_files(run: Collecting) -> Iterable[RemoteFile]:
    """Return the daily files that reach into the years collected: those of the dataset, noted in
    control.source_fichier, and those an operator added there.

    Raises SourceError when the dataset holds none: its naming has changed.
    """
    listed = list_files(run.settings.data_gouv_url, DATASET_ID, lambda name: period_of(name) is not None)
    if not listed:
        raise SourceError(
            f"dataset {DATASET_ID} at {run.settings.data_gouv_url} lists no file QUOT_SIM2_*.csv.gz; "
            "its naming may have changed"
        )
    by_name: dict[str, RemoteFile] = {}
    with run.connection.transaction():
        unlist_files(run.connection, "meteo")
        for file in listed:
            period = _known_period(file.name)
            by_name[period.file_name] = replace(file, name=period.file_name)
            list_file(run.connection, "meteo", period.file_name, file.url, period.last_year)
    for name, url, last_year in files(run.connection, "meteo"):
        if last_year is None or last_year >= run.settings.meteo_start_year:
            yield by_name.get(name, RemoteFile(name, url))


def read_file(archive: Path, file: RemoteFile, settings: Settings) -> Parsed:
    """Read a daily file: its lines, its cells, and the lines refused."""
    period = _known_period(file.name)
    parsed = parse(archive, file.name, Selection(period.years, settings.meteo_start_year, settings.meteo_bbox))
    return Parsed(
        tables={"sim2": parsed.files, "maille": locate(parsed.cells)},
        rows=parsed.rows,
        refused=parsed.refused,
        figures=parsed.figures,
        reading={"mailles": parsed.cells.num_rows, "date_min": parsed.first_day, "date_max": parsed.last_day},
        new_columns=parsed.new_columns,
    )


def selection(settings: Settings) -> dict[str, Any]:
    """Return what of the settings chooses the lines of a file."""
    return {"annee_debut": settings.meteo_start_year, "emprise": settings.meteo_bbox and list(settings.meteo_bbox)}


def locate(cells: pa.Table) -> pa.Table:
    """Add to cells (lambx, lamby in hectometres of Lambert II étendu) their coordinates in the other systems."""
    x, y = (pa.compute.multiply(cells[name].combine_chunks(), 100) for name in ("lambx", "lamby"))
    columns = {"x_lambert2": x.cast(pa.float64()), "y_lambert2": y.cast(pa.float64())}
    columns["x_lambert93"], columns["y_lambert93"] = convert(x, y, LAMBERT2, LAMBERT93)
    columns["longitude"], columns["latitude"] = convert(x, y, LAMBERT2, WGS84)
    return pa.table({"lambx": cells["lambx"], "lamby": cells["lamby"], **columns})


_CELL = dict.fromkeys(("lambx", "lamby"), pa.int64())
SOURCE = FileSource(
    domain="meteo",
    folder="donnees-meteo/quotidien",
    producers="Météo-France, SIM2, through data.gouv.fr",
    state="sim2",
    tables={
        "sim2": RawTable(
            pa.schema(
                _CELL | {"date": pa.date32(), **dict.fromkeys(VARIABLES, pa.float64()), "nom_du_fichier": pa.string()}
            ),
            SAME_FILE,
            index=("nom_du_fichier",),
        ),
        "maille": RawTable(pa.schema(_CELL | dict.fromkeys(COORDINATES, pa.float64())), Keyed(("lambx", "lamby"))),
        "rejet": RawTable(pa.schema([("paquet", pa.string()), ("nom_du_fichier", pa.string()), *REFUSED])),
        "lecture": RawTable(
            pa.schema(
                {
                    **dict.fromkeys(("paquet", "nom_du_fichier", "url"), pa.string()),
                    "modifie_le": INSTANT,
                    "longueur": pa.int64(),
                    "etag": pa.string(),
                    **dict.fromkeys(("lignes", "refusees", "mailles"), pa.int64()),
                    **dict.fromkeys(("date_min", "date_max"), pa.date32()),
                    "lu_le": INSTANT,
                    "colonnes_nouvelles": pa.string(),
                }
            )
        ),
    },
    wanted=wanted_files,
    parse=read_file,
    partition=lambda file: _known_period(file.name).label,
    selection=selection,
)
