"""The records of Hub'Eau's niveaux_nappes: their fields and types, and what of an answer cannot be kept."""

import io
import json

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as pj

from ingestion.sources.coordinates import LAMBERT2, WGS84, convert

STATION = pa.struct(
    [(name, pa.string()) for name in ("code_bss", "urn_bss", "date_debut_mesure", "date_fin_mesure")]
    + [(name, pa.string()) for name in ("code_commune_insee", "nom_commune")]
    + [("x", pa.float64()), ("y", pa.float64())]
    + [(name, pa.list_(pa.string())) for name in ("codes_bdlisa", "urns_bdlisa")]
    + [("bss_id", pa.string()), ("altitude_station", pa.string()), ("nb_mesures_piezo", pa.int64())]
    + [(name, pa.string()) for name in ("code_departement", "nom_departement", "libelle_pe")]
    + [("profondeur_investigation", pa.float64())]
    + [(name, pa.list_(pa.string())) for name in ("codes_masse_eau_edl", "noms_masse_eau_edl", "urns_masse_eau_edl")]
    + [("date_maj", pa.string())]
)
CHRONIQUE = pa.struct(
    [(name, pa.string()) for name in ("code_bss", "urn_bss", "date_mesure")]
    + [("timestamp_mesure", pa.int64()), ("niveau_nappe_eau", pa.float64()), ("profondeur_nappe", pa.float64())]
    + [
        (name, pa.string())
        for name in (
            "mode_obtention",
            "statut",
            "qualification",
            "code_continuite",
            "nom_continuite",
            "code_producteur",
            "nom_producteur",
            "code_nature_mesure",
            "nom_nature_mesure",
        )
    ]
)
CHRONIQUE_TR = pa.struct(
    [(name, pa.string()) for name in ("code_bss", "bss_id", "urn_bss")]
    + [(name, pa.float64()) for name in ("longitude", "latitude", "altitude_station", "altitude_repere")]
    + [("date_mesure", pa.string()), ("timestamp_mesure", pa.int64())]
    + [(name, pa.float64()) for name in ("niveau_eau_ngf", "profondeur_nappe")]
    + [("date_maj", pa.string())]
)
STATION_TYPES = {
    **dict.fromkeys(("date_debut_mesure", "date_fin_mesure"), pa.date32()),
    **dict.fromkeys(("date_maj", "lu_le"), pa.timestamp("us", "UTC")),
    **dict.fromkeys(("x_lambert2", "y_lambert2"), pa.float64()),
}
REJET = pa.schema([(name, pa.string()) for name in ("code_bss", "objet", "reference", "motif", "texte")])
CODES = pa.schema([(name, pa.string()) for name in ("entite", "code", "nom")])
UNREADABLE = "enregistrement_illisible"
# Milliseconds of the years 1800 to 2200: a measure outside is a mistake, and PostgreSQL's instants end somewhere.
FIRST_INSTANT, LAST_INSTANT = -5_364_662_400_000, 7_258_118_400_000

_REASON = f"""CASE
    WHEN {UNREADABLE} IS NOT NULL THEN 'value of another type'
    WHEN code_bss IS NULL THEN 'code_bss missing'
    WHEN code_bss NOT IN (SELECT code FROM asked) THEN 'station not asked for'
    WHEN jour IS NULL THEN 'date_mesure unreadable'
    ELSE 'timestamp_mesure out of range'
END"""
# A day as it is published: DuckDB's cast alone takes other forms.
DAY = r"CASE WHEN regexp_full_match({0}, '\d{{4}}-\d{{2}}-\d{{2}}') THEN TRY_CAST({0} AS DATE) END"


