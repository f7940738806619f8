"""Asking for what lies somewhere, and GeoJSON."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, model_validator

from api.schemas.common import Departement, Paging

MIN_KM, MAX_KM = 0.001, 500
_DECIMALS = 9  # a tenth of a millimetre; without, PostgreSQL refuses to reckon with the smallest numbers


def _box(text: str) -> str:
    parts = [float(part) for part in text.split(",")]
    if len(parts) != 4:
        raise ValueError("a box has four numbers: west,south,east,north")
    west, south, east, north = parts
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise ValueError("a box is west,south,east,north in degrees, west before east and south before north")
    return text


class Somewhere(Paging):
    """By box, by département, or around a point: what is given holds together."""

    bbox: Annotated[str, AfterValidator(_box)] | None = Field(
        default=None,
        max_length=100,
        description="Box `west,south,east,north`, WGS84, degrees.",
        examples=["2.0,48.5,3.0,49.2"],
    )
    code_departement: Departement = None
    longitude: float | None = Field(default=None, ge=-180, le=180, description="Of the point, WGS84, degrees.")
    latitude: float | None = Field(default=None, ge=-90, le=90, description="Of the point, WGS84, degrees.")
    distance_km: float | None = Field(
        default=None, ge=MIN_KM, le=MAX_KM, description=f"From the point, km; {MIN_KM} to {MAX_KM}."
    )

    @model_validator(mode="after")
    def _point_is_whole(self) -> "Somewhere":
        if len({self.longitude is None, self.latitude is None, self.distance_km is None}) != 1:
            raise ValueError("longitude, latitude and distance_km go together")
        return self

    def conditions(self) -> dict[str, Any]:
        """The parameters of `places.within`, and the département."""
        asked = super().conditions()
        box = asked.pop("bbox")
        bounds = (float(part) for part in box.split(",")) if box else (None,) * 4
        for name in ("longitude", "latitude"):
            if asked[name] is not None:
                asked[name] = round(asked[name], _DECIMALS)
        return asked | dict(zip(("west", "south", "east", "north"), bounds, strict=True))


class Point(BaseModel):
    """A GeoJSON point."""

    type: Literal["Point"] = Field(description="Always `Point`.")
    coordinates: list[float] = Field(
        min_length=2, max_length=2, description="Longitude and latitude, WGS84, degrees.", examples=[[2.35, 48.85]]
    )


class FeatureCollection(BaseModel):
    """A page of features as GeoJSON."""

    type: Literal["FeatureCollection"] = Field(description="Always `FeatureCollection`.")
    total: int = Field(description="Number of features in all.")
    limit: int = Field(description="Features asked for at most.")
    offset: int = Field(description="Features skipped; 0 with `after`.")
    next: str | None = Field(description="Send it as `after` to get the next page; null on the last one.")
