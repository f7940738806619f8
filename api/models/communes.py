"""The communes. dbt builds them: never `create_all` these."""

from sqlalchemy import Boolean, Double, Integer, Text
from sqlmodel import SQLModel

from api.models.columns import column


class CommuneRow(SQLModel):
    """A commune (municipality)."""

    code_insee: str = column("Code at INSEE; no postcode.", "59001", Text, key=True)
    nom: str | None = column("Its name.", "Abancourt", Text)
    code_departement: str | None = column("Code of its département.", "59", Text)
    nom_departement: str | None = column("Name of its département.", "Nord", Text)
    code_region: str | None = column("Code of its région.", "32", Text)
    nom_region: str | None = column("Name of its région.", "Hauts-de-France", Text)
    population: int | None = column("Inhabitants.", 459, Integer)
    superficie_km2: float | None = column("Surface, km².", 6.0, Double)
    longitude: float | None = column("Longitude of its centre, WGS84, degrees.", 3.211, Double)
    latitude: float | None = column("Latitude of its centre, WGS84, degrees.", 50.235, Double)
    actuelle: bool = column("Whether it is in the last list; false when it merged or disappeared.", True, Boolean)


class Commune(CommuneRow, table=True):
    """One row per commune, those that are no more included."""

    __table_args__ = {"schema": "marts"}
    codes_postaux: str | None = column("Its postcodes, in one text.", "59268", Text)
