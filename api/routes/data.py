"""/data: weather and groundwater, for who is logged in."""

from typing import Any

from fastapi import APIRouter, Depends, HTTPException

from api import meteo, piezo
from api.deps import DatabaseDep, current_user
from api.schemas.common import InvalidInput, Limit, Offset, said
from api.schemas.meteo import MeteoPoint, MeteoQuery
from api.schemas.piezo import (
    PiezoMeteo,
    PiezoMeteoQuery,
    PiezoValuePage,
    PiezoValueQuery,
    StationPage,
)

router = APIRouter(
    prefix="/data",
    tags=["data"],
    dependencies=[Depends(current_user)],
    responses={
        401: said("The token is missing, expired or not valid.", WWW_Authenticate="`Bearer`"),
        422: said("The request is malformed.", InvalidInput),
    },
)
_UNKNOWN_STATION: dict[int | str, dict[str, Any]] = {404: said("No such piezometer.")}


def _unknown(error: piezo.UnknownStationError) -> HTTPException:
    return HTTPException(404, f"There is no piezometer {error}: GET /data/piezo/list gives those there are.")


@router.post(
    "/meteo/",
    summary="Weather at a point on a day",
    responses={404: said("No weather cell within 8 km of the point, or no weather on that day.")},
)
def meteo_point(query: MeteoQuery, db: DatabaseDep) -> MeteoPoint:
    """The weather of the cell of the 8 km grid nearest to the point.

    The coordinates are Lambert-93 metres, Lambert II étendu metres or SIM2 hectometres, told apart by their ranges.
    """
    try:
        with db.reading() as connection:
            return meteo.point(connection, query)
    except meteo.NotThereError as error:
        raise HTTPException(404, str(error)) from None


@router.post("/piezo_value/", summary="Levels of a piezometer", responses=_UNKNOWN_STATION)
def piezo_value(query: PiezoValueQuery, db: DatabaseDep, limit: Limit = 50, offset: Offset = 0) -> PiezoValuePage:
    """The levels of the groundwater at one piezometer, one a day, newest first."""
    try:
        with db.reading() as connection:
            return piezo.values(connection, query, limit, offset)
    except piezo.UnknownStationError as error:
        raise _unknown(error) from None


@router.get("/piezo/list", summary="Piezometers")
def piezo_list(db: DatabaseDep, limit: Limit = 100, offset: Offset = 0) -> StationPage:
    """The piezometers, by code."""
    with db.reading() as connection:
        return piezo.stations(connection, limit, offset)


@router.post("/piezo_meteo/", summary="Level and weather side by side", responses=_UNKNOWN_STATION)
def piezo_meteo(query: PiezoMeteoQuery, db: DatabaseDep) -> PiezoMeteo:
    """The level of the groundwater and the weather of the piezometer's cell, day by day."""
    try:
        with db.reading() as connection:
            return piezo.side_by_side(connection, query)
    except piezo.UnknownStationError as error:
        raise _unknown(error) from None
