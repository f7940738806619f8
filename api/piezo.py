"""Groundwater: the statements and what becomes of their rows."""

import datetime as dt
from functools import cache
from typing import Any

from sqlalchemy import Connection, Date, Integer, Row, Select, Text, bindparam, func, select

from api.models import table_of
from api.models.marts import Continuite, InfoNappe, Localisation, Meteo, Nappe, NatureMesure, Producteur
from api.models.sim2 import VARIABLES
from api.schemas import piezo as schema
from api.schemas.meteo import Cell, summary

_nappe, _info, _cell, _meteo = (table_of(each).c for each in (Nappe, InfoNappe, Localisation, Meteo))
_code = bindparam("code_bss", type_=Text)
_limit, _offset = bindparam("limit", type_=Integer), bindparam("offset", type_=Integer)

_STATION_AND_TOTAL = select(
    table_of(InfoNappe),
    select(func.count()).where(_nappe.code_bss == _code).scalar_subquery().label("total"),
).where(_info.code_bss == _code)
_STATION_AND_CELL = (
    select(_info.distance_maille_km, _cell.lambx, _cell.lamby, _cell.longitude, _cell.latitude)
    .outerjoin_from(
        table_of(InfoNappe), table_of(Localisation), (_cell.lambx == _info.lambx) & (_cell.lamby == _info.lamby)
    )
    .where(_info.code_bss == _code)
)
_STATIONS = select(table_of(InfoNappe)).order_by(_info.code_bss).limit(_limit).offset(_offset)
_STATION_COUNT = select(func.count()).select_from(table_of(InfoNappe))

# What may be asked for with a level: the field of the answer, its model, its table, its key.
_JOINS: dict[str, tuple[type[Any], Any, str]] = {
    "continuite": (schema.Continuite, table_of(Continuite), "code_continuite"),
    "nature_mesure": (schema.NatureMesure, table_of(NatureMesure), "code_nature_mesure"),
    "producteur": (schema.Producteur, table_of(Producteur), "code_producteur"),
}


class UnknownStationError(Exception):
    """No such piezometer."""


def stations(connection: Connection, limit: int, offset: int) -> schema.StationPage:
    """A page of the stations, by code."""
    total = connection.execute(_STATION_COUNT).scalar_one()
    rows = connection.execute(_STATIONS, {"limit": limit, "offset": offset})
    results = [schema.Station.model_validate(row) for row in rows]
    return schema.StationPage(total=total, limit=limit, offset=offset, results=results)


def values(connection: Connection, query: schema.PiezoValueQuery, limit: int, offset: int) -> schema.PiezoValuePage:
    """A page of the levels of a station, newest first; raises UnknownStationError."""
    station = connection.execute(_STATION_AND_TOTAL, {"code_bss": query.code_bss}).one_or_none()
    if station is None:
        raise UnknownStationError(query.code_bss)
    wanted = {
        "continuite": query.include_continuite,
        "nature_mesure": query.include_nature,
        "producteur": query.include_producteur,
    }
    fields = tuple(field for field, is_wanted in wanted.items() if is_wanted)
    info = schema.Station.model_validate(station) if query.include_info else None
    rows = connection.execute(_levels(fields), {"code_bss": query.code_bss, "limit": limit, "offset": offset})
    results = [_value(row, fields, info) for row in rows]
    return schema.PiezoValuePage(total=station.total, limit=limit, offset=offset, results=results)


@cache
def _levels(fields: tuple[str, ...]) -> Select[Any]:
    """A page of levels with the tables of `fields` joined. (code_bss, date_mesure) is the key: the order is total."""
    statement = select(
        _nappe.code_bss, _nappe.date_mesure, _nappe.timestamp_mesure, _nappe.niveau_nappe_eau, _nappe.profondeur_nappe
    )
    for field in fields:
        _, table, key = _JOINS[field]
        statement = statement.add_columns(*table.c).outerjoin(table, table.c[key] == _nappe[key])
    return statement.where(_nappe.code_bss == _code).order_by(_nappe.date_mesure.desc()).limit(_limit).offset(_offset)


def _value(row: Row[Any], fields: tuple[str, ...], info: schema.Station | None) -> schema.PiezoValue:
    columns = row._mapping
    joined: dict[str, Any] = {}
    for field in fields:
        model, table, key = _JOINS[field]
        joined[field] = None if columns[key] is None else model(**{each.name: columns[each.name] for each in table.c})
    return schema.PiezoValue(
        code_bss=row.code_bss,
        date_mesure=row.timestamp_mesure or dt.datetime.combine(row.date_mesure, dt.time(), dt.UTC),
        niveau_nappe_eau=row.niveau_nappe_eau,
        profondeur_nappe=row.profondeur_nappe,
        info=info,
        **joined,
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
_SIDE_BY_SIDE = (
    select(
        _day,
        _days_of_level.c.niveau_nappe_eau,
        _days_of_level.c.profondeur_nappe,
        *(_days_of_weather.c[name] for name in VARIABLES),
    )
    .join_from(_days_of_level, _days_of_weather, _days_of_level.c.date_mesure == _days_of_weather.c.date, full=True)
    .order_by(_day)
)


def side_by_side(connection: Connection, query: schema.PiezoMeteoQuery) -> schema.PiezoMeteo:
    """Level and weather of a station, day by day; raises UnknownStationError."""
    station = connection.execute(_STATION_AND_CELL, {"code_bss": query.code_bss}).one_or_none()
    if station is None:
        raise UnknownStationError(query.code_bss)
    # Without a cell lambx and lamby are null, which no row of meteo equals.
    parameters = {**query.model_dump(), "lambx": station.lambx, "lamby": station.lamby}
    return schema.PiezoMeteo(
        **query.model_dump(),
        cell=None if station.lambx is None else Cell.model_validate(dict(station._mapping)),
        distance_km=station.distance_maille_km,
        results=[_side_by_side_day(row) for row in connection.execute(_SIDE_BY_SIDE, parameters)],
    )


def _side_by_side_day(row: Row[Any]) -> schema.PiezoMeteoDay:
    columns = row._mapping
    weather = {name: columns[name] for name in VARIABLES}
    return schema.PiezoMeteoDay(
        **weather,
        **summary(weather),
        date=row.day,
        niveau_nappe_eau=row.niveau_nappe_eau,
        profondeur_nappe=row.profondeur_nappe,
    )
