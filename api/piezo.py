"""Groundwater: the statements and what becomes of their rows."""

import json
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from itertools import repeat
from typing import Any

from sqlalchemy import Date, DateTime, Integer, Text, bindparam, cast, func, select

from api.meteo import cell, weather
from api.models import table_of
from api.models.marts import Continuite, InfoNappe, Localisation, Meteo, Nappe, NatureMesure, Producteur
from api.models.sim2 import VARIABLES
from api.reader import Reader
from api.schemas import piezo as schema
from api.statement import Statement

_nappe, _info, _cell, _meteo = (table_of(each).c for each in (Nappe, InfoNappe, Localisation, Meteo))
_code = bindparam("code_bss", type_=Text)
_limit, _offset = bindparam("limit", type_=Integer), bindparam("offset", type_=Integer)

_STATION_AND_TOTAL = Statement(
    select(
        table_of(InfoNappe),
        select(func.count()).where(_nappe.code_bss == _code).scalar_subquery().label("total"),
    ).where(_info.code_bss == _code)
)
_STATION_AND_CELL = Statement(
    select(_info.distance_maille_km, _cell.lambx, _cell.lamby, _cell.longitude, _cell.latitude)
    .outerjoin_from(
        table_of(InfoNappe), table_of(Localisation), (_cell.lambx == _info.lambx) & (_cell.lamby == _info.lamby)
    )
    .where(_info.code_bss == _code)
)
_STATIONS = Statement(select(table_of(InfoNappe)).order_by(_info.code_bss).limit(_limit).offset(_offset))
_STATION_COUNT = Statement(select(func.count()).select_from(table_of(InfoNappe)))

# What may be asked for with a level: the field of the answer; its table has code_<field> and nom_<field>.
_JOINS = {
    "continuite": table_of(Continuite),
    "nature_mesure": table_of(NatureMesure),
    "producteur": table_of(Producteur),
}
_STATION = tuple(_info.keys())
_LISTS = ("codes_bdlisa", "codes_masse_eau_edl", "noms_masse_eau_edl")


class UnknownStationError(Exception):
    """No such piezometer."""


async def stations(read: Reader, limit: int, offset: int) -> dict[str, Any]:
    """A page of the stations, by code: a `StationPage`."""
    total = await read.row(_STATION_COUNT)
    rows = await read.rows(_STATIONS, limit=limit, offset=offset)
    return {"total": total and total[0], "limit": limit, "offset": offset, "results": [station(row) for row in rows]}


def station(row: Mapping[str, Any]) -> dict[str, Any]:
    """A `Station`."""
    made = {name: row[name] for name in _STATION}
    for name in _LISTS:
        made[name] = _list_of_json(made[name])
    return made


def _list_of_json(text: str | None) -> list[str] | None:
    """The marts keep lists as JSON text; text that is no list is a list of one."""
    if text is None:
        return None
    try:
        parsed = json.loads(text)
    except ValueError:
        return [text]
    return [str(each) for each in parsed] if isinstance(parsed, list) else [text]


async def values(read: Reader, query: schema.PiezoValueQuery, limit: int, offset: int) -> dict[str, Any]:
    """A page of the levels of a station, newest first, a `PiezoValuePage`; raises UnknownStationError."""
    head = await read.remembered(_STATION_AND_TOTAL, code_bss=query.code_bss)
    if head is None:
        raise UnknownStationError(query.code_bss)
    fields = query.joined
    info = station(head) if query.include_info else None
    rows = await read.rows(levels(fields), code_bss=query.code_bss, limit=limit, offset=offset)
    results = _values(rows, fields, query.code_bss, info)
    return {"total": head["total"], "limit": limit, "offset": offset, "results": results}


