"""The endpoints of Hub'Eau hydrometrie v2: `referentiel/stations`, and `observations_tr` with its cursor."""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from functools import lru_cache
from urllib.parse import urlencode

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingestion.simulator.hubeau import InvalidRequestError, Parameters, answered, checked, envelope
from ingestion.simulator.noise import Integers
from ingestion.simulator.rivers import Gauge, Values, flows, gauges, heights, now_minute
from ingestion.simulator.world import Scenario

API_VERSION = "2.0.1"
_PREFIX = "/api/v2/hydrometrie"
_STATION_SIZE, _OBSERVATION_SIZE = 10_000, 20_000
_LIMIT = timedelta(days=31)  # an earlier date_debut_obs is refused
_STATUSES = {4: "Brute", 8: "Corrigée"}
_QUALITIES = {12: "Douteuse", 16: "Non qualifiée", 20: "Bonne"}
OBSERVATION_FIELDS = (
    *("code_site", "code_station", "grandeur_hydro", "date_debut_serie", "date_fin_serie", "code_systeme_alti_serie"),
    *("date_obs", "resultat_obs", "code_methode_obs", "libelle_methode_obs", "code_qualification_obs"),
    *("libelle_qualification_obs", "longitude", "latitude", "code_statut", "libelle_statut", "code_continuite"),
    "libelle_continuite",
)


@dataclass(frozen=True)
class Observed:
    """A quantity of a gauge; `code_station` is None where the flow is published for the site."""

    gauge: Gauge
    quantity: str
    code_station: str | None
    values: Values


def station_record(gauge: Gauge) -> dict[str, object]:
    """A station as Hub'Eau gives it, all its fields in the published order."""
    name = f"{gauge.river[0].upper()}{gauge.river[1:]} à {gauge.town}"
    opened = f"{1960 + gauge.word % 60}-10-01T00:00:00Z"
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    return {
        "code_site": gauge.code_site,
        "libelle_site": name,
        "code_station": gauge.code_station,
        "libelle_station": f"{name} [Pont]",
        "type_station": "STD",
        "coordonnee_x_station": round(700_000 + 76_000 * (gauge.longitude - 3), 1),
        "coordonnee_y_station": round(6_600_000 + 111_000 * (gauge.latitude - 46.5), 1),
        "code_projection": 26,
        "longitude_station": gauge.longitude,
        "latitude_station": gauge.latitude,
        "influence_locale_station": 1 + gauge.index % 2,
        "commentaire_station": None,
        "altitude_ref_alti_station": gauge.zero,
        "code_systeme_alti_site": 3 if gauge.zero is not None else 0,
        "code_commune_station": gauge.commune,
        "libelle_commune": gauge.town.upper(),
        "code_departement": gauge.department.code,
        "code_region": "00",
        "libelle_region": "REGION SIMULEE",
        "code_cours_eau": f"{gauge.code_site[:2]}--{gauge.word % 1000:03d}0",
        "libelle_cours_eau": gauge.river,
        "uri_cours_eau": None,
        "descriptif_station": None,
        "date_maj_station": "2024-12-03T00:00:00Z",
        "date_ouverture_station": opened,
        "date_fermeture_station": None if gauge.in_service else "2020-01-01T00:00:00Z",
        "commentaire_influence_locale_station": None,
        "code_regime_station": 1,
        "qualification_donnees_station": 16,
        "code_finalite_station": "1 2" if gauge.index % 2 else None,
        "type_contexte_loi_stat_station": 1,
        "type_loi_station": 2,
        "code_sandre_reseau_station": ["RIC008"] if gauge.index % 2 else None,
        "date_debut_ref_alti_station": opened,
        "date_activation_ref_alti_station": opened,
        "date_maj_ref_alti_station": opened,
        "libelle_departement": gauge.department.name.upper(),
        "en_service": gauge.in_service,
        "geometry": {"type": "Point", "crs": crs, "coordinates": [gauge.longitude, gauge.latitude]},
    }


