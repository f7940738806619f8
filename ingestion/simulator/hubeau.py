"""The endpoints of Hub'Eau niveaux_nappes v1, `stations` and `chroniques`, and what all of Hub'Eau's have in common."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import urlencode

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingestion.simulator.levels import NO_TIME, Measures, measures
from ingestion.simulator.noise import Integers
from ingestion.simulator.records import MEASURE_FIELDS, STATION_FIELDS, measure_texts, station_record
from ingestion.simulator.stations import Station, stations
from ingestion.simulator.world import Scenario, day_number

API_VERSION = "1.4.3"
DEPTH = 20_000
URL_LENGTH = 2_083
_PREFIX = "/api/v1/niveaux_nappes"


class InvalidRequestError(Exception):
    """A parameter has a value Hub'Eau refuses."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def _refusal(error: InvalidRequestError) -> Response:
    detail = {"code": "InvalidParameter", "field": error.field, "message": error.message}
    body = {"code": "InvalidRequest", "message": "Validation error", "field_errors": [detail]}
    return Response(json.dumps(body, ensure_ascii=False), status_code=400, media_type="application/json")


@dataclass(frozen=True)
class Parameters:
    """The query string of a request; each method raises InvalidRequestError for a value that makes no sense."""

    request: Request

    def listed(self, name: str) -> frozenset[str]:
        """Values separated by commas; empty when the parameter is absent."""
        given = self.request.query_params.getlist(name)
        return frozenset(item.strip() for value in given for item in value.split(",") if item.strip())

    def integer(self, name: str, default: int, lowest: int) -> int:
        """A whole number."""
        text = self.request.query_params.get(name, str(default))
        if not text.isascii() or not text.isdigit() or int(text[:9]) < lowest:
            raise InvalidRequestError(name, f"La valeur '{text}' du paramètre {name} n'est pas un entier >= {lowest}")
        return int(text[:9])

    def day(self, name: str) -> date | None:
        """A date written yyyy-MM-dd."""
        text = self.request.query_params.get(name)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            message = f"La valeur '{text}' du paramètre {name} n'est pas une date yyyy-MM-dd"
            raise InvalidRequestError(name, message) from error

    def choice(self, name: str, allowed: Sequence[str]) -> str:
        """One of some words, the first by default."""
        text = self.request.query_params.get(name, allowed[0]).lower()
        if text not in allowed:
            message = f"La valeur '{text}' du paramètre {name} n'est pas parmi {', '.join(allowed)}"
            raise InvalidRequestError(name, message)
        return text

    def fields(self, known: tuple[str, ...]) -> tuple[str, ...]:
        """The fields asked for, in the published order; all by default."""
        wanted = self.listed("fields")
        if unknown := sorted(wanted - set(known)):
            raise InvalidRequestError("fields", f"Champs inconnus : {', '.join(unknown)}")
        return tuple(field for field in known if field in wanted) if wanted else known

    def box(self) -> tuple[float, ...] | None:
        """`bbox`: west, south, east, north."""
        values = self.request.query_params.get("bbox")
        if not values:
            return None
        try:
            west, south, east, north = (float(value) for value in values.split(","))
        except ValueError as error:
            message = f"La valeur '{values}' du paramètre bbox n'est pas min_lon,min_lat,max_lon,max_lat"
            raise InvalidRequestError("bbox", message) from error
        return west, south, east, north

    def paging(self, default_size: int) -> tuple[int, int]:
        """page and size, within the depth the provider serves."""
        page, size = self.integer("page", 1, 1), self.integer("size", default_size, 1)
        if page * size > DEPTH:
            message = f"La profondeur d'accès aux résultats (page x size) est limitée à {DEPTH} : {page * size}"
            raise InvalidRequestError("size", message)
        return page, size


def answered(body: bytes, status: int, scenario: Scenario) -> Response:
    """A JSON answer, dated by the scenario's clock."""
    now = datetime.combine(scenario.today, time(scenario.hour), UTC)
    headers = {"date": format_datetime(now, usegmt=True)}
    return Response(body, status_code=status, media_type="application/json;charset=utf-8", headers=headers)


