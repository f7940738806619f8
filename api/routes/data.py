"""/data: weather and groundwater, for who is logged in."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Response

from api import meteo, piezo
from api.deps import reads
from api.models.marts import Continuite, InfoNappe, Localisation, Meteo, Nappe, NatureMesure, Producteur
from api.reader import Reader
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
    responses={
        401: said("The token is missing, expired or not valid.", WWW_Authenticate="`Bearer`"),
        422: said("The request is malformed.", InvalidInput),
    },
)
_UNKNOWN_STATION: dict[int | str, dict[str, Any]] = {404: said("No such piezometer.")}


def _unknown(error: piezo.UnknownStationError) -> HTTPException:
    return HTTPException(404, f"There is no piezometer {error}: GET /data/piezo/list gives those there are.")


ReadWeather = Annotated[Reader, reads(Localisation, Meteo)]
ReadStations = Annotated[Reader, reads(InfoNappe)]
ReadLevels = Annotated[Reader, reads(InfoNappe, Nappe, Continuite, NatureMesure, Producteur)]
ReadBoth = Annotated[Reader, reads(InfoNappe, Nappe, Localisation, Meteo)]


@router.post(
    "/meteo/",
    summary="Weather at a point on a day",
    response_model=MeteoPoint,
    responses={404: said("No weather cell within 8 km of the point, or no weather on that day.")},
)
async def meteo_point(read: ReadWeather, query: MeteoQuery) -> Response:
    """The weather of the cell of the 8 km grid nearest to the point.

    The coordinates are Lambert-93 metres, Lambert II étendu metres or SIM2 hectometres, told apart by their ranges.
    """
    try:
        return read.answer(await meteo.point(read, query))
    except meteo.NotThereError as error:
        raise HTTPException(404, str(error)) from None


@router.post(
    "/piezo_value/", summary="Levels of a piezometer", response_model=PiezoValuePage, responses=_UNKNOWN_STATION
)
async def piezo_value(read: ReadLevels, query: PiezoValueQuery, limit: Limit = 50, offset: Offset = 0) -> Response:
    """The levels of the groundwater at one piezometer, one a day, newest first."""
    try:
        return read.answer(await piezo.values(read, query, limit, offset))
    except piezo.UnknownStationError as error:
        raise _unknown(error) from None


@router.get("/piezo/list", summary="Piezometers", response_model=StationPage)
async def piezo_list(read: ReadStations, limit: Limit = 100, offset: Offset = 0) -> Response:
    """The piezometers, by code."""
    return read.answer(await piezo.stations(read, limit, offset))


@router.post(
    "/piezo_meteo/", summary="Level and weather side by side", response_model=PiezoMeteo, responses=_UNKNOWN_STATION
)
async def piezo_meteo(read: ReadBoth, query: PiezoMeteoQuery) -> Response:
    """The level of the groundwater and the weather of the piezometer's cell, day by day."""
    try:
        return read.answer(await piezo.side_by_side(read, query))
    except piezo.UnknownStationError as error:
        raise _unknown(error) from None