def _stations(scenario: Scenario, request: Request) -> Response:
    query = Parameters(request)
    query.choice("format", ["json"])
    page, size = query.integer("page", 1, 1), query.integer("size", 1_000, 1)
    if size > _STATION_SIZE:
        raise InvalidRequestError("size", f"size must be less than or equal to {_STATION_SIZE}")
    codes, sites, departments = (query.listed(f"code_{name}") for name in ("station", "site", "departement"))
    service = query.request.query_params.get("en_service")
    found = [
        station_record(gauge)
        for gauge in sorted(gauges(scenario), key=lambda gauge: gauge.code_station)
        if (not codes or _fits(gauge.code_station, codes))
        and (not sites or gauge.code_site in sites)
        and (not departments or gauge.department.code in departments)
        and (service is None or gauge.in_service == (service in ("true", "1")))
    ]
    text = json.dumps(found[(page - 1) * size : page * size], ensure_ascii=False, separators=(",", ":"))[1:-1]
    return envelope(request, len(found), (page, size), text.encode(), API_VERSION, scenario)


def _fits(code: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(code, pattern) for pattern in patterns)


@lru_cache(maxsize=64)
def _observed(scenario: Scenario, codes: frozenset[str]) -> tuple[Observed, ...]:
    """What a question about entities holds: a site's answer has its stations, and its own flow beside theirs."""
    found = []
    for gauge in gauges(scenario):
        site = _fits(gauge.code_site, codes)
        if not (codes and not site and not _fits(gauge.code_station, codes)):
            found.append(Observed(gauge, "H", gauge.code_station, heights(scenario, gauge)))
            if gauge.flow == "station":
                found.append(Observed(gauge, "Q", gauge.code_station, flows(scenario, gauge)))
            if gauge.flow != "none" and (site or not codes):
                found.append(Observed(gauge, "Q", None, flows(scenario, gauge)))
    return tuple(found)


def _observations(scenario: Scenario, request: Request) -> Response:
    query = Parameters(request)
    query.choice("format", ["json"])
    size, order = query.integer("size", 1_000, 1), query.choice("sort", ["desc", "asc"])
    if size > _OBSERVATION_SIZE:
        raise InvalidRequestError("size", f"size must be less than or equal to {_OBSERVATION_SIZE}")
    fields = query.fields(OBSERVATION_FIELDS)
    first, last = (_minute(scenario, query, f"date_{end}_obs") for end in ("debut", "fin"))
    quantities = query.listed("grandeur_hydro") or {"H", "Q"}
    chosen = [each for each in _observed(scenario, query.listed("code_entite")) if each.quantity in quantities]
    owner, row = _in_order(chosen, first, last, order == "desc")
    start = _after(request, len(owner))
    stop = min(start + size, len(owner))
    records = _records(chosen, owner[start:stop], row[start:stop], fields)
    own = [(name, value) for name, value in request.query_params.multi_items() if name not in ("cursor", "size")]

    def link(cursor: str) -> str:
        query = urlencode([*own, ("cursor", cursor), ("size", size)], safe="/,:*")
        return f"{request.url.scheme}://{request.url.netloc}{request.url.path}?{query}"

    following = link(base64.urlsafe_b64encode(f"after {stop}".encode()).decode()) if stop < len(owner) else None
    head = {"count": len(owner), "first": link(""), "prev": None, "next": following, "api_version": API_VERSION}
    body = json.dumps(head, ensure_ascii=False, separators=(",", ":"))[:-1] + ',"data":[' + ",".join(records) + "]}"
    return answered(body.encode(), 206 if following else 200, scenario)


def _minute(scenario: Scenario, query: Parameters, name: str) -> int | None:
    text = query.request.query_params.get(name)
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidRequestError(name, f"{text} is not an ISO 8601 date") from error
    minute = int(instant.timestamp()) // 60
    if now_minute(scenario) - minute > _LIMIT / timedelta(minutes=1):
        raise InvalidRequestError(name, "date can't be < 1 month from now")
    return minute


