"""/data/capteurs: sensors."""

from typing import Annotated

from fastapi import Query, Response

from api import capteurs, places
from api.deps import reads
from api.models.capteurs import Capteur, LacuneCapteur, MesureCapteur, MesureCapteurJour
from api.reader import Reader
from api.routes import data
from api.schemas import capteurs as schema

router = data.router()
ReadSensors = Annotated[Reader, reads(Capteur)]
ReadValues = Annotated[Reader, reads(Capteur, MesureCapteur)]
ReadDays = Annotated[Reader, reads(Capteur, MesureCapteurJour)]
ReadGaps = Annotated[Reader, reads(LacuneCapteur)]
_MISSING = "No such sensor."


@router.get("/capteurs/list", summary="Sensors", response_model=schema.SensorPage, responses=data.says())
async def sensor_list(read: ReadSensors, where: Annotated[schema.SensorsQuery, Query()]) -> Response:
    """The sensors, all or by kind and place, by code."""
    return read.answer(await capteurs.SENSORS.page(read, where, where.conditions()))


@router.get(
    "/capteurs/stations",
    summary="Sensors on the map",
    response_model=schema.SensorMap,
    response_class=data.GeoJson,
    responses=data.says(),
)
async def sensor_stations(read: ReadSensors, where: Annotated[schema.SensorsQuery, Query()]) -> Response:
    """The same as GeoJSON."""
    page = await capteurs.SENSORS.page(read, where, where.conditions(), capteurs.sensor_feature)
    return read.answer(places.collection(page), data.GEO_JSON)


@router.get("/capteurs/latest", summary="Latest values", response_model=schema.LatestValues, responses=data.says())
async def sensor_latest(read: ReadValues, query: Annotated[schema.LatestValuesQuery, Query()]) -> Response:
    """The latest value of each quantity of many sensors at once; those without a value are left out."""
    return read.answer(await capteurs.LATEST.page(read, query, query.conditions()))


@router.get(
    "/capteurs/values",
    summary="Values of a sensor",
    response_model=schema.ValuePage,
    responses=data.says(missing=_MISSING),
)
async def sensor_values(read: ReadValues, query: Annotated[schema.ValuesQuery, Query()]) -> Response:
    """The values of one sensor with their unit and quality, by quantity, each the newest first."""
    return read.answer(await capteurs.series(read, capteurs.VALUES, query))


@router.get(
    "/capteurs/daily",
    summary="Days of a sensor",
    response_model=schema.DayPage,
    responses=data.says(missing=_MISSING),
)
async def sensor_daily(read: ReadDays, query: Annotated[schema.DaysQuery, Query()]) -> Response:
    """Mean, lowest and highest value of each day (UTC) at one sensor: kept longer than the values themselves."""
    return read.answer(await capteurs.series(read, capteurs.DAYS, query))


@router.get("/capteurs/gaps", summary="Gaps", response_model=schema.GapPage, responses=data.says())
async def sensor_gaps(read: ReadGaps, query: Annotated[schema.GapsQuery, Query()]) -> Response:
    """The gaps of more than 6 hours in the series of one, many or all sensors, and why they are there."""
    return read.answer(await capteurs.GAPS.page(read, query, query.conditions()))