def read_envelope(body: bytes, record: pa.StructType) -> pa.Table:
    """Read an envelope; the fields of the record have its types, and new ones are inferred."""
    schema = pa.schema([("count", pa.int64()), ("next", pa.string()), ("data", pa.list_(record))])
    return pj.read_json(
        io.BytesIO(body),
        read_options=pj.ReadOptions(use_threads=False, block_size=len(body) + 1),
        parse_options=pj.ParseOptions(
            explicit_schema=schema, newlines_in_values=True, unexpected_field_behavior="infer"
        ),
    )


def read_as_text(body: bytes, record: pa.StructType) -> tuple[int, str | None, pa.Table]:
    """Read an envelope whose fields have other types: a value that cannot be one of the type is null. Return its
    count, the address of the next page, and its records.

    The record such a value stands in is kept as text in the column `UNREADABLE`, for which it is refused.
    """
    nested = {field.name for field in record if pa.types.is_list(field.type)}
    texts = json.dumps([{field.name: ["VARCHAR"] if field.name in nested else "VARCHAR" for field in record}])
    types = {"double": "DOUBLE", "int64": "BIGINT", "bool": "BOOLEAN"}
    casts = {f.name: f'TRY_CAST(r."{f.name}" AS {types[str(f.type)]})' for f in record if str(f.type) in types}
    columns = ", ".join(f'{casts.get(f.name, f"r.{f.name}")} AS "{f.name}"' for f in record)
    failed = " OR ".join(f'(r."{name}" IS NOT NULL AND {cast} IS NULL)' for name, cast in casts.items())
    query = f"""SELECT {columns}, CASE WHEN {failed} THEN to_json(r)::VARCHAR END AS {UNREADABLE}
        FROM (SELECT unnest(from_json(json_extract($body::JSON, '$.data'), $texts)) AS r)"""
    with duckdb.connect() as db:
        rows = db.sql(query, params={"body": body.decode(), "texts": texts}).to_arrow_table()
    envelope = json.loads(body)
    return envelope["count"], envelope.get("next"), rows


def new_fields_as_text(rows: pa.Table, record: pa.StructType) -> pa.Table:
    """Write lists and structures as JSON text, and fields the provider added as text whatever their type: the type of
    a new field is not known from one answer.
    """
    known = {field.name for field in record}
    casts = []
    for field in rows.schema:
        if pa.types.is_nested(field.type):
            casts.append(f'to_json("{field.name}")::VARCHAR AS "{field.name}"')
        elif field.name not in known or pa.types.is_null(field.type):
            casts.append(f'"{field.name}"::VARCHAR AS "{field.name}"')
    if not casts:
        return rows
    with duckdb.connect() as db:
        db.register("rows", rows)
        return db.sql(f"SELECT * REPLACE ({', '.join(casts)}) FROM rows").to_arrow_table()


def stored(record: pa.StructType, **typed: pa.DataType) -> pa.Schema:
    """Return the columns of a record's raw table: nested fields as text, and `typed` in place of theirs or added."""
    types = {field.name: pa.string() if pa.types.is_nested(field.type) else field.type for field in record}
    return pa.schema(types | typed)


