"""The marts of the sensors. dbt builds them: never `create_all` these.

A `…Row` is a row as an answer gives it; the table of the same name is the row in the database.
"""

import datetime as dt

from sqlalchemy import BigInteger, Boolean, Date, DateTime, Double, Integer, Text
from sqlmodel import SQLModel

from api.models.columns import column

_MARTS = {"schema": "marts"}
_Instant = DateTime(timezone=True)
_CODE = ("The sensor.", "M702241010", Text)
_QUANTITY = ("Quantity: H, Q, niveau_eau_ngf or profondeur_nappe.", "H", Text)
_UNIT = ("Unit of the values: mm (H), l/s (Q), m NGF (niveau_eau_ngf), m (profondeur_nappe).", "mm", Text)


class CapteurRow(SQLModel):
    """A sensor: a hydrometric station or site, or a piezometer in real time."""

    code_capteur: str = column("Code of the station, of the site, or of the piezometer.", "M702241010", Text, key=True)
    type: str = column("hydrometrie (height and flow of a river) or piezometrie (groundwater).", "hydrometrie", Text)
    libelle: str | None = column("Its name.", "Le Clain à Poitiers", Text)
    code_site: str | None = column("The hydrometric site of the station.", "M7022410", Text)
    code_bss: str | None = column("The piezometer, in the BSS.", "06252X0063/PZ1", Text)
    code_departement: str | None = column("Code of its département.", "85", Text)
    code_insee: str | None = column("INSEE code of its commune.", "85191", Text)
    longitude: float | None = column("Longitude, WGS84, degrees; null for a site.", -1.43, Double)
    latitude: float | None = column("Latitude, WGS84, degrees; null for a site.", 46.67, Double)
    altitude: float | None = column("Altitude of the scale's zero, or of the ground at a piezometer, m.", 48.2, Double)
    code_systeme_alti: int | None = column("System of the altitude (Sandre): 3 is NGF-IGN69.", 3, BigInteger)
    libelle_cours_eau: str | None = column("The river.", "Le Clain", Text)
    en_service: bool | None = column("Whether the station is in service; null when not said.", True, Boolean)


class Capteur(CapteurRow, table=True):
    """One row per sensor."""

    __table_args__ = _MARTS


class MesureRow(SQLModel):
    """A value with its unit, and what is said of it. The labels are null for a piezometer: real time is raw."""

    code_capteur: str = column(*_CODE, key=True)
    grandeur: str = column(*_QUANTITY, key=True)
    instant: dt.datetime = column("When it was measured, UTC.", "2025-01-08T09:00:00Z", _Instant, key=True)
    valeur: float = column("The value; a height may be negative.", 412.0, Double)
    unite: str = column(*_UNIT)
    code_statut: int | None = column("How far it was checked (Sandre): 4 raw to 16 validated.", 4, Integer)
    libelle_statut: str | None = column("The same in words.", "Donnée brute", Text)
    code_qualification: int | None = column("What came of it: 20 good, 16 not qualified, 12 doubtful.", 16, Integer)
    libelle_qualification: str | None = column("The same in words.", "Non qualifiée", Text)
    code_methode: int | None = column("How it was obtained: 0 measured, 8 calculated.", 0, Integer)
    libelle_methode: str | None = column("The same in words.", "Mesure", Text)
    code_continuite: int | None = column("Whether it goes on from the value before: 0 it does.", 0, Integer)
    libelle_continuite: str | None = column("The same in words.", "Continue", Text)


class MesureCapteur(MesureRow, table=True):
    """One row per sensor, quantity and instant."""

    __tablename__ = "mesure_capteur"
    __table_args__ = _MARTS


class JourRow(SQLModel):
    """The values of a day (UTC)."""

    code_capteur: str = column(*_CODE, key=True)
    grandeur: str = column(*_QUANTITY, key=True)
    jour: dt.date = column("The day (UTC).", "2025-01-08", Date, key=True)
    moyenne: float = column("Mean of the values.", 420.5, Double)
    minimum: float = column("Lowest value.", 398.0, Double)
    maximum: float = column("Highest value.", 451.0, Double)
    mesures: int = column("Number of values.", 24, Integer)
    unite: str = column(*_UNIT)
    premier_instant: dt.datetime = column("First value, UTC.", "2025-01-08T00:00:00Z", _Instant)
    dernier_instant: dt.datetime = column("Last value, UTC.", "2025-01-08T23:00:00Z", _Instant)


class MesureCapteurJour(JourRow, table=True):
    """One row per sensor, quantity and day (UTC)."""

    __tablename__ = "mesure_capteur_jour"
    __table_args__ = _MARTS


class LacuneRow(SQLModel):
    """A gap: two successive values more than 6 hours apart."""

    code_capteur: str = column(*_CODE, key=True)
    grandeur: str = column(*_QUANTITY, key=True)
    debut: dt.datetime = column("Last value before the gap, UTC.", "2025-01-02T10:00:00Z", _Instant, key=True)
    fin: dt.datetime = column("First value after it, UTC.", "2025-01-03T08:00:00Z", _Instant)
    heures: float = column("Length, hours.", 22.0, Double)
    cause: str = column("`historique perdu` or `sans mesure`: see the column's description.", "sans mesure", Text)


class LacuneCapteur(LacuneRow, table=True):
    """One row per gap in a series of values."""

    __tablename__ = "lacune_capteur"
    __table_args__ = _MARTS
