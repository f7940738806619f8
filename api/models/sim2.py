"""The 26 variables of SIM2, in the order Météo-France publishes them: the one place the API has them.

Units and meanings: Météo-France, description of the daily SIM2 files (data.gouv.fr dataset 6569b27598256cc583c917a7).
"""

from sqlalchemy import Double
from sqlmodel import Field, SQLModel


def _variable(description: str, example: float) -> float | None:
    value: float | None = Field(
        default=None, description=description, sa_type=Double, schema_extra={"examples": [example]}
    )
    return value


class Sim2Variables(SQLModel):
    """The published variables of one cell and day. A null is a value the producer left empty."""

    prenei: float | None = _variable("Solid precipitation (snow), 06-06 UTC, mm.", 0.0)
    preliq: float | None = _variable("Liquid precipitation (rain), 06-06 UTC, mm.", 1.4)
    t: float | None = _variable("Mean air temperature of the day, °C.", 2.1)
    ff: float | None = _variable("Mean wind speed of the day, m/s.", 3.2)
    q: float | None = _variable("Mean specific humidity of the air, g/kg.", 3.9)
    dli: float | None = _variable("Downward atmospheric (infrared) radiation, sum of the day, J/cm².", 2416.0)
    ssi: float | None = _variable("Downward visible radiation, sum of the day, J/cm².", 312.5)
    hu: float | None = _variable("Mean relative humidity of the air, %.", 88.4)
    evap: float | None = _variable("Actual evapotranspiration, 06-06 UTC, mm.", 0.4)
    etp: float | None = _variable("Potential evapotranspiration (Penman-Monteith), 06-06 UTC, mm.", 0.6)
    pe: float | None = _variable("Effective rainfall, 06-06 UTC, mm; may be negative.", 1.0)
    swi: float | None = _variable(
        "Soil wetness index, 06-06 UTC: fraction, 0 = wilting point, 1 = field capacity.", 0.98
    )
    sswi_10j: float | None = _variable(
        "Standardised soil wetness index over 10 days, no unit; empty in older files.", 0.71
    )
    drainc: float | None = _variable("Drainage, 06-06 UTC, mm.", 1.1)
    runc: float | None = _variable("Runoff, 06-06 UTC, mm.", 0.1)
    resr_neige: float | None = _variable("Water equivalent of the snow cover, mean 06-06 UTC, mm.", 0.0)
    resr_neige6: float | None = _variable("Water equivalent of the snow cover at 06 UTC, mm.", 0.0)
    hteurneige: float | None = _variable("Snow depth, mean 06-06 UTC, m.", 0.0)
    hteurneige6: float | None = _variable("Snow depth at 06 UTC, m.", 0.0)
    hteurneigex: float | None = _variable("Largest snow depth, 06-06 UTC, m.", 0.0)
    snow_frac: float | None = _variable("Share of the cell covered by snow, mean 06-06 UTC, %.", 0.0)
    ecoulement: float | None = _variable("Flow at the base of the snow cover, 06-06 UTC, mm.", 0.0)
    wg_racine: float | None = _variable("Liquid water in the root layer at 06 UTC, m³/m³.", 0.287)
    wgi_racine: float | None = _variable("Frozen water in the root layer at 06 UTC, m³/m³.", 0.0)
    tinf_h: float | None = _variable("Lowest of the 24 hourly air temperatures, °C.", -0.8)
    tsup_h: float | None = _variable("Highest of the 24 hourly air temperatures, °C.", 5.2)


VARIABLES: tuple[str, ...] = tuple(Sim2Variables.model_fields)
