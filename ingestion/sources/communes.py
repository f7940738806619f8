"""The communes of France: a csv of data.gouv.fr, or an operator's PostgreSQL table of the same columns."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dlt
import duckdb
import psycopg
import pyarrow as pa
import sqlalchemy
from dlt.common.storages.load_package import load_package_state
from dlt.extract import DltResource
from dlt.sources.sql_database import sql_table

from ingestion.control import list_file, note_fetch
from ingestion.errors import GuardError, SourceError
from ingestion.guards import losses
from ingestion.lake import known_pieces, open_lake, write
from ingestion.report import Collected, Options, Reporter
from ingestion.settings import PREFIX, Settings
from ingestion.sources import csv_stream
from ingestion.sources.data_gouv import RemoteFile, downloaded, with_headers

SOURCE = "communes"
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
REJET = pa.schema([(name, pa.string()) for name in ("motif", "reference", "texte")])
READING = pa.schema(
    {
        "paquet": pa.string(),
        "url": pa.string(),
        "modifie_le": pa.timestamp("us", "UTC"),
        "lignes": pa.int64(),
        "refusees": pa.int64(),
        "colonnes_nouvelles": pa.string(),
        "lu_le": pa.timestamp("us", "UTC"),
    }
)
# The raw tables, before anything is collected.
TABLES = {
    "communes": pa.schema(
        [(name, pa.float64() if name in NUMBERS else pa.string()) for name in COLUMNS] + [("paquet", pa.string())]
    ),
    "rejet": pa.schema([*REJET, ("paquet", pa.string())]),
    "lecture": READING,
}


@dataclass(frozen=True)
class Communes:
    """The list as it was read: the communes, typed; what was refused (schema REJET); columns unknown so far."""

    rows: pa.Table
    refused: pa.Table
    new_columns: tuple[str, ...]


def collect(settings: Settings, connection: psycopg.Connection, options: Options, reporter: Reporter) -> None:
    """Bring the list to the lake when it is new."""
    lake = open_lake(settings, "communes")
    with lake.writer(str(datetime.now(UTC).year)) as pipeline, reporter.timed(Collected("communes", NAME)) as line:
        held = known_pieces(pipeline, SOURCE, lake).get(NAME)
        if settings.communes_database_url:
            line.piece, file = TABLE, RemoteFile(TABLE, TABLE)
            found = typed(read_table(settings.communes_database_url))
            version: dict[str, Any] = {"empreinte": fingerprint(found.rows)}
        else:
            url = f"{settings.data_gouv_url}/fr/datasets/r/{settings.communes_resource}"
            list_file(connection, "communes", NAME, url, None)
            file = with_headers(RemoteFile(NAME, url))
            version = file.version
        if held and held["version"] == version and not options.full:
            line.unchanged = True
        else:
            if not settings.communes_database_url:
                with reporter.progress(NAME, file.length) as progress, downloaded(file, progress) as path:
                    found = typed(read_csv(path))
            piece = {"version": version, "lignes": found.rows.num_rows, "refusees": found.refused.num_rows}
            lost = losses(NAME, held, piece, settings.max_shrink_percent)
            if lost and not options.accept:
                raise GuardError(f"{line.piece} has {', '.join(lost)}")
            write(pipeline, communes(found, file, piece))
            line.rows, line.refused, line.new_columns = found.rows.num_rows, found.refused.num_rows, found.new_columns
        if not settings.communes_database_url:
            note_fetch(connection, NAME, pipeline.state["sources"][SOURCE]["pieces"][NAME])


def read_csv(path: Path) -> pa.Table:
    """Read the published csv: its columns as text, in its order.

    Raises SourceError for a file that is not UTF-8, lacks a column, or has a line that cannot be read.
    """
    with path.open("rb") as source, duckdb.connect() as db:
        columns, end = csv_stream.read_header(source, NAME)
        csv_stream.check_columns([name for name in columns if name], _NEEDED, NAME)
        names = [name if name not in _UNNAMED else "numero_de_ligne" for name in columns]
        with csv_stream.csv_errors(NAME), csv_stream.fed(source) as stream:
            rows = db.sql(f"SELECT * FROM {csv_stream.lines(stream, names, end)}").to_arrow_table()
        refused = csv_stream.refused_lines(db, NAME, rows.num_rows)
    if refused.num_rows:  # a list this short has no line to spare
        line = refused.slice(0, 1).to_pylist()[0]
        raise SourceError(f"{NAME}: line {line['ligne']} cannot be read ({line['motif']}); the file was not kept")
    return rows.drop_columns([name for name in names if name == "numero_de_ligne"])


def read_table(url: str) -> pa.Table:
    """Read the operator's table: its columns as text.

    Raises SourceError, without the URL, when it cannot be read or lacks a column.
    """
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
    """Give texts their types; a code that is none, or that stands twice, is refused, and so is a number that is none,
    in whose place stands null.
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
    return Communes(kept, pa.concat_tables([table.cast(REJET) for table in refused]), new)


def _column(name: str, present: list[str]) -> str:
    kind = "DOUBLE" if name in NUMBERS else "VARCHAR"
    return f"TRY_CAST({name} AS {kind}) AS {name}" if name in present else f"NULL::{kind} AS {name}"


def fingerprint(rows: pa.Table) -> str:
    """Return a number that changes when any value does, whatever the order of the rows."""
    with duckdb.connect() as db:
        db.register("rows", rows)
        return str(db.sql("SELECT sum(hash(rows)::HUGEINT)::VARCHAR FROM rows").fetchall()[0][0])


@dlt.source(name=SOURCE)
def communes(found: Communes, file: RemoteFile, piece: dict[str, Any]) -> DltResource:
    """The list as three tables: the communes, what was refused, and the record of the reading."""

    @dlt.resource(name="communes", write_disposition="append")
    def tables() -> Iterator[Any]:
        package = load_package_state()["load_id"]
        record = {
            "paquet": package,
            "url": file.url,
            "modifie_le": file.modified,
            "lignes": found.rows.num_rows,
            "refusees": found.refused.num_rows,
            "colonnes_nouvelles": ",".join(found.new_columns),
            "lu_le": datetime.now(UTC),
        }
        dlt.current.source_state().setdefault("pieces", {})[NAME] = {"paquet": package, **piece}
        for table, name in ((found.rows, "communes"), (found.refused, "rejet")):
            paquet = pa.array([package] * table.num_rows, pa.string())
            yield dlt.mark.with_table_name(table.append_column("paquet", paquet), name)
        yield dlt.mark.with_table_name(pa.Table.from_pylist([record], schema=READING), "lecture")

    return tables
