"""The 26 variables of SIM2 for a span of days: from the drivers of `weather`, a snowpack and a soil bucket."""

from dataclasses import dataclass

import numpy as np

from ingestion.simulator.grid import Doubles
from ingestion.simulator.noise import Floats, Integers, normals
from ingestion.simulator.weather import Place, drivers, season

# Days computed before the first one asked for, so that soil and snow forget where they started. Spans start on
# January 1: the soil starts in August, dry, and no snow lies then.
SPIN_UP = 153
_WILTING, _FIELD, _FULL = 0.2, 0.85, 1.04

Variables = dict[str, Floats | Doubles]


@dataclass(frozen=True)
class Soil:
    """Daily water balance, mm, (days, cells); `wetness` is the SWI."""

    snow: Floats
    melt: Floats
    evaporation: Floats
    wetness: Floats
    drainage: Floats
    runoff: Floats

    @classmethod
    def empty(cls, shape: tuple[int, int]) -> "Soil":
        """Room for a span."""
        return cls(*(np.empty(shape, dtype=np.float32) for _ in range(6)))


def water_balance(snowfall: Floats, rain: Floats, warm: Floats, etp: Floats, capacity: Floats) -> Soil:
    """Snowpack with degree-day melt, then a bucket that evaporates, drains above field capacity and overflows."""
    soil = Soil.empty(rain.shape)
    snow = np.zeros(rain.shape[1], dtype=np.float32)
    store = capacity * np.float32(0.45)
    potential_melt = np.maximum(warm, 0) * np.float32(3.5)
    wilting, field, full = capacity * _WILTING, capacity * _FIELD, capacity * _FULL
    slope = np.float32(1) / (capacity * np.float32(0.4))
    one_percent, leak = np.float32(0.03), np.float32(0.12)
    for day in range(rain.shape[0]):
        pack = snow + snowfall[day]
        melt = np.minimum(pack, potential_melt[day], out=soil.melt[day])
        snow = np.subtract(pack, melt, out=soil.snow[day])
        water = rain[day] + melt
        stress = np.clip((store - wilting) * slope, 0, 1)
        lost = np.multiply(etp[day], stress, out=soil.evaporation[day])
        surface = water * one_percent
        store = store + water - lost - surface
        excess = np.maximum(store - full, 0)
        np.add(excess, surface, out=soil.runoff[day])
        store -= excess
        store -= np.multiply(np.maximum(store - field, 0), leak, out=soil.drainage[day])
        np.divide(store, capacity, out=soil.wetness[day])
    return soil


def _capacity(place: Place) -> Floats:
    """Water the root zone holds (mm): 110 to 210 by cell."""
    return (110 + (place.keys * 7919 % 101)).astype(np.float32)


def _climate(place: Place, days: Integers, cloud: Floats, warm: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean temperature and daily range (°C), solar radiation (J/cm²)."""
    angle = season(days)
    mean = 12.8 - 0.75 * (place.latitude - 46.5) - 5.8 * place.altitude / 1000
    swing = np.clip(7.0 + 0.35 * (place.longitude - 2.5), 5, 9.5)
    summer = np.cos(angle - np.float32(2.96))
    clear = 1 - cloud
    temperature = mean + swing * np.cos(angle - np.float32(3.49)) + warm
    spread = 4 + 6 * clear + 2 * (summer + 1) * clear
    sky = (24.5 - 0.4 * (place.latitude - 46.5)) + (16.3 + 0.25 * (place.latitude - 46.5)) * summer
    sun = 100 * sky * (0.2 + 0.5 * clear)
    return temperature.astype(np.float32), spread.astype(np.float32), sun.astype(np.float32)


def simulate(seed: int, place: Place, first: int, last: int) -> Variables:
    """Every variable for the days first to last (day numbers), (days, cells), in published units.

    Values are not rounded. `sswi_10j` is always given: leaving it out or empty is the file's concern.
    """
    days = np.arange(first - SPIN_UP, last + 1)
    drive = drivers(seed, place, days)
    warm = 3.0 * drive.regional.field(1, 0.78, 14) + 0.7 * normals(drive.local, 1)
    t, spread, sun = _climate(place, days, drive.cloud, warm)
    frozen = np.clip((np.float32(1.5) - t) / np.float32(1.0), 0, 1)
    snowfall = drive.precipitation * frozen
    rain = drive.precipitation - snowfall
    etp = np.float32(0.0023 / 2.45 / 0.55) * sun / 100 * np.maximum(t + np.float32(17.8), 0) * np.sqrt(spread)
    soil = water_balance(snowfall, rain, t, etp, _capacity(place))
    wet_10 = _trailing_mean(soil.wetness, 10)
    kept = slice(SPIN_UP, None)
    usual = 0.68 + 0.24 * np.cos(season(days[kept]) - np.float32(0.6))
    out: Variables = {
        "prenei": snowfall[kept],
        "preliq": rain[kept],
        "t": t[kept],
        "ssi": sun[kept],
        "etp": etp[kept],
        "evap": soil.evaporation[kept],
        "pe": drive.precipitation[kept] - soil.evaporation[kept],
        "swi": np.clip(soil.wetness[kept], 0.2, 1.04),
        "sswi_10j": np.clip((wet_10[kept] - usual) / np.float32(0.12), -3.5, 3.5),
        "drainc": soil.drainage[kept],
        "runc": soil.runoff[kept],
        "ecoulement": soil.melt[kept],
        "tinf_h": t[kept] - np.float32(0.5) * spread[kept],
        "tsup_h": t[kept] + np.float32(0.55) * spread[kept],
    }
    _air(out, drive.cloud[kept], normals(drive.local[kept], 2), normals(drive.local[kept], 3), sun[kept])
    _snow_and_ground(out, soil.snow[kept], soil.wetness[kept])
    return out


def _trailing_mean(values: Floats, length: int) -> Floats:
    """Mean of the last `length` days; the first `length` rows are partial sums, for the spin-up only."""
    total = np.cumsum(values, axis=0, dtype=np.float64)
    total[length:] -= total[:-length].copy()
    return (total / length).astype(np.float32)


def _air(out: Variables, cloud: Floats, gust: Floats, damp: Floats, sun: Floats) -> None:
    """Humidity (%), specific humidity (g/kg), wind (m/s), long-wave radiation (J/cm²)."""
    clear = 1 - cloud
    t = out["t"]
    hu = np.clip(94 - clear * (12 + sun / 90) + 4 * damp, 30, 100)
    out["hu"] = hu
    out["q"] = hu * np.float32(0.0378) * np.exp(np.float32(17.27) * t / (t + np.float32(237.3)))
    out["ff"] = np.float32(0.6) + (np.float32(1.8) + cloud) * np.exp(np.float32(0.4) * gust)
    out["dli"] = np.clip(2520 + 33 * t + 380 * cloud, 1500, 3900)


def _snow_and_ground(out: Variables, snow: Floats, wetness: Floats) -> None:
    """Snow reserves (mm), depths (m), cover (%); water and ice of the root zone (m³/m³)."""
    out["resr_neige"] = snow
    out["resr_neige6"] = snow * np.float32(0.98)
    out["hteurneige"] = snow * np.float32(0.004)
    out["hteurneige6"] = snow * np.float32(0.0039)
    out["hteurneigex"] = snow * np.float32(0.0042)
    out["snow_frac"] = np.minimum(snow * 4, 100)
    ice = np.clip((-2 - out["t"]) * np.float32(0.004), 0, 0.06)
    out["wgi_racine"] = ice
    out["wg_racine"] = np.float32(0.08) + np.float32(0.25) * wetness - ice
