"""Weather: the statements and what becomes of their rows."""

import datetime as dt
import math
from typing import Any

from sqlalchemy import Connection, Date, Float, Integer, and_, bindparam, func, select

from api.coordinates import CELL_HM, CELL_KM, Hectometres
from api.models import table_of
from api.models.marts import Localisation, Meteo
from api.models.sim2 import VARIABLES
from api.schemas.meteo import Cell, MeteoPoint, MeteoQuery, summary


class NotThereError(Exception):
    """No weather for this point and day. The message is a sentence for the caller."""


_cell, _meteo = table_of(Localisation).c, table_of(Meteo).c
_x, _y = bindparam("x", type_=Float), bindparam("y", type_=Float)
_squared_distance = ((_cell.lambx - _x) * (_cell.lambx - _x) + (_cell.lamby - _y) * (_cell.lamby - _y)).label("squared")
_BY_DISTANCE = (
    select(_cell.lambx, _cell.lamby, _cell.longitude, _cell.latitude, _squared_distance)
    # Two cells at the same distance: the western one, then the southern one.
    .order_by(_squared_distance, _cell.lambx, _cell.lamby)
    .limit(1)
)
_NEAREST = _BY_DISTANCE.where(
    # Whole numbers, so that the primary key's index serves.
    _cell.lambx.between(bindparam("x_min", type_=Integer), bindparam("x_max", type_=Integer)),
    _cell.lamby.between(bindparam("y_min", type_=Integer), bindparam("y_max", type_=Integer)),
).subquery("nearest")
_POINT = select(_NEAREST, _meteo.date, *(_meteo[name] for name in VARIABLES)).select_from(
    _NEAREST.outerjoin(
        table_of(Meteo),
        and_(
            _meteo.lambx == _NEAREST.c.lambx,
            _meteo.lamby == _NEAREST.c.lamby,
            _meteo.date == bindparam("day", type_=Date),
        ),
    )
)
_DAYS = select(
    func.min(_meteo.date).label("first"), func.max(_meteo.date).label("last"), func.count().label("n")
).where(_meteo.lambx == bindparam("lambx", type_=Integer), _meteo.lamby == bindparam("lamby", type_=Integer))


def point(connection: Connection, query: MeteoQuery) -> MeteoPoint:
    """The weather of the nearest cell on the day; raises NotThereError."""
    asked = query.point
    row = connection.execute(_POINT, {**_box(asked), "day": query.input_date}).one_or_none()
    if row is None or row.squared > CELL_HM**2:
        raise NotThereError(_too_far(connection, asked))
    values = row._mapping
    if values["date"] is None:
        raise NotThereError(_no_such_day(connection, query.input_date, values))
    weather = {name: values[name] for name in VARIABLES}
    return MeteoPoint(
        **weather,
        **summary(weather),
        date=values["date"],
        lambx=query.lambx,
        lamby=query.lamby,
        cell=Cell.model_validate(dict(values)),
        distance_km=_km(values["squared"]),
    )


def _box(asked: Hectometres) -> dict[str, float]:
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


def _too_far(connection: Connection, asked: Hectometres) -> str:
    row = connection.execute(_BY_DISTANCE, {"x": asked.x, "y": asked.y}).one_or_none()
    if row is None:
        return "The warehouse holds no weather cell yet."
    return (
        f"No weather cell within {CELL_KM:g} km of this point: the nearest (lambx {row.lambx}, lamby {row.lamby}) "
        f"is {_km(row.squared):,.1f} km away."
    )


def _no_such_day(connection: Connection, day: dt.date, cell: Any) -> str:
    where = f"the cell lambx {cell['lambx']}, lamby {cell['lamby']}"
    days = connection.execute(_DAYS, {"lambx": cell["lambx"], "lamby": cell["lamby"]}).one()
    if not days.n:
        return f"No weather on {day}: {where} has none on any day."
    return f"No weather on {day}: {where} has {days.n:,} days from {days.first} to {days.last}."
