"""Bodies of the groundwater routes."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlmodel import SQLModel

from api.schemas.common import CodeBss, CodesBss, Departement, Page, Paging
from api.schemas.meteo import Cell, DayWeather
from api.schemas.places import FeatureCollection, Point

MAX_DAYS = 3660


class Station(BaseModel):
    """A piezometer: a well or borehole where the level of the groundwater is measured."""

    code_bss: str = Field(
        description="National code of the piezometer (Banque du sous-sol).", examples=["07548X0009/F"]
    )
    bss_id: str | None = Field(description="Its identifier since 2016.", examples=["BSS001XYZA"])
    urn_bss: str | None = Field(description="Its address at the French groundwater portal ADES.")
    libelle_pe: str | None = Field(description="Its name.", examples=["FORAGE DE LA VALLEE"])
    code_departement: str | None = Field(description="Code of its département.", examples=["75"])
    nom_departement: str | None = Field(description="Name of its département.", examples=["Paris"])
    code_commune_insee: str | None = Field(description="INSEE code of its commune.", examples=["75056"])
    nom_commune: str | None = Field(description="Name of its commune.", examples=["Paris"])
    x: float | None = Field(description="Longitude, WGS84, degrees.", examples=[2.35])
    y: float | None = Field(description="Latitude, WGS84, degrees.", examples=[48.85])
    x_lambert2: float | None = Field(description="Easting, Lambert II étendu, m.", examples=[601_180.0])
    y_lambert2: float | None = Field(description="Northing, Lambert II étendu, m.", examples=[2_429_160.0])
    altitude_station: float | None = Field(description="Altitude of the ground, m NGF.", examples=[74.5])
    profondeur_investigation: float | None = Field(description="Depth of the borehole, m.", examples=[30.0])
    date_debut_mesure: dt.date | None = Field(
        description="Day of the first measure, as the provider says.", examples=["1975-03-01"]
    )
    date_fin_mesure: dt.date | None = Field(
        description="Day of the last measure, as the provider says.", examples=["2024-12-31"]
    )
    nb_mesures_piezo: int | None = Field(description="Number of measures, as the provider says.", examples=[1096])
    codes_bdlisa: list[str] | None = Field(description="Codes of its aquifers (BD LISA).", examples=[["107AK01"]])
    codes_masse_eau_edl: list[str] | None = Field(description="Codes of its groundwater bodies.", examples=[["HG001"]])
    noms_masse_eau_edl: list[str] | None = Field(
        description="Names of its groundwater bodies.", examples=[["Alluvions"]]
    )
    date_maj: dt.datetime | None = Field(
        description="When the provider last changed the station, UTC.", examples=["2024-06-28T05:31:38Z"]
    )
    lambx: int | None = Field(
        description="Easting of its weather cell, hectometres; null when none within 8 km.", examples=[6040]
    )
    lamby: int | None = Field(
        description="Northing of its weather cell, hectometres; null when none within 8 km.", examples=[24330]
    )
    distance_maille_km: float | None = Field(
        description="From the station to the centre of that cell, km.", examples=[2.5]
    )


class StationPage(Page[Station]):
    """A page of the piezometers, by code."""


class StationFeature(BaseModel):
    """A piezometer on the map."""

    type: Literal["Feature"] = Field(description="Always `Feature`.")
    id: str = Field(description="Its code BSS.", examples=["07548X0009/F"])
    geometry: Point | None = Field(description="Where it is; null when the provider does not say.")
    properties: Station = Field(description="What is known of it.")


class StationMap(FeatureCollection):
    """A page of the piezometers as GeoJSON, by code."""

    features: list[StationFeature] = Field(description="The piezometers.")


class LatestQuery(Paging):
    """Of which piezometers; of all when nothing is said."""

    code_bss: CodesBss = None
    code_departement: Departement = None


class LatestLevel(BaseModel):
    """A piezometer and its latest level."""

    code_bss: str = Field(description="The piezometer.", examples=["07548X0009/F"])
    libelle_pe: str | None = Field(description="Its name.", examples=["FORAGE DE LA VALLEE"])
    x: float | None = Field(description="Longitude, WGS84, degrees.", examples=[2.35])
    y: float | None = Field(description="Latitude, WGS84, degrees.", examples=[48.85])
    date_mesure: dt.date = Field(description="The day of the level.", examples=["2024-01-15"])
    niveau_nappe_eau: float = Field(description="Level of the groundwater, m NGF.", examples=[61.87])
    profondeur_nappe: float | None = Field(description="Depth of the groundwater, m.", examples=[12.63])
    statut: str | None = Field(description="How far it was checked.", examples=["Donnée contrôlée niveau 1"])
    qualification: str | None = Field(description="What came of it.", examples=["Correcte"])


class LatestPage(Page[LatestLevel]):
    """A page of the piezometers that have a level, by code."""


class NatureMesure(BaseModel):
    """What a measure is of."""

    code_nature_mesure: str = Field(description="Code.", examples=["N"])
    nom_nature_mesure: str | None = Field(description="Label.", examples=["Naturel"])


class Continuite(BaseModel):
    """How a measure follows the one before."""

    code_continuite: str = Field(description="Code.", examples=["2"])
    nom_continuite: str | None = Field(description="Label.", examples=["Point lié au point précédent"])


class Producteur(BaseModel):
    """Who measured."""

    code_producteur: str = Field(description="Code (SIRET or SANDRE).", examples=["381"])
    nom_producteur: str | None = Field(description="Name.", examples=["BRGM"])


class PiezoValueQuery(BaseModel):
    """A piezometer, and what to say with each of its levels."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code_bss": "07548X0009/F",
                    "include_info": True,
                    "include_continuite": True,
                    "include_nature": False,
                    "include_producteur": False,
                }
            ]
        }
    )

    code_bss: CodeBss
    include_info: bool = Field(default=False, description="Fill `info`.")
    include_continuite: bool = Field(default=False, description="Fill `continuite`.")
    include_nature: bool = Field(default=False, description="Fill `nature_mesure`.")
    include_producteur: bool = Field(default=False, description="Fill `producteur`.")

    @property
    def joined(self) -> tuple[str, ...]:
        """The fields to fill that stand in tables of their own."""
        wanted = {
            "continuite": self.include_continuite,
            "nature_mesure": self.include_nature,
            "producteur": self.include_producteur,
        }
        return tuple(field for field, is_wanted in wanted.items() if is_wanted)


