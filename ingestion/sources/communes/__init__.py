"""The communes of France: a csv of data.gouv.fr, or an operator's PostgreSQL table of the same columns."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingestion.errors import SourceError
from ingestion.providers.data_gouv import RemoteFile
from ingestion.settings import PREFIX, Settings
from ingestion.sources import csv_stream
from ingestion.sources.fingerprint import fingerprint, is_fingerprint
from ingestion.sources.source import RECORDS, Collecting, FileSource, Keyed, Parsed, RawTable, texts

NAME = "communes-france.csv"  # of the piece: the provider's own changes with the year
TABLE = "communes_france_2025"
# As published, behind a first column without a name (the rows' number), which is not kept.
COLUMNS: tuple[str, ...] = (
    "code_insee", "nom_standard", "nom_sans_pronom", "nom_a", "nom_de", "nom_sans_accent", "nom_standard_majuscule",
    "typecom", "typecom_texte", "reg_code", "reg_nom", "dep_code", "dep_nom", "canton_code", "canton_nom", "epci_code",
    "epci_nom", "academie_code", "academie_nom", "code_postal", "codes_postaux", "zone_emploi",
    "code_insee_centre_zone_emploi", "code_unite_urbaine", "nom_unite_urbaine", "taille_unite_urbaine",
    "type_commune_unite_urbaine", "statut_commune_unite_urbaine", "population", "superficie_hectare", "superficie_km2",
    "densite", "altitude_moyenne", "altitude_minimale", "altitude_maximale", "latitude_mairie", "longitude_mairie",
    "latitude_centre", "longitude_centre", "grille_densite", "grille_densite_texte", "niveau_equipements_services",
    "niveau_equipements_services_texte", "gentile", "url_wikipedia", "url_villedereve",
)  # fmt: skip
# Integers may be written `53.0`.
NUMBERS = frozenset((
    "taille_unite_urbaine", "population", "superficie_hectare", "superficie_km2", "densite", "altitude_moyenne",
    "altitude_minimale", "altitude_maximale", "latitude_mairie", "longitude_mairie", "latitude_centre",
    "longitude_centre", "grille_densite", "niveau_equipements_services",
))  # fmt: skip
_NEEDED = (
    "code_insee", "nom_standard", "dep_code", "dep_nom", "reg_code", "reg_nom", "codes_postaux", "population",
    "superficie_km2", "latitude_mairie", "longitude_mairie", "latitude_centre", "longitude_centre",
)  # fmt: skip
_UNNAMED = ("", "unnamed: 0", "index")  # what a csv and a table made of it call the rows' number

_CODE = "regexp_full_match(code_insee, '[0-9][0-9AB][0-9]{3}')"
_CODE_FAULTS = f"""
    SELECT CASE WHEN code_insee IS NULL THEN 'code_insee missing' WHEN NOT {_CODE} THEN 'code_insee unreadable'
            ELSE 'code_insee repeated' END AS motif,
        code_insee AS reference, to_json(rows)::VARCHAR AS texte
    FROM rows WHERE code_insee IS NULL OR NOT {_CODE}
        OR code_insee IN (SELECT code_insee FROM rows GROUP BY code_insee HAVING count(*) > 1)
"""
REFUSED = texts("motif", "reference", "texte")


@dataclass(frozen=True)
class Communes:
    """The list as it was read: the communes, typed; what was refused (schema REFUSED); columns unknown so far."""

    rows: pa.Table
    refused: pa.Table
    new_columns: tuple[str, ...]


@dataclass(frozen=True)
class OperatorsTable(RemoteFile):
    """The list in an operator's database: read to be compared, so it comes with its rows. Its version is their
    fingerprint.
    """

    found: Communes | None = None

    @property
    def label(self) -> str:
        """Name in reports."""
        return TABLE

    @property
    def version(self) -> dict[str, Any]:
        """What the lake remembers of the table."""
        return {"empreinte": fingerprint(self.found.rows)} if self.found else {}

    def is_version(self, version: dict[str, Any]) -> bool:
        """Whether the rows are those that the lake remembers."""
        return self.found is not None and is_fingerprint(version.get("empreinte"), self.found.rows)

    def described(self) -> RemoteFile:
        """Return the table: it is read already."""
        return self

    def fetched(self, progress: Callable[[int], None] = lambda size: None) -> AbstractContextManager[Path]:
        """Download nothing."""
        return nullcontext(Path())


def wanted(run: Collecting) -> Iterable[RemoteFile]:
    """Return the list: the operator's table when the settings name a database, or else the csv."""
    if run.settings.communes_database_url:
        return [OperatorsTable(NAME, TABLE, found=typed(read_table(run.settings.communes_database_url)))]
    return [run.resource("communes", NAME, run.settings.communes_resource)]


