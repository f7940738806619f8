"""Weather: the statements and what becomes of their rows."""

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

from fastapi import HTTPException
from sqlalchemy import Date, Float, Integer, and_, bindparam, func, select

from api.coordinates import CELL_HM, CELL_KM, Hectometres
from api.models import table_of
from api.models.marts import Localisation, Meteo
from api.models.series import MeteoMensuelle, MonthWeather
from api.models.sim2 import VARIABLES
from api.pages import Listing
from api.reader import Reader
from api.schemas.meteo import MeteoQuery, MonthsOfPlace
from api.statement import Statement

_cell, _meteo = table_of(Localisation).c, table_of(Meteo).c
_x, _y = bindparam("x", type_=Float), bindparam("y", type_=Float)
_squared_distance = ((_cell.lambx - _x) * (_cell.lambx - _x) + (_cell.lamby - _y) * (_cell.lamby - _y)).label("squared")
_by_distance = (
    select(_cell.lambx, _cell.lamby, _cell.longitude, _cell.latitude, _squared_distance)
    # Two cells at the same distance: the western one, then the southern one.
    .order_by(_squared_distance, _cell.lambx, _cell.lamby)
    .limit(1)
)
_near = _by_distance.where(
    # Whole numbers, so that the primary key's index serves.
    _cell.lambx.between(bindparam("x_min", type_=Integer), bindparam("x_max", type_=Integer)),
    _cell.lamby.between(bindparam("y_min", type_=Integer), bindparam("y_max", type_=Integer)),
)
_NEAREST = Statement(_near)
_nearest = _near.subquery("nearest")
POINT = Statement(
    select(_nearest, _meteo.date, *(_meteo[name] for name in VARIABLES)).select_from(
        _nearest.outerjoin(
            table_of(Meteo),
            and_(
                _meteo.lambx == _nearest.c.lambx,
                _meteo.lamby == _nearest.c.lamby,
                _meteo.date == bindparam("day", type_=Date),
            ),
        )
    )
)
_NEAREST_OF_ALL = Statement(_by_distance)
_DAYS = Statement(
    select(func.min(_meteo.date).label("first"), func.max(_meteo.date).label("last"), func.count().label("n")).where(
        _meteo.lambx == bindparam("lambx", type_=Integer), _meteo.lamby == bindparam("lamby", type_=Integer)
    )
)
_month = table_of(MeteoMensuelle).c
MONTHS = Listing(
    select(*(_month[name] for name in MonthWeather.model_fields)),
    [_month.mois],
    {
        "lambx": _month.lambx == bindparam("lambx", type_=Integer),
        "lamby": _month.lamby == bindparam("lamby", type_=Integer),
        "start_date": _month.mois >= bindparam("start_date", type_=Date),
        "end_date": _month.mois <= bindparam("end_date", type_=Date),
    },
    newest_first=True,
)


async def point(read: Reader, query: MeteoQuery) -> dict[str, Any]:
    """The weather of the nearest cell on the day, a `MeteoPoint`; HTTPException 404 when there is none."""
    asked = query.point
    row = await read.row(POINT, **box(asked), day=query.input_date)
    if row is None or row["squared"] > CELL_HM**2:
        raise HTTPException(404, await _too_far(read, asked))
    if row["date"] is None:
        raise HTTPException(404, await _no_such_day(read, query.input_date, row))
    return {
        "date": row["date"],
        "lambx": query.lambx,
        "lamby": query.lamby,
        **weather(row),
        "cell": cell(row),
        "distance_km": _km(row["squared"]),
    }


async def months(read: Reader, query: MonthsOfPlace) -> dict[str, Any]:
    """A page of the months of the nearest cell, a `MonthsOfCell`; HTTPException 404 when there is none."""
    found = await read.row(_NEAREST, **box(query.point))
    if found is None or found["squared"] > CELL_HM**2:
        raise HTTPException(404, await _too_far(read, query.point))
    asked = query.conditions() | {"lambx": found["lambx"], "lamby": found["lamby"]}
    return {**await MONTHS.page(read, query, asked), "cell": cell(found), "distance_km": _km(found["squared"])}


def weather(row: Mapping[str, Any]) -> dict[str, float | None]:
    """A `DayWeather`: three values under plain names, then the published ones."""
    rain, snow = row["preliq"], row["prenei"]
    return {
        "temperature": row["t"],
        # Six decimals: more than is published, fewer than show the binary sum (0.1 + 0.2).
        "precipitation": None if rain is None or snow is None else round(rain + snow, 6),
        "humidity": row["hu"],
        **{name: row[name] for name in VARIABLES},
    }


def cell(row: Mapping[str, Any]) -> dict[str, Any]:
    """A `Cell`."""
    return {name: row[name] for name in ("lambx", "lamby", "longitude", "latitude")}


def box(asked: Hectometres) -> dict[str, float]:
    """The parameters of POINT for a point."""
    return {
        "x": asked.x,
        "y": asked.y,
        "x_min": math.ceil(asked.x - CELL_HM),
        "x_max": math.floor(asked.x + CELL_HM),
        "y_min": math.ceil(asked.y - CELL_HM),
        "y_max": math.floor(asked.y + CELL_HM),
    }


def _km(squared_hectometres: float) -> float:
    return round(math.sqrt(squared_hectometres) / 10, 3)


async def _too_far(read: Reader, asked: Hectometres) -> str:
    row = await read.row(_NEAREST_OF_ALL, x=asked.x, y=asked.y)
    if row is None:
        return "The warehouse holds no weather cell yet."
    return (
        f"No weather cell within {CELL_KM:g} km of this point: the nearest (lambx {row['lambx']}, "
        f"lamby {row['lamby']}) is {_km(row['squared']):,.1f} km away."
    )


async def _no_such_day(read: Reader, day: dt.date, found: Mapping[str, Any]) -> str:
    where = f"the cell lambx {found['lambx']}, lamby {found['lamby']}"
    days = await read.row(_DAYS, lambx=found["lambx"], lamby=found["lamby"])
    if days is None or not days["n"]:
        return f"No weather on {day}: {where} has none on any day."
    return f"No weather on {day}: {where} has {days['n']:,} days from {days['first']} to {days['last']}."
