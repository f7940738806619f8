"""The sensors: which are followed, and the description of their stations."""

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.control.followed import follow_sensors, followed_sensors
from ingestion.errors import SourceError
from ingestion.providers import hubeau
from ingestion.providers.hubeau import HubEau
from ingestion.sources.capteurs import questions
from ingestion.sources.capteurs.measures import REFUSED
from ingestion.sources.piezometrie.stations import typed_stations
from ingestion.sources.source import Collecting, Stations


def followed(run: Collecting, provider: HubEau) -> Stations:
    """Follow what the settings select, and return the stations of the sensors followed, as the provider describes them.

    Raises SourceError when the provider knows none of them.
    """
    hydro, piezo = _select(run, provider)
    codes = followed_sensors(run.connection)
    hydro, refused = typed_stations_hydro(hydro, codes)
    piezo, nameless = typed_stations(piezo.filter(pc.is_in(piezo["code_bss"], pa.array([*codes, None]))))
    described = {*hydro["code_capteur"].to_pylist(), *piezo["code_bss"].to_pylist()}
    if codes and not described:
        raise SourceError(
            f"{run.settings.hubeau_url} knows none of the sensors followed; see `hydrotheque sensors list`"
        )
    refused = pa.concat_tables([refused, nameless.rename_columns(refused.column_names)])
    tables = {"stations_hydrometriques": hydro, "stations_piezometriques": piezo}
    return Stations(tables, refused, (hydro, piezo), tuple(sorted(set(codes) - described)))


def _select(run: Collecting, provider: HubEau) -> tuple[pa.Table, pa.Table]:
    """Follow what the settings name and select; return the hydrometric stations and the piezometers that are described.

    A selection takes the hydrometric stations in service, and the piezometers that have given a value these days.
    """
    settings, connection = run.settings, run.connection
    named, departements = settings.capteur_stations, settings.capteur_departements
    everything = [name.lower() for name in named] == ["all"]
    everything |= settings.sources == "simulated" and not named and not departements
    follow_sensors(connection, () if everything else named)
    followed = followed_sensors(connection)
    areas = [{}] if everything else [{"code_departement": code} for code in departements]
    hydro = questions.hydro_stations(provider, (), areas)
    piezo = hubeau.all_stations(provider) if everything else hubeau.stations(provider, (), departements)
    new = sorted(set(piezo["code_bss"].drop_null().to_pylist()) - set(followed))
    follow_sensors(connection, hydro["code_station"].drop_null().to_pylist())
    follow_sensors(connection, questions.answering(provider, new))
    others = set(followed) - {*hydro["code_station"].to_pylist(), *piezo["code_bss"].to_pylist()}
    more = questions.hydro_stations(provider, sorted(code for code in others if "/" not in code))
    wells = hubeau.stations(provider, sorted(code for code in others if "/" in code), ())
    return (
        pa.concat_tables([hydro, more], promote_options="permissive"),
        pa.concat_tables([piezo, wells], promote_options="permissive"),
    )


def typed_stations_hydro(rows: pa.Table, followed: list[str]) -> tuple[pa.Table, pa.Table]:
    """Return the stations and sites followed, a row each, with their code (code_capteur): a site has the row of its
    first station. And the rows refused for want of a code (schema REFUSED).
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
    return kept, refused.cast(REFUSED)
