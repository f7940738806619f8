"""Groundwater levels (Hub'Eau, niveaux_nappes): one daily series a piezometer, revised for years."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from ingestion.control.followed import followed_stations
from ingestion.providers import hubeau
from ingestion.providers.records import CHRONIQUE, STATION, stored
from ingestion.sources.piezometrie.plan import plan
from ingestion.sources.piezometrie.readings import read
from ingestion.sources.piezometrie.stations import REFUSED, STATION_TYPES, followed
from ingestion.sources.source import (
    INSTANT,
    Collecting,
    Keyed,
    RawTable,
    Series,
    SeriesSource,
    Stations,
    Window,
    texts,
)

PAQUET = pa.field("paquet", pa.string())


def planned(stations: Stations, known: dict[str, Any], run: Collecting, now: datetime) -> Iterable[Series]:
    """Return from which day on each station followed is read."""
    begin, window = followed_stations(run.connection), timedelta(run.settings.piezo_window_days)
    return plan(stations.tables["stations"], begin, known, window, now.date(), full=run.options.full)


def ask(provider: hubeau.HubEau, group: list[Series], now: datetime) -> pa.Table:
    """Return the measures of some series, from the first of their starts to today."""
    codes, since = [series.code for series in group], min(series.since for series in group)
    answers = hubeau.chroniques(provider, codes, since, now.date())
    return pa.concat_tables(list(answers), promote_options="permissive")


SOURCE = SeriesSource(
    domain="piezometrie",
    folder="donnees-piezometre/quotidien",
    producers="ADES, BRGM and the producers named in the table producteur, through Hub'Eau",
    tables={
        "stations": RawTable(stored(STATION, **STATION_TYPES), Keyed(("code_bss",))),
        "chroniques": RawTable(
            stored(CHRONIQUE, date_mesure=pa.date32(), lu_depuis=pa.date32(), paquet=pa.string()),
            Window(("code_bss",), "date_mesure"),
            index=("code_bss", "date_mesure"),
        ),
        "codes": RawTable(texts("entite", "code", "nom", "paquet")),
        "rejet": RawTable(REFUSED.append(PAQUET)),
        "lecture": RawTable(
            pa.schema(
                {
                    "code_bss": pa.string(),
                    "lu_depuis": pa.date32(),
                    "lignes": pa.int64(),
                    "lu_le": INSTANT,
                    "paquet": pa.string(),
                }
            )
        ),
    },
    stations=followed,
    plan=planned,
    ask=ask,
    read=read,
    title=lambda series: f"chroniques of {f'{len(series)} stations' if len(series) > 1 else series[0].code}",
    spread=lambda settings: timedelta(settings.piezo_window_days),
    rows_per_request=hubeau.CAP,
)
