"""The endpoint `chroniques_tr` of Hub'Eau niveaux_nappes v1: hourly levels of the piezometers that are in real time."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingestion.simulator.hubeau import API_VERSION, InvalidRequestError, Parameters, checked, envelope
from ingestion.simulator.levels import water_table
from ingestion.simulator.noise import Integers, keys, mix, uniforms
from ingestion.simulator.records import urn_bss
from ingestion.simulator.rivers import HISTORY_MINUTES, now_minute
from ingestion.simulator.stations import UNKNOWN_ALTITUDE, Station, stations
from ingestion.simulator.world import Scenario

FIELDS = (
    *("code_bss", "bss_id", "urn_bss", "longitude", "latitude", "altitude_station", "altitude_repere", "date_mesure"),
    *("timestamp_mesure", "niveau_eau_ngf", "profondeur_nappe", "date_maj"),
)
_HOUR = 60
_SENT_AT = 6  # o'clock, by a station that sends once a day


@dataclass(frozen=True)
class Levels:
    """Hourly rows of a station, oldest first: minutes since 1970, level in cm NGF."""

    minute: Integers
    level: Integers


def in_real_time(station: Station) -> bool:
    """Whether a piezometer is in real time: one in three."""
    return station.index % 3 == 0


@lru_cache(maxsize=64)
def hourly(scenario: Scenario, station: Station) -> Levels:
    """What the provider has of the last 30 days."""
    now = now_minute(scenario)
    minutes = np.arange(-(-(now - HISTORY_MINUTES) // _HOUR), now // _HOUR + 1) * _HOUR
    sent = minutes + 40
    if station.index % 6 == 3:
        sent = (minutes // _HOUR // 24 * 24 + _SENT_AT) * _HOUR
        sent = np.where(minutes > sent, sent + 24 * _HOUR, sent)
    chance = uniforms(mix(keys(scenario.seed, 70, minutes) ^ np.uint64(station.word)))
    minutes = minutes[(sent <= now) & (chance >= 0.01)]
    days, rest = np.divmod(minutes, 24 * _HOUR)
    today, tomorrow = (water_table(scenario.seed, station, days + k) for k in (0, 1))
    tide = np.rint(2 * np.sin(2 * np.pi * minutes / 745))  # lunar, 12.4 hours
    level = np.rint(today + (tomorrow - today) * rest / (24 * _HOUR) + tide).astype(np.int64)
    return Levels(minutes, level)


def _record(station: Station, minute: int, level: int) -> dict[str, object]:
    known = station.index != UNKNOWN_ALTITUDE
    return {
        "code_bss": station.code_bss,
        "bss_id": station.bss_id,
        "urn_bss": urn_bss(station),
        "longitude": station.longitude,
        "latitude": station.latitude,
        "altitude_station": station.ground if known else None,
        "altitude_repere": station.ground if known else None,
        "date_mesure": f"{np.datetime64(minute, 'm')}:00Z",
        "timestamp_mesure": minute * 60_000,
        "niveau_eau_ngf": level / 100,
        "profondeur_nappe": round((100 * station.ground - level) / 100, 2) if known else None,
        "date_maj": f"{np.datetime64(minute + 45, 'm')}:00Z",
    }


def _day(query: Parameters, name: str) -> float | None:
    """A date or an instant, in minutes since 1970."""
    text = query.request.query_params.get(name)
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() / 60 if text else None
    except ValueError as error:
        raise InvalidRequestError(name, f"La valeur '{text}' du paramètre {name} n'est pas une date") from error


def _chroniques_tr(scenario: Scenario, request: Request) -> Response:
    # As with chroniques, departments and communes are ignored without a word.
    query = Parameters(request)
    query.choice("format", ["json"])
    page, size = query.paging(5_000)
    fields, order = query.fields(FIELDS), query.choice("sort", ["asc", "desc"])
    first, last = _day(query, "date_debut_mesure"), _day(query, "date_fin_mesure")
    codes, ids = query.listed("code_bss"), query.listed("bss_id")
    rows = [
        (minute, number, level)
        for number, station in enumerate(stations(scenario))
        if in_real_time(station) and (not codes or station.code_bss in codes) and (not ids or station.bss_id in ids)
        for levels in (hourly(scenario, station),)
        for minute, level in zip(levels.minute.tolist(), levels.level.tolist(), strict=True)
        if (first is None or minute >= first) and (last is None or minute <= last)
    ]
    rows.sort(reverse=order == "desc")
    every = stations(scenario)
    records = [_record(every[number], minute, level) for minute, number, level in rows[(page - 1) * size : page * size]]
    data = [{field: record[field] for field in fields} for record in records]
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))[1:-1]
    return envelope(request, len(rows), (page, size), text.encode(), API_VERSION, scenario)


def routes(scenario: Scenario) -> list[Route]:
    """The endpoint for a scenario."""

    async def answer(request: Request) -> Response:
        return checked(_chroniques_tr, scenario, request)

    return [Route("/api/v1/niveaux_nappes/chroniques_tr", answer)]