class PiezoValue(BaseModel):
    """The level of the groundwater on one day."""

    code_bss: str = Field(description="The piezometer.", examples=["07548X0009/F"])
    date_mesure: dt.datetime = Field(
        description="When it was measured, UTC; 00:00:00 where the provider gives the day only.",
        examples=["2024-01-15T10:00:00Z"],
    )
    niveau_nappe_eau: float | None = Field(description="Level of the groundwater, m NGF.", examples=[61.87])
    profondeur_nappe: float | None = Field(
        description="Depth of the groundwater below the reference point, m; some producers repeat the level here.",
        examples=[12.63],
    )
    info: Station | None = Field(default=None, description="The piezometer; null unless asked for.")
    continuite: Continuite | None = Field(default=None, description="Null unless asked for, or when not given.")
    nature_mesure: NatureMesure | None = Field(default=None, description="Null unless asked for, or when not given.")
    producteur: Producteur | None = Field(default=None, description="Null unless asked for, or when not given.")


class PiezoValuePage(BaseModel):
    """A page of the levels of one piezometer, newest first."""

    total: int = Field(description="Number of levels in all.")
    limit: int = Field(description="Results asked for at most.")
    offset: int = Field(description="Results skipped.")
    results: list[PiezoValue]


class PiezoValueGet(PiezoValueQuery, Paging):
    """A piezometer, what to say with each of its levels, and which part of them."""

    limit: int = Field(default=50, ge=1, le=1000, description="How many results to give at most, 1 to 1000.")


class PiezoValues(Page[PiezoValue]):
    """A page of the levels of one piezometer, newest first."""


class PiezoMeteoQuery(BaseModel):
    """A piezometer and a period, both ends included."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"code_bss": "07548X0009/F", "start_date": "2024-01-01", "end_date": "2024-01-31"}]
        }
    )

    code_bss: CodeBss
    start_date: dt.date = Field(description="First day.", examples=["2024-01-01"])
    end_date: dt.date = Field(
        description=f"Last day, included; at most {MAX_DAYS} days in all.", examples=["2024-01-31"]
    )

    @model_validator(mode="after")
    def _period_makes_sense(self) -> "PiezoMeteoQuery":
        if self.start_date > self.end_date:
            raise ValueError("start_date is after end_date")
        days = (self.end_date - self.start_date).days + 1
        if days > MAX_DAYS:
            raise ValueError(f"the period has {days} days; at most {MAX_DAYS} are given at once")
        return self


class _Level(SQLModel):
    date: dt.date = Field(description="The day.", examples=["2024-01-15"])
    niveau_nappe_eau: float | None = Field(
        default=None, description="Level of the groundwater, m NGF.", examples=[61.87]
    )
    profondeur_nappe: float | None = Field(default=None, description="Depth of the groundwater, m.", examples=[12.63])


# The fields of the last base come first in the answer.
class PiezoMeteoDay(DayWeather, _Level):
    """Level and weather of one day; nulls where one of the two has nothing that day."""


class PiezoMeteo(BaseModel):
    """Level and weather of one piezometer, day by day."""

    code_bss: str = Field(description="The piezometer.", examples=["07548X0009/F"])
    start_date: dt.date = Field(description="First day, as asked.")
    end_date: dt.date = Field(description="Last day, as asked.")
    cell: Cell | None = Field(description="The weather cell of the piezometer; null when none within 8 km.")
    distance_km: float | None = Field(description="From the piezometer to the centre of the cell, km.")
    results: list[PiezoMeteoDay] = Field(description="Oldest first; a day with neither level nor weather is left out.")