def typed_stations(rows: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Give stations their types: dates, an instant of update, Lambert II étendu metres; return them, and those
    refused for want of a code (schema REJET). A date that cannot be read is null: the station is kept.
    """
    with duckdb.connect() as db:
        db.register("rows", rows)
        days = ", ".join(f"{DAY.format(name)} AS {name}" for name in ("date_debut_mesure", "date_fin_mesure"))
        kept = db.sql(f"SELECT * REPLACE ({days}) FROM rows WHERE code_bss IS NOT NULL").to_arrow_table()
        refused = db.sql(
            "SELECT code_bss, 'stations' AS objet, coalesce(bss_id, '') AS reference, 'code_bss missing' AS motif, "
            "to_json(rows)::VARCHAR AS texte FROM rows WHERE code_bss IS NULL"
        ).to_arrow_table()
    updated = _instant_of_update(kept["date_maj"])
    kept = kept.set_column(kept.schema.get_field_index("date_maj"), "date_maj", updated)
    x, y = convert(kept["x"].combine_chunks(), kept["y"].combine_chunks(), WGS84, LAMBERT2)
    return kept.append_column("x_lambert2", x).append_column("y_lambert2", y), refused.cast(REJET)


def typed_chroniques(rows: pa.Table, asked: list[str]) -> tuple[pa.Table, pa.Table]:
    """Give measures a real date; return them, and those that cannot be kept (schema REJET), with the reason."""
    days = pc.strptime(rows["date_mesure"], format="%Y-%m-%d", unit="s", error_is_null=True).cast(pa.date32())
    # strptime makes 1 March of 30 February: a day is right when it is written as it was read.
    right = pc.equal(days.cast(pa.string()), rows["date_mesure"])
    right = pc.and_(right, pc.is_in(rows["code_bss"], pa.array(asked, pa.string())))
    instant = rows["timestamp_mesure"]
    plausible = pc.and_(pc.greater_equal(instant, FIRST_INSTANT), pc.less_equal(instant, LAST_INSTANT))
    right = pc.fill_null(pc.and_(right, pc.fill_null(plausible, True)), False)
    if UNREADABLE in rows.column_names:
        right = pc.and_(right, rows[UNREADABLE].is_null())
    kept = rows.set_column(rows.schema.get_field_index("date_mesure"), "date_mesure", days).filter(right)
    refused = _refusals(rows.filter(pc.invert(right)), asked)
    return kept.select([name for name in kept.column_names if name != UNREADABLE]), refused


def _refusals(rows: pa.Table, asked: list[str]) -> pa.Table:
    if not rows.num_rows:
        return REJET.empty_table()
    if UNREADABLE not in rows.column_names:
        rows = rows.append_column(UNREADABLE, pa.nulls(rows.num_rows, pa.string()))
    with duckdb.connect() as db:
        db.register("rows", rows)
        db.register("asked", pa.table({"code": pa.array(asked, pa.string())}))
        dated = f"SELECT *, {DAY.format('date_mesure')} AS jour FROM rows"
        refused = db.sql(
            f"""SELECT code_bss, 'chroniques' AS objet, concat_ws(' ', code_bss, date_mesure) AS reference,
            {_REASON} AS motif, coalesce({UNREADABLE}, to_json(dated)::VARCHAR) AS texte FROM ({dated}) AS dated"""
        ).to_arrow_table()
    return refused.cast(REJET)


def codes(rows: pa.Table) -> pa.Table:
    """Return the codes that measures carry, each with every name it has there (schema CODES)."""
    found = []
    for name in ("nature_mesure", "continuite", "producteur"):
        pairs = rows.group_by([f"code_{name}", f"nom_{name}"]).aggregate([])
        pairs = pairs.filter(pc.fill_null(pc.not_equal(pairs[f"code_{name}"], ""), False))
        entity = pa.array([name] * pairs.num_rows, pa.string())
        found.append(pa.table([entity, *pairs.columns], schema=CODES))
    return pa.concat_tables(found)


def _instant_of_update(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Read `Fri Jun 28 07:31:38 CEST 2024` as an instant; anything else is null."""
    parts = pc.extract_regex(text, r"^\w{3} (?P<day>\w{3} +\d+ [\d:]+) (?P<zone>CEST|CET|UTC|GMT) (?P<year>\d{4})$")
    moment = pc.binary_join_element_wise(pc.struct_field(parts, "day"), pc.struct_field(parts, "year"), " ")
    local = pc.strptime(moment, format="%b %d %H:%M:%S %Y", unit="us", error_is_null=True)
    zone = pc.struct_field(parts, "zone")
    hours = pc.if_else(pc.equal(zone, "CEST"), 2, pc.if_else(pc.equal(zone, "CET"), 1, 0))
    seconds = pc.multiply(hours, 3600).cast(pa.duration("s"))
    return pc.subtract(local, seconds.cast(pa.duration("us"))).cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