def read(path: Path, file: RemoteFile, settings: Settings) -> Parsed:
    """Read the list: the communes, and what is refused."""
    found = file.found if isinstance(file, OperatorsTable) and file.found else typed(read_csv(path))
    return Parsed({"communes": found.rows}, found.rows.num_rows, found.refused, new_columns=found.new_columns)


def read_csv(path: Path) -> pa.Table:
    """Read the published csv: its columns as text, in its order, without the rows' number."""
    return csv_stream.read_texts(path, NAME, _NEEDED, left_out=_UNNAMED)


def read_table(url: str) -> pa.Table:
    """Read the operator's table: its columns as text.

    Raises SourceError, without the URL, when it cannot be read or lacks a column.
    """
    # Slow to import, and few read a database.
    import sqlalchemy  # noqa: PLC0415
    from dlt.sources.sql_database import sql_table  # noqa: PLC0415

    where = f"{PREFIX}COMMUNES_DATABASE_URL: table {TABLE}"
    try:
        table = sql_table(sqlalchemy.create_engine(url), TABLE, backend="pyarrow", reflection_level="minimal")
        parts = list(table)
    except Exception as error:
        raise SourceError(f"{where} cannot be read: {_reason(error)}") from None
    if not parts:
        raise SourceError(f"{where} is empty; nothing was kept")
    rows = pa.concat_tables(parts, promote_options="permissive")
    rows = rows.drop_columns([name for name in rows.column_names if name.lower() in _UNNAMED])
    csv_stream.check_columns([name.lower() for name in rows.column_names], _NEEDED, where)
    with duckdb.connect() as db:
        db.register("rows", rows)
        texts = ", ".join(f'"{name}"::VARCHAR AS "{name.lower()}"' for name in rows.column_names)
        return db.sql(f"SELECT {texts} FROM rows").to_arrow_table()


def _reason(error: BaseException) -> str:
    """Return the first line of what lies at the bottom of an error: the database's own words, without the URL."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def typed(rows: pa.Table) -> Communes:
    """Give texts their types. Rows with a missing, malformed or duplicate code are refused; an unreadable number is
    null, and reported.
    """
    present = [name for name in rows.column_names if name]
    new = tuple(name for name in present if name not in COLUMNS)
    with duckdb.connect() as db:
        db.register("rows", rows)
        columns = [_column(name, present) for name in COLUMNS] + [f'"{name}"' for name in new]
        refused = [db.sql(_CODE_FAULTS).to_arrow_table()]
        refused += [
            db.sql(
                f"""SELECT '{name} unreadable' AS motif, code_insee AS reference, "{name}" AS texte
                FROM rows WHERE "{name}" IS NOT NULL AND TRY_CAST("{name}" AS DOUBLE) IS NULL"""
            ).to_arrow_table()
            for name in sorted(NUMBERS & set(present))
        ]
        kept = db.sql(
            f"SELECT {', '.join(columns)} FROM rows WHERE {_CODE} "
            "QUALIFY count(*) OVER (PARTITION BY code_insee) = 1 ORDER BY code_insee"
        ).to_arrow_table()
    return Communes(kept, pa.concat_tables([table.cast(REFUSED) for table in refused]), new)


def _column(name: str, present: list[str]) -> str:
    kind = "DOUBLE" if name in NUMBERS else "VARCHAR"
    return f"TRY_CAST({name} AS {kind}) AS {name}" if name in present else f"NULL::{kind} AS {name}"


# A commune that left the list stays in the raw table, with the package that had it last.
SOURCE = FileSource(
    domain="communes",
    folder="donnees-ville/communes",
    producers="INSEE, IGN and others, communes-france-2025, through data.gouv.fr",
    tables={
        "communes": RawTable(
            pa.schema([(n, pa.float64() if n in NUMBERS else pa.string()) for n in (*COLUMNS, "paquet")]),
            Keyed(("code_insee",)),
        ),
        **RECORDS,
    },
    wanted=wanted,
    parse=read,
)
