"""The marts of schema `marts` that the API reads. dbt builds them: never `create_all` these.

tests/api/test_models.py compares every column with the database the chain built.
"""

# Pydantic reads the annotations; a field named `date` would hide the type of the same name.
import datetime as dt

from sqlalchemy import BigInteger, DateTime, Double, Integer, Text
from sqlmodel import Field, SQLModel

from api.models.sim2 import Sim2Variables

_MARTS = {"schema": "marts"}


class Localisation(SQLModel, table=True):
    """One row per SIM2 grid cell."""

    __table_args__ = _MARTS
    lambx: int = Field(primary_key=True, sa_type=Integer)
    lamby: int = Field(primary_key=True, sa_type=Integer)
    x_lambert2: float = Field(sa_type=Double)
    y_lambert2: float = Field(sa_type=Double)
    x_lambert93: float = Field(sa_type=Double)
    y_lambert93: float = Field(sa_type=Double)
    longitude: float = Field(sa_type=Double)
    latitude: float = Field(sa_type=Double)


class Meteo(Sim2Variables, table=True):
    """One row per grid cell and day."""

    __table_args__ = _MARTS
    lambx: int = Field(primary_key=True, sa_type=Integer)
    lamby: int = Field(primary_key=True, sa_type=Integer)
    date: dt.date = Field(primary_key=True)
    nom_du_fichier: str = Field(sa_type=Text)


class InfoNappe(SQLModel, table=True):
    """One row per piezometer."""

    __tablename__ = "info_nappe"
    __table_args__ = _MARTS
    code_bss: str = Field(primary_key=True, sa_type=Text)
    bss_id: str | None = Field(sa_type=Text)
    urn_bss: str | None = Field(sa_type=Text)
    libelle_pe: str | None = Field(sa_type=Text)
    code_departement: str | None = Field(sa_type=Text)
    nom_departement: str | None = Field(sa_type=Text)
    code_commune_insee: str | None = Field(sa_type=Text)
    nom_commune: str | None = Field(sa_type=Text)
    x: float | None = Field(sa_type=Double)
    y: float | None = Field(sa_type=Double)
    x_lambert2: float | None = Field(sa_type=Double)
    y_lambert2: float | None = Field(sa_type=Double)
    altitude_station: float | None = Field(sa_type=Double)
    profondeur_investigation: float | None = Field(sa_type=Double)
    date_debut_mesure: dt.date | None
    date_fin_mesure: dt.date | None
    nb_mesures_piezo: int | None = Field(sa_type=BigInteger)
    codes_bdlisa: str | None = Field(sa_type=Text)
    codes_masse_eau_edl: str | None = Field(sa_type=Text)
    noms_masse_eau_edl: str | None = Field(sa_type=Text)
    date_maj: dt.datetime | None = Field(sa_type=DateTime(timezone=True))
    lambx: int | None = Field(sa_type=Integer)
    lamby: int | None = Field(sa_type=Integer)
    distance_maille_km: float | None = Field(sa_type=Double)


class NatureMesure(SQLModel, table=True):
    """One row per nature of a measure."""

    __tablename__ = "nature_mesure"
    __table_args__ = _MARTS
    code_nature_mesure: str = Field(primary_key=True, sa_type=Text)
    nom_nature_mesure: str | None = Field(sa_type=Text)


class Continuite(SQLModel, table=True):
    """One row per continuity of a measure with the one before."""

    __table_args__ = _MARTS
    code_continuite: str = Field(primary_key=True, sa_type=Text)
    nom_continuite: str | None = Field(sa_type=Text)


class Producteur(SQLModel, table=True):
    """One row per producer of measures."""

    __table_args__ = _MARTS
    code_producteur: str = Field(primary_key=True, sa_type=Text)
    nom_producteur: str | None = Field(sa_type=Text)


class Nappe(SQLModel, table=True):
    """One row per piezometer and day."""

    __table_args__ = _MARTS
    code_bss: str = Field(primary_key=True, sa_type=Text)
    date_mesure: dt.date = Field(primary_key=True)
    timestamp_mesure: dt.datetime | None = Field(sa_type=DateTime(timezone=True))
    niveau_nappe_eau: float | None = Field(sa_type=Double)
    profondeur_nappe: float | None = Field(sa_type=Double)
    mode_obtention: str | None = Field(sa_type=Text)
    statut: str | None = Field(sa_type=Text)
    qualification: str | None = Field(sa_type=Text)
    code_nature_mesure: str | None = Field(sa_type=Text)
    code_continuite: str | None = Field(sa_type=Text)
    code_producteur: str | None = Field(sa_type=Text)
    mesures_du_jour: int = Field(sa_type=Integer)


class VersionDonnees(SQLModel, table=True):
    """One row per mart: when it was last built. A view, so it has no key of its own."""

    __tablename__ = "version_donnees"
    __table_args__ = _MARTS
    modele: str = Field(primary_key=True, sa_type=Text)
    construit_le: dt.datetime = Field(sa_type=DateTime(timezone=True))
