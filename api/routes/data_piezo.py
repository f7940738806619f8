"""/data/piezo…: groundwater."""

from typing import Annotated

from fastapi import Query, Response

from api import piezo, piezo_months, places
from api.deps import reads
from api.models.marts import Continuite, InfoNappe, Localisation, Meteo, Nappe, NatureMesure, Producteur
from api.models.series import IndicateurPiezometrique, NappeMensuelle
from api.reader import Reader
from api.routes import data
from api.schemas.common import Limit, Offset, Paging
from api.schemas.piezo import (
    LatestPage,
    LatestQuery,
    PiezoMeteo,
    PiezoMeteoQuery,
    PiezoValueGet,
    PiezoValuePage,
    PiezoValueQuery,
    PiezoValues,
    StationMap,
    StationPage,
)
from api.schemas.piezo_months import IndexPage, IndexQuery, MonthsOfStation, StationMonths
from api.schemas.places import Somewhere

router = data.router()
ReadStations = Annotated[Reader, reads(InfoNappe)]
ReadLatest = Annotated[Reader, reads(InfoNappe, Nappe)]
ReadLevels = Annotated[Reader, reads(InfoNappe, Nappe, Continuite, NatureMesure, Producteur)]
ReadBoth = Annotated[Reader, reads(InfoNappe, Nappe, Localisation, Meteo)]
ReadMonths = Annotated[Reader, reads(InfoNappe, NappeMensuelle)]
ReadIndex = Annotated[Reader, reads(InfoNappe, IndicateurPiezometrique)]
_MISSING = "No such piezometer."


@router.post(
    "/piezo_value/",
    summary="Levels of a piezometer",
    response_model=PiezoValuePage,
    responses=data.says(get=False, missing=_MISSING),
)
async def piezo_value(read: ReadLevels, query: PiezoValueQuery, limit: Limit = 50, offset: Offset = 0) -> Response:
    """The levels of the groundwater at one piezometer, one a day, newest first."""
    page = await piezo.values(read, query, Paging.model_construct(limit=limit, offset=offset))
    del page["next"]
    return read.answer(page)


@router.get(
    "/piezo_value/",
    summary="The same, to be kept and paged",
    response_model=PiezoValues,
    responses=data.says(missing=_MISSING),
)
async def get_piezo_value(read: ReadLevels, query: Annotated[PiezoValueGet, Query()]) -> Response:
    """What `POST /data/piezo_value/` answers, with an ETag, and pages that go on behind the last row."""
    return read.answer(await piezo.values(read, query, query))


@router.get("/piezo/list", summary="Piezometers", response_model=StationPage, responses=data.says())
async def piezo_list(read: ReadStations, paging: Annotated[Paging, Query()]) -> Response:
    """The piezometers, by code."""
    return read.answer(await piezo.STATIONS.page(read, paging, {}, piezo.station))


@router.get(
    "/piezo/stations",
    summary="Piezometers on the map",
    response_model=StationMap,
    response_class=data.GeoJson,
    responses=data.says(),
)
async def piezo_stations(read: ReadStations, where: Annotated[Somewhere, Query()]) -> Response:
    """The piezometers in a box, in a département, or around a point, as GeoJSON, by code."""
    page = await piezo.STATIONS.page(read, where, where.conditions(), piezo.station_feature)
    return read.answer(places.collection(page), data.GEO_JSON)


@router.get("/piezo/latest", summary="Latest levels", response_model=LatestPage, responses=data.says())
async def piezo_latest(read: ReadLatest, query: Annotated[LatestQuery, Query()]) -> Response:
    """The latest level of many piezometers at once; those without a level are left out."""
    return read.answer(await piezo.LATEST.page(read, query, query.conditions()))


@router.get(
    "/piezo/monthly",
    summary="Levels of a piezometer, month by month",
    response_model=StationMonths,
    responses=data.says(missing=_MISSING),
)
async def piezo_monthly(read: ReadMonths, query: Annotated[MonthsOfStation, Query()]) -> Response:
    """Mean, lowest and highest level of each month at one piezometer, newest first."""
    return read.answer(await piezo_months.months(read, query))


@router.get("/piezo/index", summary="Standardised index", response_model=IndexPage, responses=data.says())
async def piezo_index(read: ReadIndex, query: Annotated[IndexQuery, Query()]) -> Response:
    """The standardised piezometric index (IPS) of one, many or all piezometers, by code and month."""
    return read.answer(await piezo_months.INDEX.page(read, query, query.conditions()))


@router.post(
    "/piezo_meteo/",
    summary="Level and weather side by side",
    response_model=PiezoMeteo,
    responses=data.says(get=False, missing=_MISSING),
)
async def piezo_meteo(read: ReadBoth, query: PiezoMeteoQuery) -> Response:
    """The level of the groundwater and the weather of the piezometer's cell, day by day."""
    return read.answer(await piezo.side_by_side(read, query))


@router.get(
    "/piezo_meteo/", summary="The same, to be kept", response_model=PiezoMeteo, responses=data.says(missing=_MISSING)
)
async def get_piezo_meteo(read: ReadBoth, query: Annotated[PiezoMeteoQuery, Query()]) -> Response:
    """What `POST /data/piezo_meteo/` answers, with an ETag."""
    return read.answer(await piezo.side_by_side(read, query))