def envelope(
    request: Request, count: int, paging: tuple[int, int], data: bytes, version: str, scenario: Scenario
) -> Response:
    """The answer of a page (page, size): 206 when there are more pages, 200 otherwise."""
    page, size = paging
    own = [(name, value) for name, value in request.query_params.multi_items() if name not in ("page", "size")]
    pages = -(-count // size)

    def link(number: int) -> str:
        query = urlencode([*own, ("page", number), ("size", size)], safe="/,:")
        return f"{request.url.scheme}://{request.url.netloc}{request.url.path}?{query}"

    head = {
        "count": count,
        "first": link(1),
        "last": link(pages) if pages > 1 else None,
        "prev": link(page - 1) if page > 1 else None,
        "next": link(page + 1) if page < pages else None,
        "api_version": version,
    }
    start = json.dumps(head, ensure_ascii=False, separators=(",", ":"))[:-1]
    body = b"".join([start.encode(), b',"data":[', data, b"]}"])
    return answered(body, 206 if page < pages else 200, scenario)


def checked(handler: Callable[[Scenario, Request], Response], scenario: Scenario, request: Request) -> Response:
    """Run a handler, turning what Hub'Eau refuses into its answers."""
    if len(str(request.url)) > URL_LENGTH:
        return Response("<html><body><h1>414 Request-URI Too Large</h1></body></html>", 414, media_type="text/html")
    try:
        return handler(scenario, request)
    except InvalidRequestError as error:
        return _refusal(error)


def _selected_stations(scenario: Scenario, query: Parameters) -> list[Station]:
    """The stations that meet the filters of `stations` that do not need their series."""
    codes, ids = query.listed("code_bss"), query.listed("bss_id")
    departments, communes, box = query.listed("code_departement"), query.listed("code_commune"), query.box()
    return [
        station
        for station in stations(scenario)
        if (not codes or station.code_bss in codes)
        and (not ids or station.bss_id in ids)
        and (not departments or station.department.code in departments)
        and (not communes or station.commune in communes)
        and (box is None or (box[0] <= station.longitude <= box[2] and box[1] <= station.latitude <= box[3]))
    ]


def _stations(scenario: Scenario, request: Request) -> Response:
    query = Parameters(request)
    query.choice("format", ["json"])
    page, size = query.paging(1_000)
    fields, on = query.fields(STATION_FIELDS), query.day("date_recherche")
    least = query.integer("nb_mesures_piezo_min", 0, 0)
    chosen = _selected_stations(scenario, query)
    if on is None and not least:
        wanted = chosen[(page - 1) * size : page * size]
        records = [station_record(scenario, station) for station in wanted]
        count = len(chosen)
    else:
        found = [record for station in chosen if _has(record := station_record(scenario, station), on, least)]
        records, count = found[(page - 1) * size : page * size], len(found)
    data = [{field: record[field] for field in fields} for record in records]
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))[1:-1]
    return envelope(request, count, (page, size), text.encode(), API_VERSION, scenario)


def _has(record: dict[str, object], on: date | None, least: int) -> bool:
    """Whether a station has enough measures, and was measured around a day."""
    first, last, count = record["date_debut_mesure"], record["date_fin_mesure"], record["nb_mesures_piezo"]
    enough = isinstance(count, int) and count >= least
    return enough and (on is None or (first is not None and str(first) <= str(on) <= str(last)))


@dataclass(frozen=True)
class Selection:
    """The rows of a `chroniques` query: those of each station, and the order in which to give them all."""

    found: list[tuple[Station, Measures]]
    owner: Integers
    row: Integers


@lru_cache(maxsize=8)
def _select(scenario: Scenario, codes: frozenset[str], first: int | None, last: int | None, order: str) -> Selection:
    """Rows by date, then by time, then by station."""
    wanted = [station for station in stations(scenario) if not codes or station.code_bss in codes]
    found = [(station, measures(scenario, station, first, last)) for station in wanted]
    lengths = [len(rows) for _, rows in found]
    owner = np.repeat(np.arange(len(found)), lengths)
    row = np.concatenate([np.arange(length) for length in lengths]) if found else owner
    if len(found) > 1:
        days = np.concatenate([rows.day for _, rows in found])
        times = np.concatenate([rows.time for _, rows in found])
        sequence = np.lexsort((owner, np.where(times == NO_TIME, 0, times), days))
        owner, row = owner[sequence], row[sequence]
    if order == "desc":
        owner, row = owner[::-1], row[::-1]
    return Selection(found, owner, row)


def _data(selection: Selection, start: int, stop: int, fields: tuple[str, ...]) -> bytes:
    """The JSON objects of rows start to stop of a selection, separated by commas."""
    owner, row = selection.owner[start:stop], selection.row[start:stop]
    tables = []
    for position in np.unique(owner).tolist():
        station, rows = selection.found[position]
        here = np.flatnonzero(owner == position)
        tables.append((here, measure_texts(station, rows.take(row[here]), fields)))
    if len(tables) == 1:
        whole = tables[0][1]
    else:
        whole = np.zeros((len(row), max((table.shape[1] for _, table in tables), default=0)), dtype=np.uint8)
        for here, table in tables:
            whole[here, : table.shape[1]] = table
    return whole.tobytes().translate(None, b"\0")[:-1]


def _chroniques(scenario: Scenario, request: Request) -> Response:
    # code_departement and code_commune are not read here: Hub'Eau ignores them without a word.
    query = Parameters(request)
    query.choice("format", ["json"])
    page, size = query.paging(5_000)
    fields, order = query.fields(MEASURE_FIELDS), query.choice("sort", ["asc", "desc"])
    first, last = query.day("date_debut_mesure"), query.day("date_fin_mesure")
    selection = _select(
        scenario,
        query.listed("code_bss"),
        None if first is None else day_number(first),
        None if last is None else day_number(last),
        order,
    )
    data = _data(selection, (page - 1) * size, page * size, fields)
    return envelope(request, len(selection.row), (page, size), data, API_VERSION, scenario)


def routes(scenario: Scenario) -> list[Route]:
    """The two endpoints for a scenario."""

    async def answer_stations(request: Request) -> Response:
        return checked(_stations, scenario, request)

    async def answer_chroniques(request: Request) -> Response:
        return checked(_chroniques, scenario, request)

    return [Route(f"{_PREFIX}/stations", answer_stations), Route(f"{_PREFIX}/chroniques", answer_chroniques)]
