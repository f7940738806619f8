"""/data/meteo: weather."""

from typing import Annotated

from fastapi import Query, Response

from api import meteo
from api.deps import reads
from api.models.marts import Localisation, Meteo
from api.models.series import MeteoMensuelle
from api.reader import Reader
from api.routes import data
from api.schemas.meteo import MeteoPoint, MeteoQuery, MonthsOfCell, MonthsOfPlace

router = data.router()
ReadWeather = Annotated[Reader, reads(Localisation, Meteo)]
ReadMonths = Annotated[Reader, reads(Localisation, MeteoMensuelle)]
_MISSING = "No weather cell within 8 km of the point, or no weather on that day."


@router.post(
    "/meteo/",
    summary="Weather at a point on a day",
    response_model=MeteoPoint,
    responses=data.says(get=False, missing=_MISSING),
)
async def meteo_point(read: ReadWeather, query: MeteoQuery) -> Response:
    """The weather of the cell of the 8 km grid nearest to the point.

    The coordinates are Lambert-93 metres, Lambert II étendu metres or SIM2 hectometres, told apart by their ranges.
    """
    return read.answer(await meteo.point(read, query))


@router.get("/meteo/", summary="The same, to be kept", response_model=MeteoPoint, responses=data.says(missing=_MISSING))
async def get_meteo_point(read: ReadWeather, query: Annotated[MeteoQuery, Query()]) -> Response:
    """What `POST /data/meteo/` answers, with an ETag."""
    return read.answer(await meteo.point(read, query))


@router.get(
    "/meteo/monthly",
    summary="Weather at a point, month by month",
    response_model=MonthsOfCell,
    responses=data.says(missing="No weather cell within 8 km of the point."),
)
async def meteo_monthly(read: ReadMonths, query: Annotated[MonthsOfPlace, Query()]) -> Response:
    """The months of the cell nearest to the point, newest first: sums of the waters, means of the rest."""
    return read.answer(await meteo.months(read, query))
