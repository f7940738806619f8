"""Groundwater: the statements and what becomes of their rows."""

import json
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from itertools import repeat
from typing import Any

from fastapi import HTTPException
from sqlalchemy import ARRAY, Date, DateTime, Integer, Text, bindparam, cast, func, select, true

from api import places
from api.meteo import cell, weather
from api.models import table_of
from api.models.marts import Continuite, InfoNappe, Localisation, Meteo, Nappe, NatureMesure, Producteur
from api.models.sim2 import VARIABLES
from api.pages import Listing
from api.reader import Reader
from api.schemas import piezo as schema
from api.schemas.common import Paging
from api.statement import Statement

_nappe, _info, _cell, _meteo = (table_of(each).c for each in (Nappe, InfoNappe, Localisation, Meteo))
_code = bindparam("code_bss", type_=Text)
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
STATIONS = Listing(
    select(table_of(InfoNappe)),
    [_info.code_bss],
    {
        "code_departement": _info.code_departement == bindparam("code_departement", type_=Text),
        **places.within(_info.x, _info.y),
    },
)

# What may be asked for with a level: the field of the answer; its table has code_<field> and nom_<field>.
_JOINS = {
    "continuite": table_of(Continuite),
    "nature_mesure": table_of(NatureMesure),
    "producteur": table_of(Producteur),
}
_STATION = tuple(_info.keys())
_LISTS = ("codes_bdlisa", "codes_masse_eau_edl", "noms_masse_eau_edl")


def unknown(code_bss: str) -> HTTPException:
    """404 for a piezometer that is none."""
    return HTTPException(404, f"There is no piezometer {code_bss}: GET /data/piezo/list gives those there are.")


def station(row: Mapping[str, Any]) -> dict[str, Any]:
    """A `Station`."""
    made = {name: row[name] for name in _STATION}
    for name in _LISTS:
        made[name] = _list_of_json(made[name])
    return made


def station_feature(row: Mapping[str, Any]) -> dict[str, Any]:
    """A `StationFeature`."""
    return places.feature(station(row), "code_bss", "x", "y")


def _list_of_json(text: str | None) -> list[str] | None:
    """The marts keep lists as JSON text; text that is no list is a list of one."""
    if text is None:
        return None
    try:
        parsed = json.loads(text)
    except ValueError:
        return [text]
    return [str(each) for each in parsed] if isinstance(parsed, list) else [text]


async def values(read: Reader, query: schema.PiezoValueQuery, paging: Paging) -> dict[str, Any]:
    """A page of the levels of a station, newest first, a `PiezoValuePage`; HTTPException 404 for no station."""
    head = await read.remembered(_STATION_AND_TOTAL, code_bss=query.code_bss)
    if head is None:
        raise unknown(query.code_bss)
    fields = query.joined
    info = station(head) if query.include_info else None
    rows, following = await levels(fields).part(read, paging, {"code_bss": query.code_bss})
    return {
        "total": head["total"],
        "limit": paging.limit,
        "offset": paging.offset,
        "next": following,
        "results": _values(rows, fields, query.code_bss, info),
    }


@cache
def levels(fields: tuple[str, ...]) -> Listing:
    """The levels of a station with the tables of `fields` joined, newest first."""
    # A day without a time is at midnight.
    instant = func.coalesce(_nappe.timestamp_mesure, cast(_nappe.date_mesure, DateTime(timezone=True)))
    rows = select(instant, _nappe.niveau_nappe_eau, _nappe.profondeur_nappe)
    for field in fields:
        joined = _JOINS[field]
        key = joined.c[f"code_{field}"]
        rows = rows.add_columns(key, joined.c[f"nom_{field}"]).outerjoin(joined, key == _nappe[key.name])
    return Listing(
        rows.add_columns(_nappe.date_mesure),
        [_nappe.date_mesure],
        {"code_bss": _nappe.code_bss == _code},
        newest_first=True,
    )


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


_last_level = (
    select(_nappe.date_mesure, _nappe.niveau_nappe_eau, _nappe.profondeur_nappe, _nappe.statut, _nappe.qualification)
    .where(_nappe.code_bss == _info.code_bss, _nappe.niveau_nappe_eau.is_not(None))
    .order_by(_nappe.date_mesure.desc())
    .limit(1)
    .lateral("last_level")
)
LATEST = Listing(
    select(_info.code_bss, _info.libelle_pe, _info.x, _info.y, *_last_level.c).join_from(
        table_of(InfoNappe), _last_level, true()
    ),
    [_info.code_bss],
    {
        "code_bss": _info.code_bss == func.any(bindparam("code_bss", type_=ARRAY(Text))),
        "code_departement": _info.code_departement == bindparam("code_departement", type_=Text),
    },
)


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
    """Level and weather of a station, day by day, a `PiezoMeteo`; HTTPException 404 for no station."""
    found = await read.row(_STATION_AND_CELL, code_bss=query.code_bss)
    if found is None:
        raise unknown(query.code_bss)
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
