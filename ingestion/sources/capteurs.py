"""Sensors: which are followed, and their values from the provider to the lake."""

from datetime import UTC, datetime, timedelta
from typing import Any

import dlt
import psycopg
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.control import follow_sensors, followed_sensors
from ingestion.errors import GuardError, SourceError
from ingestion.lake import known_pieces, open_lake, write
from ingestion.report import Collected, Options, Reporter
from ingestion.settings import Settings
from ingestion.sources import hubeau, temps_reel
from ingestion.sources.capteurs_lake import SOURCE, Lot, stations_source, values_source
from ingestion.sources.capteurs_plan import lost_since, plan, recent
from ingestion.sources.hydrometrie import typed_stations_hydro
from ingestion.sources.niveaux_nappes import typed_stations
from ingestion.sources.piezometrie import STATIONS, digest
from ingestion.sources.piezometrie_plan import lots


def collect(settings: Settings, connection: psycopg.Connection, options: Options, reporter: Reporter) -> None:
    """Bring the sensors followed, then their new and late values, to the lake: one package, unless there are millions.

    Raises GuardError when no value is left of any sensor that had some.
    """
    lake = open_lake(settings, "capteurs")
    provider = hubeau.HubEau(settings.hubeau_url, hubeau.pace(settings.hubeau_requests_per_second), options.accept)
    dlt.config["extract.workers"] = settings.hubeau_concurrency
    overlap = timedelta(hours=settings.capteur_overlap_hours)
    with lake.writer(str(datetime.now(UTC).year)) as pipeline:
        known = known_pieces(pipeline, SOURCE, lake)
        sensors = _collect_stations(settings, provider, connection, pipeline, known, reporter)
        now = provider.clock
        lost = lost_since(known, now)
        for series in lots(plan(sensors, known, overlap, now, full=options.full)):
            title = f"values of {len({each.code for each in series})} sensors"
            with (
                reporter.timed(Collected("capteurs", title)) as line,
                reporter.progress(title, len(series)) as progress,
            ):
                lot = Lot(series, overlap, now, line, progress, lost)
                write(pipeline, values_source(provider, lot))
                line.unchanged = not (line.rows or line.refused)
                had = [each.code for each in series if recent(known.get(each.key), now)]
                if had and not lot.values and not options.accept:
                    raise GuardError(f"{settings.hubeau_url} has no value left of {len(had)} sensors that had some")
                lost = None


def _collect_stations(
    settings: Settings,
    provider: hubeau.HubEau,
    connection: psycopg.Connection,
    pipeline: dlt.Pipeline,
    known: dict[str, Any],
    reporter: Reporter,
) -> list[str]:
    """Follow what the settings select, and return the codes of the sensors followed that the provider describes."""
    with reporter.timed(Collected("capteurs", "stations")) as line:
        hydro, piezo = _select(settings, provider, connection)
        followed = followed_sensors(connection)
        hydro, refused = typed_stations_hydro(hydro, followed)
        piezo, nameless = typed_stations(piezo.filter(pc.is_in(piezo["code_bss"], pa.array([*followed, None]))))
        refused = pa.concat_tables([refused, nameless.rename_columns(refused.column_names)])
        described = {*hydro["code_capteur"].to_pylist(), *piezo["code_bss"].to_pylist()}
        line.missing = tuple(sorted(set(followed) - described))
        line.refused = refused.num_rows
        if followed and not described:
            raise SourceError(
                f"{settings.hubeau_url} knows none of the sensors followed; see `hydrotheque sensors list`"
            )
        fingerprint = f"{digest(hydro)} {digest(piezo)}"
        line.unchanged = known.get(STATIONS, {}).get("empreinte") == fingerprint
        if not line.unchanged:
            write(pipeline, stations_source(hydro, piezo, refused, fingerprint))
            line.rows = hydro.num_rows + piezo.num_rows
    return sorted(described)


def _select(settings: Settings, provider: hubeau.HubEau, connection: psycopg.Connection) -> tuple[pa.Table, pa.Table]:
    """Follow what the settings name and select; return the hydrometric stations and the piezometers that are described.

    A selection takes the hydrometric stations in service, and the piezometers that have given a value these days.
    """
    named, departements = settings.capteur_stations, settings.capteur_departements
    everything = [name.lower() for name in named] == ["all"]
    everything |= settings.sources == "simulated" and not named and not departements
    follow_sensors(connection, () if everything else named)
    followed = followed_sensors(connection)
    areas = [{}] if everything else [{"code_departement": code} for code in departements]
    hydro = temps_reel.hydro_stations(provider, (), areas)
    piezo = hubeau.all_stations(provider) if everything else hubeau.stations(provider, (), departements)
    new = sorted(set(piezo["code_bss"].drop_null().to_pylist()) - set(followed))
    follow_sensors(connection, hydro["code_station"].drop_null().to_pylist())
    follow_sensors(connection, temps_reel.answering(provider, new))
    others = set(followed) - {*hydro["code_station"].to_pylist(), *piezo["code_bss"].to_pylist()}
    more = temps_reel.hydro_stations(provider, sorted(code for code in others if "/" not in code))
    wells = hubeau.stations(provider, sorted(code for code in others if "/" in code), ())
    return (
        pa.concat_tables([hydro, more], promote_options="permissive"),
        pa.concat_tables([piezo, wells], promote_options="permissive"),
    )
