"""Sensors (Hub'Eau in real time): river heights and flows, and groundwater levels by the hour, read every hour."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from ingestion.providers.hubeau import HubEau
from ingestion.providers.records import CHRONIQUE_TR, OBSERVATION, STATION, STATION_HYDRO, stored
from ingestion.sources.capteurs import questions
from ingestion.sources.capteurs.measures import READ, REFUSED, read
from ingestion.sources.capteurs.plan import NAPPE, lost_since, plan, recent
from ingestion.sources.capteurs.stations import followed
from ingestion.sources.piezometrie.stations import STATION_TYPES
from ingestion.sources.source import (
    INSTANT,
    Collecting,
    Keyed,
    RawTable,
    Retention,
    Series,
    SeriesSource,
    Stations,
    Window,
)

PAQUET = pa.field("paquet", pa.string())
_OF_VALUES = {"code_capteur": pa.string(), "lu_depuis": INSTANT, "paquet": pa.string()}


def planned(stations: Stations, known: dict[str, Any], run: Collecting, now: datetime) -> Iterable[Series]:
    """Return from which instant on each sensor described is read."""
    hydro, piezo = stations.tables["stations_hydrometriques"], stations.tables["stations_piezometriques"]
    codes = sorted({*hydro["code_capteur"].to_pylist(), *piezo["code_bss"].to_pylist()})
    return plan(codes, known, timedelta(hours=run.settings.capteur_overlap_hours), now, full=run.options.full)


def ask(provider: HubEau, group: list[Series], now: datetime) -> pa.Table:
    """Return the values of some series of one quantity, from the first of their starts on."""
    codes, since = [series.code for series in group], min(series.since for series in group)
    if group[0].quantity == NAPPE:
        return questions.levels(provider, codes, since.date(), now.date())
    return questions.observations(provider, codes, group[0].quantity, since)


SOURCE = SeriesSource(
    domain="capteurs",
    folder="donnees-capteurs/temps_reel",
    producers="SCHAPI and the flood services (PHyC), BRGM and the producers (ADES), through Hub'Eau",
    tables={
        "stations_hydrometriques": RawTable(
            stored(STATION_HYDRO, code_capteur=pa.string(), lu_le=INSTANT), Keyed(("code_capteur",), newest="lu_le")
        ),
        "stations_piezometriques": RawTable(stored(STATION, **STATION_TYPES), Keyed(("code_bss",), newest="lu_le")),
        "observations_tr": RawTable(
            stored(OBSERVATION, date_obs=INSTANT, **_OF_VALUES),
            Window(("code_capteur", "grandeur_hydro"), "date_obs"),
            index=("code_capteur", "grandeur_hydro", "date_obs"),
        ),
        "chroniques_tr": RawTable(
            stored(CHRONIQUE_TR, date_mesure=INSTANT, **_OF_VALUES),
            Window(("code_capteur",), "date_mesure"),
            index=("code_capteur", "date_mesure"),
        ),
        "lecture": RawTable(pa.schema([*READ, ("lu_le", INSTANT), PAQUET]), index=("paquet",)),
        "interruption": RawTable(pa.schema([("depuis", INSTANT), ("jusqu_a", INSTANT), PAQUET])),
        "rejet": RawTable(REFUSED.append(PAQUET)),
    },
    rows_at_once=500_000,
    retention=Retention(
        days=lambda settings: settings.capteur_retention_days,
        instants={"observations_tr": "date_obs", "chroniques_tr": "date_mesure", "lecture": "dernier_instant"},
        marts=("mesure_capteur", "mesure_capteur_jour", "lacune_capteur"),
    ),
    stations=followed,
    plan=planned,
    ask=ask,
    read=read,
    title=lambda series: f"values of {len({each.code for each in series})} sensors",
    spread=lambda settings: timedelta(days=1),
    lost_since=lost_since,
    expects_values=recent,
)
