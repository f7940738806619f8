"""The records of Hub'Eau's hydrometrie, the measures of sensors: their fields and types, and what cannot be kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa

from ingestion.sources.niveaux_nappes import UNREADABLE

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
REJET = pa.schema([(name, pa.string()) for name in ("code_capteur", "objet", "reference", "motif", "texte")])
SITE_LENGTH = 8  # a site's code; a station's has two more
# As they are published: an instant of 1800 to 2199, in UTC.
_INSTANT = (
    r"CASE WHEN regexp_full_match({0}, '(18|19|20|21)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z') "
    "THEN try_strptime(left({0}, 19), '%Y-%m-%dT%H:%M:%S') END"
)


@dataclass(frozen=True)
class Measures:
    """A kind of measure in the terms of DuckDB: its operation, the sensor's code, the field of its instant, when a
    record is refused beyond that, what tells it from others of the same instant, and which come along unasked.
    """

    operation: str
    code: str
    instant: str
    checks: str
    detail: str = "NULL"
    unasked: str = "false"


# The sensor is the station, or the site where a flow belongs to no station. The answer of a site holds the rows of its
# stations as well: those are read with their station, when it is followed.
OBSERVATIONS = Measures(
    "observations_tr",
    code="coalesce(code_station, code_site)",
    instant="date_obs",
    checks="""WHEN grandeur_hydro IS NULL OR grandeur_hydro NOT IN ('H', 'Q') THEN 'grandeur_hydro unknown'
        WHEN resultat_obs IS NULL THEN 'resultat_obs missing'""",
    detail="grandeur_hydro",
    unasked="code_station IS NOT NULL AND code_site IN (SELECT code FROM asked)",
)
CHRONIQUES_TR = Measures(
    "chroniques_tr",
    code="code_bss",
    instant="date_mesure",
    checks="WHEN niveau_eau_ngf IS NULL AND profondeur_nappe IS NULL THEN 'no level and no depth'",
)


def typed_measures(rows: pa.Table, asked: list[str], kind: Measures, now: datetime) -> tuple[pa.Table, pa.Table]:
    """Give measures a sensor's code (code_capteur) and a real instant; return them, and those that cannot be kept
    (schema REJET), with the reason. `now` is the provider's: a value of another day to come is a wrong clock's.
    """
    unreadable = UNREADABLE if UNREADABLE in rows.column_names else "NULL::VARCHAR"
    with duckdb.connect() as db:
        db.register("published", rows)
        db.register("asked", pa.table({"code": pa.array(asked, pa.string())}))
        db.execute(
            f"""CREATE VIEW judged AS SELECT *, {unreadable} AS illisible, CASE
                WHEN illisible IS NOT NULL THEN 'value of another type'
                WHEN code_capteur IS NULL THEN 'code of the sensor missing'
                WHEN code_capteur NOT IN (SELECT code FROM asked) THEN 'sensor not asked for'
                WHEN instant_lu IS NULL THEN '{kind.instant} unreadable'
                WHEN instant_lu > TIMESTAMP '{now + timedelta(1):%Y-%m-%d %H:%M:%S}' THEN '{kind.instant} in the future'
                {kind.checks} END AS motif
            FROM (
                SELECT *, {kind.code} AS code_capteur, {_INSTANT.format(kind.instant)} AS instant_lu,
                    to_json(published)::VARCHAR AS texte
                FROM published
            ) WHERE coalesce(code_capteur IN (SELECT code FROM asked), true) OR NOT coalesce({kind.unasked}, false)"""
        )
        columns = ", ".join(f'"{name}"' for name in rows.column_names if name not in (UNREADABLE, kind.instant))
        kept = db.sql(
            f"SELECT {columns}, instant_lu AS {kind.instant}, code_capteur FROM judged WHERE motif IS NULL"
        ).to_arrow_table()
        refused = db.sql(
            f"""SELECT code_capteur, '{kind.operation}' AS objet,
                concat_ws(' ', code_capteur, {kind.detail}, {kind.instant}) AS reference, motif,
                coalesce(illisible, texte) AS texte FROM judged WHERE motif IS NOT NULL"""
        ).to_arrow_table()
    utc = kept[kind.instant].cast(pa.timestamp("us", "UTC"))
    return kept.set_column(kept.schema.get_field_index(kind.instant), kind.instant, utc), refused.cast(REJET)


def typed_stations_hydro(rows: pa.Table, followed: list[str]) -> tuple[pa.Table, pa.Table]:
    """Return the stations and sites followed, a row each, with their code (code_capteur): a site has the row of its
    first station. And the rows refused for want of a code (schema REJET).
    """
    with duckdb.connect() as db:
        db.register("published", rows)
        db.register("followed", pa.table({"code": pa.array(followed, pa.string())}))
        kept = db.sql(
            """SELECT *, code_station AS code_capteur FROM published WHERE code_station IN (SELECT code FROM followed)
            QUALIFY row_number() OVER (PARTITION BY code_station) = 1
            UNION ALL
            SELECT *, code_site FROM published WHERE code_site IN (SELECT code FROM followed)
            QUALIFY row_number() OVER (PARTITION BY code_site ORDER BY code_station) = 1
            ORDER BY code_capteur"""
        ).to_arrow_table()
        refused = db.sql(
            """SELECT NULL::VARCHAR AS code_capteur, 'stations' AS objet, coalesce(code_site, '') AS reference,
                'code_station missing' AS motif, to_json(published)::VARCHAR AS texte
            FROM published WHERE code_station IS NULL"""
        ).to_arrow_table()
    return kept, refused.cast(REJET)
