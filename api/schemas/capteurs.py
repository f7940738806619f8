"""Bodies of the routes on sensors."""

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, model_validator

from api.models.capteurs import CapteurRow, JourRow, LacuneRow, MesureRow
from api.schemas.common import Departement, Page, Paging, Period, printable
from api.schemas.places import FeatureCollection, Point, Somewhere

QUANTITIES = ("H", "Q", "niveau_eau_ngf", "profondeur_nappe")
SensorCode = Annotated[
    str,
    Field(
        min_length=1,
        max_length=40,
        description="Code of the sensor: of a hydrometric station or site, or a code BSS.",
        examples=["M702241010"],
    ),
    AfterValidator(printable),
]
SensorCodes = Annotated[
    list[SensorCode] | None,
    Field(
        min_length=1,
        max_length=250,  # what an address holds
        description="Codes of sensors, 250 at most; repeat the parameter.",
        examples=[["M702241010"]],
    ),
]
SensorType = Annotated[
    Literal["hydrometrie", "piezometrie"] | None,
    Field(description="Rivers, or groundwater in real time.", examples=["hydrometrie"]),
]
Quantity = Annotated[
    Literal["H", "Q", "niveau_eau_ngf", "profondeur_nappe"] | None,
    Field(
        description="H: height of the river, mm; Q: its flow, l/s; niveau_eau_ngf: level of the groundwater, m NGF; "
        "profondeur_nappe: its depth, m.",
        examples=["H"],
    ),
]


class SensorsQuery(Somewhere):
    """Which sensors are wanted: what is given holds together."""

    type: SensorType = None
    en_service: bool | None = Field(default=None, description="Whether the station is in service.")


class SensorPage(Page[CapteurRow]):
    """A page of the sensors, by code."""


class SensorFeature(BaseModel):
    """A sensor on the map."""

    type: Literal["Feature"] = Field(description="Always `Feature`.")
    id: str = Field(description="Its code.", examples=["M702241010"])
    geometry: Point | None = Field(description="Where it is; null when the provider does not say.")
    properties: CapteurRow = Field(description="What is known of it.")


class SensorMap(FeatureCollection):
    """A page of the sensors as GeoJSON, by code."""

    features: list[SensorFeature] = Field(description="The sensors.")


class LatestValuesQuery(Paging):
    """Of which sensors; of all when nothing is said."""

    code_capteur: SensorCodes = None
    code_departement: Departement = None
    type: SensorType = None
    grandeur: Quantity = None


class _Where(BaseModel):
    libelle: str | None = Field(description="Name of the sensor.", examples=["Le Clain à Poitiers"])
    type: str = Field(description="hydrometrie or piezometrie.", examples=["hydrometrie"])
    longitude: float | None = Field(description="Longitude, WGS84, degrees.", examples=[-1.43])
    latitude: float | None = Field(description="Latitude, WGS84, degrees.", examples=[46.67])


# The fields of the last base come first in the answer.
class LatestValue(_Where, MesureRow):
    """The latest value of one quantity of a sensor, and where the sensor is."""


class LatestValues(Page[LatestValue]):
    """A page of latest values, by sensor and quantity."""


class Between(Paging):
    """Which instants are wanted."""

    start: AwareDatetime | None = Field(
        default=None, description="From this instant on, with its offset.", examples=["2025-01-08T00:00:00Z"]
    )
    end: AwareDatetime | None = Field(
        default=None, description="Before this instant, with its offset.", examples=["2025-01-09T00:00:00Z"]
    )

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> "Between":
        if not all(1 < each.year < 9999 for each in (self.start, self.end) if each):
            raise ValueError("start and end lie in the years 2 to 9998")  # in UTC they would have no date
        if self.start and self.end and self.start >= self.end:
            raise ValueError("start is not before end")
        return self


class ValuesQuery(Between):
    """A sensor, one of its quantities or all, and which of the values."""

    code_capteur: SensorCode
    grandeur: Quantity = None


class ValuePage(Page[MesureRow]):
    """A page of the values of a sensor, by quantity, each the newest first."""


class DaysQuery(Period):
    """A sensor, one of its quantities or all, and which of the days."""

    code_capteur: SensorCode
    grandeur: Quantity = None


class DayPage(Page[JourRow]):
    """A page of the days of a sensor, by quantity, each the newest first."""


SeriesQuery = ValuesQuery | DaysQuery


class GapsQuery(Between):
    """Of which sensors, and which gaps: those that touch the period."""

    code_capteur: SensorCodes = None
    grandeur: Quantity = None


class GapPage(Page[LacuneRow]):
    """A page of gaps, by sensor, quantity and beginning."""
