"""Drinking water, the results of its sanitary control (data.gouv.fr): a zip a year."""

import re
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from ingestion.control.followed import files, unlist_files
from ingestion.errors import SourceError
from ingestion.providers.data_gouv import RemoteFile
from ingestion.settings import Settings
from ingestion.sources.qualite_eau.yearly_zip import COLUMNS, REFUSED, parse
from ingestion.sources.source import INSTANT, SAME_FILE, Collecting, FileSource, Parsed, RawTable, texts

_NAME = re.compile(r"dis-(\d{4})\.zip")


def wanted_years(run: Collecting) -> Iterable[RemoteFile]:
    """Return the zips of the years collected: those of the settings, noted in control.source_fichier, and those an
    operator added there.
    """
    with run.connection.transaction():
        unlist_files(run.connection, "qualite_eau")
        for year, resource in run.settings.qualite_eau_resources.items():
            run.resource("qualite_eau", f"dis-{year}.zip", resource, year)
    for name, url, _ in files(run.connection, "qualite_eau"):
        if _year(name) >= run.settings.qualite_eau_start_year:
            yield RemoteFile(name, url)


def _year(name: str) -> int:
    if not (found := _NAME.fullmatch(name)):
        raise SourceError(f"control.source_fichier: {name} is not the name of a year of drinking water, dis-<year>.zip")
    return int(found[1])


def read_year(archive: Path, file: RemoteFile, settings: Settings) -> Parsed:
    """Read the zip of a year: its three members, and the lines refused."""
    year = _year(file.name)
    parsed = parse(archive, file.name, year)
    return Parsed(
        tables=dict(parsed.files),
        rows=sum(parsed.rows.values()),
        refused=parsed.refused,
        figures={"membres": parsed.members},
        reading={"annee": year, **parsed.rows},
        new_columns=parsed.new_columns,
    )


SOURCE = FileSource(
    domain="qualite_eau",
    folder="donnees-qualite-eau/bronze",
    producers="the regional health agencies (ARS) and the Ministère chargé de la Santé, through data.gouv.fr",
    tables={
        **{
            table: RawTable(
                pa.schema([*texts(*columns), ("annee", pa.int64()), ("nom_du_fichier", pa.string())]),
                SAME_FILE,
                index=("nom_du_fichier",),
            )
            for table, columns in COLUMNS.items()
        },
        "rejet": RawTable(pa.schema([*texts("paquet", "nom_du_fichier"), *REFUSED])),
        "lecture": RawTable(
            pa.schema(
                {
                    **dict.fromkeys(("paquet", "nom_du_fichier", "url"), pa.string()),
                    "modifie_le": INSTANT,
                    "longueur": pa.int64(),
                    "etag": pa.string(),
                    **dict.fromkeys(("annee", *COLUMNS, "refusees"), pa.int64()),
                    "colonnes_nouvelles": pa.string(),
                    "lu_le": INSTANT,
                }
            )
        ),
    },
    wanted=wanted_years,
    parse=read_year,
    partition=lambda file: str(_year(file.name)),
)