def _in_order(
    chosen: list[Observed], first: int | None, last: int | None, descending: bool
) -> tuple[Integers, Integers]:
    """Positions in `chosen` and in its rows: by instant, then station; the statut decides among rows of one instant."""
    owner, row = (
        np.concatenate([np.zeros(0, np.int64), *parts])
        for parts in (
            [np.full(len(each.values), i) for i, each in enumerate(chosen)],
            [np.arange(len(each.values)) for each in chosen],
        )
    )
    minutes = np.concatenate([np.zeros(0, np.int64), *(each.values.minute for each in chosen)])
    kept = np.ones(len(minutes), bool)
    if first is not None:
        kept &= minutes >= first
    if last is not None:
        kept &= minutes <= last
    owner, row, minutes = owner[kept], row[kept], minutes[kept]
    order = np.lexsort((row, owner, -minutes if descending else minutes))
    return owner[order], row[order]


def _after(request: Request, count: int) -> int:
    cursor = request.query_params.get("cursor", "")
    if not cursor:
        return 0
    try:
        word, position = base64.urlsafe_b64decode(cursor).decode().split()
        if word == "after" and int(position) <= count:
            return int(position)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        pass
    raise InvalidRequestError("cursor", f"{cursor} is no cursor of this question")


def _records(chosen: list[Observed], owner: Integers, row: Integers, fields: tuple[str, ...]) -> list[str]:
    """The JSON objects of rows: what rows of a day have in common is written once."""
    columns = [each.values.lists() for each in chosen]
    common: dict[tuple[int, int, int, int], str] = {}
    texts = []
    for i, j in zip(owner.tolist(), row.tolist(), strict=True):
        minutes, values, statuses, qualities = columns[i]
        key = (i, minutes[j] // 1440 * 1440, statuses[j], qualities[j])
        if key not in common:
            record = _record(chosen[i], *key[1:])
            common[key] = json.dumps({f: record[f] for f in fields}, ensure_ascii=False, separators=(",", ":"))
        texts.append(common[key].replace('"@instant"', _text(minutes[j])).replace('"@value"', f"{values[j]}.0"))
    return texts


def _record(observed: Observed, day: int, status: int, quality: int) -> dict[str, object]:
    gauge, calculated = observed.gauge, observed.quantity == "Q"
    return {
        "code_site": gauge.code_site,
        "code_station": observed.code_station,
        "grandeur_hydro": observed.quantity,
        "date_debut_serie": _text(day)[1:-1],
        "date_fin_serie": _text(day + 1439)[1:-1],
        "code_systeme_alti_serie": None if calculated else 31,
        "date_obs": "@instant",
        "resultat_obs": "@value",
        "code_methode_obs": 8 if calculated else 0,
        "libelle_methode_obs": "Calculée" if calculated else "Mesurée",
        "code_qualification_obs": quality,
        "libelle_qualification_obs": _QUALITIES[quality],
        "longitude": gauge.longitude,
        "latitude": gauge.latitude,
        "code_statut": status,
        "libelle_statut": _STATUSES[status],
        "code_continuite": 0,
        "libelle_continuite": "Continue",
    }


def _text(minute: int) -> str:
    """An instant as JSON text."""
    return f'"{np.datetime64(minute, "m")}:00Z"'


def routes(scenario: Scenario) -> list[Route]:
    """The two endpoints for a scenario."""

    async def answer_stations(request: Request) -> Response:
        return checked(_stations, scenario, request)

    async def answer_observations(request: Request) -> Response:
        return checked(_observations, scenario, request)

    return [
        Route(f"{_PREFIX}/referentiel/stations", answer_stations),
        Route(f"{_PREFIX}/observations_tr", answer_observations),
    ]