@cache
def levels(fields: tuple[str, ...]) -> Statement:
    """A page of levels with the tables of `fields` joined. (code_bss, date_mesure) is the key: the order is total."""
    page = (
        select(table_of(Nappe))
        .where(_nappe.code_bss == _code)
        .order_by(_nappe.date_mesure.desc())
        .limit(_limit)
        .offset(_offset)
        .subquery("page")
    )
    # A day without a time is at midnight.
    instant = func.coalesce(page.c.timestamp_mesure, cast(page.c.date_mesure, DateTime(timezone=True)))
    statement = select(instant, page.c.niveau_nappe_eau, page.c.profondeur_nappe)
    for field in fields:
        joined = _JOINS[field]
        key = joined.c[f"code_{field}"]
        statement = statement.add_columns(key, joined.c[f"nom_{field}"]).outerjoin(joined, key == page.c[key.name])
    return Statement(statement.order_by(page.c.date_mesure.desc()))


def _values(rows: list[Any], fields: tuple[str, ...], code_bss: str, info: dict[str, Any] | None) -> list[Any]:
    """`PiezoValue`s from rows of `levels`: three columns, then a code and its name for each field."""

    def joined(field: str) -> Iterable[dict[str, str | None] | None]:
        if field not in fields:
            return repeat(None)
        code = 3 + 2 * fields.index(field)
        return [_coded(field, row[code], row[code + 1]) for row in rows]

    return [
        {
            "code_bss": code_bss,
            "date_mesure": row[0],
            "niveau_nappe_eau": row[1],
            "profondeur_nappe": row[2],
            "info": info,
            "continuite": continuite,
            "nature_mesure": nature_mesure,
            "producteur": producteur,
        }
        for row, continuite, nature_mesure, producteur in zip(
            rows, joined("continuite"), joined("nature_mesure"), joined("producteur"), strict=False
        )
    ]


@lru_cache(maxsize=1000)  # there are few codes and many levels
def _coded(field: str, code: str | None, name: str | None) -> dict[str, str | None] | None:
    """A `Continuite`, `NatureMesure` or `Producteur`."""
    return None if code is None else {f"code_{field}": code, f"nom_{field}": name}


_first, _last = bindparam("start_date", type_=Date), bindparam("end_date", type_=Date)
_days_of_level = (
    select(_nappe.date_mesure, _nappe.niveau_nappe_eau, _nappe.profondeur_nappe)
    .where(_nappe.code_bss == _code, _nappe.date_mesure.between(_first, _last))
    .subquery("level")
)
_days_of_weather = (
    select(_meteo.date, *(_meteo[name] for name in VARIABLES))
    .where(
        _meteo.lambx == bindparam("lambx", type_=Integer),
        _meteo.lamby == bindparam("lamby", type_=Integer),
        _meteo.date.between(_first, _last),
    )
    .subquery("weather")
)
_day = func.coalesce(_days_of_level.c.date_mesure, _days_of_weather.c.date).label("day")
_SIDE_BY_SIDE = Statement(
    select(
        _day,
        _days_of_level.c.niveau_nappe_eau,
        _days_of_level.c.profondeur_nappe,
        *(_days_of_weather.c[name] for name in VARIABLES),
    )
    .join_from(_days_of_level, _days_of_weather, _days_of_level.c.date_mesure == _days_of_weather.c.date, full=True)
    .order_by(_day)
)


async def side_by_side(read: Reader, query: schema.PiezoMeteoQuery) -> dict[str, Any]:
    """Level and weather of a station, day by day, a `PiezoMeteo`; raises UnknownStationError."""
    found = await read.row(_STATION_AND_CELL, code_bss=query.code_bss)
    if found is None:
        raise UnknownStationError(query.code_bss)
    asked = query.model_dump()
    # Without a cell lambx and lamby are null, which no row of meteo equals.
    rows = await read.rows(_SIDE_BY_SIDE, **asked, lambx=found["lambx"], lamby=found["lamby"])
    return {
        **asked,
        "cell": None if found["lambx"] is None else cell(found),
        "distance_km": found["distance_maille_km"],
        "results": [
            {
                "date": row["day"],
                "niveau_nappe_eau": row["niveau_nappe_eau"],
                "profondeur_nappe": row["profondeur_nappe"],
                **weather(row),
            }
            for row in rows
        ],
    }
