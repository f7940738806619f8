"""Points on the map, in WGS84 degrees: conditions by box or distance, and rows as GeoJSON (RFC 7946)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Float, bindparam, func

EARTH_KM = 6371.0088  # mean radius, IUGG
_KM_PER_DEGREE = 110.5  # of latitude, at least


def within(longitude: ColumnElement[Any], latitude: ColumnElement[Any]) -> dict[str, ColumnElement[bool]]:
    """Conditions of a `Listing`: a box by `west`, `south`, `east` and `north`, and `distance_km` from a point given by
    `longitude` and `latitude`.
    """
    bounds = {name: bindparam(name, type_=Float) for name in ("west", "south", "east", "north")}
    distance = bindparam("distance_km", type_=Float)
    band = distance / _KM_PER_DEGREE
    y = bindparam("latitude", type_=Float)
    return {
        "west": longitude >= bounds["west"],
        "south": latitude >= bounds["south"],
        "east": longitude <= bounds["east"],
        "north": latitude <= bounds["north"],
        # The band first: it costs less to compute than the distance.
        "distance_km": latitude.between(y - band, y + band) & (_distance_km(longitude, latitude) <= distance),
    }


def _distance_km(longitude: ColumnElement[Any], latitude: ColumnElement[Any]) -> ColumnElement[Any]:
    """Along the great circle, by the haversine formula; half a percent from the ellipsoid at most."""
    x, y = bindparam("longitude", type_=Float), bindparam("latitude", type_=Float)
    north = func.power(func.sin(func.radians(latitude - y) / 2), 2)
    east = func.power(func.sin(func.radians(longitude - x) / 2), 2)
    sine = func.sqrt(north + func.cos(func.radians(y)) * func.cos(func.radians(latitude)) * east)
    return 2 * EARTH_KM * func.asin(func.least(1.0, sine))


def feature(row: Mapping[str, Any], name: str, x: str, y: str) -> dict[str, Any]:
    """A Feature whose identifier is the column `name`, with a point from the columns `x` and `y`, null when unknown."""
    longitude, latitude = row[x], row[y]
    known = longitude is not None and latitude is not None
    return {
        "type": "Feature",
        "id": row[name],
        "geometry": {"type": "Point", "coordinates": [longitude, latitude]} if known else None,
        "properties": row,
    }


def collection(page: dict[str, Any]) -> dict[str, Any]:
    """A `Page` of features as a FeatureCollection, with the rest of the page beside the features."""
    features = page.pop("results")
    return {"type": "FeatureCollection", **page, "features": features}
