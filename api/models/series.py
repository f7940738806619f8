"""The months, the index, and what is derived from the levels. dbt builds them: never `create_all` these.

A `…Row` is a row as an answer gives it; the table of the same name is the row in the database.
"""

import datetime as dt

from sqlalchemy import Date, Double, Integer, Text
from sqlmodel import SQLModel

from api.models.columns import column

_MARTS = {"schema": "marts"}
_CODE = ("The piezometer.", "07548X0009/F", Text)
_MONTH = ("The month, as its first day.", "2024-01-01", Date)


class MonthWeather(SQLModel):
    """Sums and means of a month. A null is a value the producer left empty on all days, or on one of a sum's."""

    mois: dt.date = column(*_MONTH, key=True)
    jours: int = column("Days of the month that there are; fewer than jours_du_mois: not the month's sum.", 31, Integer)
    jours_du_mois: int = column("Days of the month.", 31, Integer)
    precipitation: float | None = column("Rain and snow, sum, mm.", 62.3, Double)
    prenei: float | None = column("Snow, sum, mm of water.", 0.0, Double)
    preliq: float | None = column("Rain, sum, mm.", 62.3, Double)
    etp: float | None = column("Potential evapotranspiration, sum, mm.", 12.5, Double)
    evap: float | None = column("Actual evapotranspiration, sum, mm.", 11.0, Double)
    pe: float | None = column("Effective rainfall, sum, mm; may be negative.", 51.3, Double)
    drainc: float | None = column("Drainage, sum, mm.", 40.2, Double)
    runc: float | None = column("Runoff, sum, mm.", 3.1, Double)
    ecoulement: float | None = column("Flow at the base of the snow cover, sum, mm.", 0.0, Double)
    t: float | None = column("Air temperature, mean, °C.", 4.2, Double)
    ff: float | None = column("Wind speed, mean, m/s.", 3.4, Double)
    q: float | None = column("Specific humidity of the air, mean, g/kg.", 4.6, Double)
    dli: float | None = column("Downward infrared radiation of a day, mean, J/cm².", 2604.0, Double)
    ssi: float | None = column("Downward visible radiation of a day, mean, J/cm².", 341.0, Double)
    hu: float | None = column("Relative humidity of the air, mean, %.", 86.1, Double)
    swi: float | None = column("Soil wetness index, mean: fraction.", 0.97, Double)
    sswi_10j: float | None = column("Standardised soil wetness index over 10 days, mean, no unit.", 0.4, Double)
    wg_racine: float | None = column("Liquid water in the root layer, mean, m³/m³.", 0.29, Double)
    wgi_racine: float | None = column("Frozen water in the root layer, mean, m³/m³.", 0.0, Double)
    resr_neige: float | None = column("Water equivalent of the snow cover, mean, mm.", 0.0, Double)
    hteurneige: float | None = column("Snow depth, mean, m.", 0.0, Double)
    snow_frac: float | None = column("Share of the cell covered by snow, mean, %.", 0.0, Double)
    tinf_h: float | None = column("Lowest hourly air temperature, °C.", -6.3, Double)
    tsup_h: float | None = column("Highest hourly air temperature, °C.", 13.8, Double)


class _Cell(SQLModel):
    lambx: int = column("Easting of the cell.", 6040, Integer, key=True)
    lamby: int = column("Northing of the cell.", 24330, Integer, key=True)


# The fields of the last base come first: the order of the key.
class MeteoMensuelle(MonthWeather, _Cell, table=True):
    """One row per grid cell and month."""

    __tablename__ = "meteo_mensuelle"
    __table_args__ = _MARTS


class NappeMensuelleRow(SQLModel):
    """The levels of a piezometer in one month, whatever their qualification."""

    code_bss: str = column(*_CODE, key=True)
    mois: dt.date = column(*_MONTH, key=True)
    niveau_moyen: float = column("Mean of the daily levels, m NGF.", 61.87, Double)
    niveau_min: float = column("Lowest daily level, m NGF.", 61.52, Double)
    niveau_max: float = column("Highest daily level, m NGF.", 62.1, Double)
    profondeur_moyenne: float | None = column("Mean of the daily depths, m; some repeat the level.", 12.6, Double)
    jours: int = column("Days with a level.", 31, Integer)
    part_valides: float = column("Share of these days with a checked, correct value, 0 to 1.", 0.9, Double)


class NappeMensuelle(NappeMensuelleRow, table=True):
    """One row per piezometer and month."""

    __tablename__ = "nappe_mensuelle"
    __table_args__ = _MARTS


class IndicateurRow(SQLModel):
    """How high the groundwater stands at a piezometer in one month, among the same months of the reference years."""

    code_bss: str = column(*_CODE, key=True)
    mois: dt.date = column(*_MONTH, key=True)
    niveau_moyen: float = column("Mean of the daily levels, m NGF.", 61.87, Double)
    ips: float | None = column(
        "Standardised piezometric index, no unit, -3 (lowest) to 3 (highest); null: see motif.", -0.52, Double
    )
    classe: str | None = column("Its class, très bas to très haut.", "modérément bas", Text)
    annees: int = column("Reference years (1991 to 2020) that have this month.", 24, Integer)
    motif: str | None = column("Why there is no index; null when there is one.", "fewer than 15 reference years", Text)


class IndicateurPiezometrique(IndicateurRow, table=True):
    """One row per piezometer and month."""

    __tablename__ = "indicateur_piezometrique"
    __table_args__ = _MARTS


class PiezoMeteo(SQLModel, table=True):
    """One row per piezometer and day of level, with the weather of its cell."""

    __tablename__ = "piezo_meteo"
    __table_args__ = _MARTS
    code_bss: str = column(*_CODE, key=True)
    date_mesure: dt.date = column("The day.", "2024-01-15", Date, key=True)
    niveau_nappe_eau: float | None = column("Level, m NGF.", 61.87, Double)
    profondeur_nappe: float | None = column("Depth, m.", 12.63, Double)
    lambx: int | None = column("Easting of the cell.", 6040, Integer)
    lamby: int | None = column("Northing of the cell.", 24330, Integer)
    t: float | None = column("Air temperature, °C.", 2.1, Double)
    precipitation: float | None = column("Rain and snow, mm.", 1.4, Double)
    etp: float | None = column("Potential evapotranspiration, mm.", 0.6, Double)
    swi: float | None = column("Soil wetness index, fraction.", 0.98, Double)
    pluie_7j: float | None = column("Rain and snow of 7 days, mm.", 14.2, Double)
    pluie_30j: float | None = column("Rain and snow of 30 days, mm.", 60.1, Double)
    pluie_90j: float | None = column("Rain and snow of 90 days, mm.", 181.0, Double)


class NappeSignalement(SQLModel, table=True):
    """One row per doubt about a series of levels."""

    __tablename__ = "nappe_signalement"
    __table_args__ = _MARTS
    code_bss: str = column(*_CODE, key=True)
    nature: str = column("What is doubtful.", "saut", Text, key=True)
    date_debut: dt.date = column("First day.", "2024-01-15", Date, key=True)
    date_fin: dt.date = column("Last day.", "2024-01-15", Date)
    mesures: int = column("Days with a level.", 1, Integer)
    niveau_avant: float | None = column("Level before a jump, m NGF.", 61.87, Double)
    niveau: float | None = column("Level, m NGF.", 54.2, Double)
