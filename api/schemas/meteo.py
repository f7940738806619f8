"""Bodies of the weather route, and the weather of a day, which the levels share."""

import datetime as dt

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlmodel import SQLModel

from api.coordinates import ACCEPTED, Hectometres, to_hectometres
from api.models.series import MonthWeather
from api.models.sim2 import Sim2Variables
from api.schemas.common import Months, Page


class Place(BaseModel):
    """A point, in one of three coordinate systems."""

    lambx: float = Field(allow_inf_nan=False, description=f"Easting. Accepted ranges: {ACCEPTED}.", examples=[652500.0])
    lamby: float = Field(
        allow_inf_nan=False, description="Northing, in the same system as lambx.", examples=[6862500.0]
    )

    @model_validator(mode="after")
    def _is_on_the_map(self) -> "Place":
        to_hectometres(self.lambx, self.lamby)
        return self

    @property
    def point(self) -> Hectometres:
        """The point in SIM2's unit."""
        return to_hectometres(self.lambx, self.lamby)


class MeteoQuery(Place):
    """A point and a day."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"input_date": "2024-01-15", "lambx": 652500.0, "lamby": 6862500.0}]}
    )

    input_date: dt.date = Field(description="The day.", examples=["2024-01-15"])


class MonthsOfPlace(Place, Months):
    """A point, and which months are wanted."""


class Cell(BaseModel):
    """A cell of SIM2's 8 km grid."""

    lambx: int = Field(description="Easting of its centre, Lambert II étendu, hectometres.", examples=[6040])
    lamby: int = Field(description="Northing of its centre, Lambert II étendu, hectometres.", examples=[24330])
    longitude: float = Field(description="Longitude of its centre, WGS84, degrees.", examples=[2.391])
    latitude: float = Field(description="Latitude of its centre, WGS84, degrees.", examples=[48.8953])


class Summary(SQLModel):
    """Three of the variables under plain names."""

    temperature: float | None = Field(
        default=None, description="Mean air temperature of the day (T), °C.", examples=[2.1]
    )
    precipitation: float | None = Field(
        default=None, description="Rain and snow of the day, 06-06 UTC (PRELIQ + PRENEI), mm.", examples=[1.4]
    )
    humidity: float | None = Field(
        default=None, description="Mean relative humidity of the air (HU), %.", examples=[88.4]
    )


class DayWeather(Sim2Variables, Summary):
    """The weather of one day: three values under plain names, then all the published ones under theirs."""


class _Asked(SQLModel):
    date: dt.date = Field(description="The day.", examples=["2024-01-15"])
    lambx: float = Field(description="Easting, as asked.", examples=[652500.0])
    lamby: float = Field(description="Northing, as asked.", examples=[6862500.0])


# The fields of the last base come first in the answer.
class MeteoPoint(DayWeather, _Asked):
    """The weather of one day in the cell nearest to a point."""

    cell: Cell = Field(description="The cell that answers.")
    distance_km: float = Field(description="From the point to the centre of the cell, km; 8 at most.", examples=[4.764])


class MonthsOfCell(Page[MonthWeather]):
    """A page of the months of the cell nearest to a point, newest first."""

    cell: Cell = Field(description="The cell that answers.")
    distance_km: float = Field(description="From the point to the centre of the cell, km; 8 at most.", examples=[4.764])
