"""/data/meteo: weather."""

from typing import Annotated

from fastapi import Query, Response

from api import meteo
from api.deps import reads
from api.models.marts import Localisation, Meteo
from api.reader import Reader
from api.routes import data
from api.schemas.meteo import MeteoPoint, MeteoQuery

router = data.router()
ReadWeather = Annotated[Reader, reads(Localisation, Meteo)]
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
