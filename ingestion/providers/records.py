"""The records of Hub'Eau, niveaux_nappes and hydrometrie: their fields and types; an answer as an Arrow table."""

import io
import json

import duckdb
import pyarrow as pa
from pyarrow import json as pj

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
STATION_HYDRO = pa.struct(
    [(name, pa.string()) for name in ("code_site", "libelle_site", "code_station", "libelle_station", "type_station")]
    + [("coordonnee_x_station", pa.float64()), ("coordonnee_y_station", pa.float64()), ("code_projection", pa.int64())]
    + [("longitude_station", pa.float64()), ("latitude_station", pa.float64())]
    + [("influence_locale_station", pa.int64()), ("commentaire_station", pa.string())]
    + [("altitude_ref_alti_station", pa.float64()), ("code_systeme_alti_site", pa.int64())]
    + [(name, pa.string()) for name in ("code_commune_station", "libelle_commune", "code_departement", "code_region")]
    + [(name, pa.string()) for name in ("libelle_region", "code_cours_eau", "libelle_cours_eau", "uri_cours_eau")]
    + [(name, pa.string()) for name in ("descriptif_station", "date_maj_station", "date_ouverture_station")]
    + [("date_fermeture_station", pa.string()), ("commentaire_influence_locale_station", pa.string())]
    + [("code_regime_station", pa.int64()), ("qualification_donnees_station", pa.int64())]
    + [("code_finalite_station", pa.string()), ("type_contexte_loi_stat_station", pa.int64())]
    + [("type_loi_station", pa.int64()), ("code_sandre_reseau_station", pa.list_(pa.string()))]
    + [(f"date_{event}_ref_alti_station", pa.string()) for event in ("debut", "activation", "maj")]
    + [("libelle_departement", pa.string()), ("en_service", pa.bool_())]
)
OBSERVATION = pa.struct(
    [(name, pa.string()) for name in ("code_site", "code_station", "grandeur_hydro")]
    + [("date_debut_serie", pa.string()), ("date_fin_serie", pa.string()), ("code_systeme_alti_serie", pa.int64())]
    + [("date_obs", pa.string()), ("resultat_obs", pa.float64())]
    + [("code_methode_obs", pa.int64()), ("libelle_methode_obs", pa.string())]
    + [("code_qualification_obs", pa.int64()), ("libelle_qualification_obs", pa.string())]
    + [("longitude", pa.float64()), ("latitude", pa.float64())]
    + [("code_statut", pa.int64()), ("libelle_statut", pa.string())]
    + [("code_continuite", pa.int64()), ("libelle_continuite", pa.string())]
)
UNREADABLE = "enregistrement_illisible"


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
