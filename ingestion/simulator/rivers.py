"""Hydrometric stations of a scenario and their real-time values: heights in mm and flows in l/s.

What a moment shows depends on its age at the scenario's hour only: values come minutes late, some hours later than
those after them, some never; the last hours are raw, older ones of some stations come corrected as well. Names are
made up.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ingestion.simulator.departments import DEPARTMENTS, Department
from ingestion.simulator.noise import Floats, Integers, Words, keys, mix, normals, uniforms
from ingestion.simulator.world import EPOCH, Scenario

HISTORY_MINUTES = 30 * 24 * 60
RAW, CORRECTED = 4, 8
GOOD, DOUBTFUL, NOT_QUALIFIED = 20, 12, 16
MEASURED, CALCULATED = 0, 8
NAMED = ("M702241010", "M703243010")  # real codes, followed to begin with; all else of them is made up
_STEPS = (60, 15, 5, 30, 60, 60)
_BASINS = "AEHKLMOPVY"
_RIVERS = ("la Brède", "le Vernon", "l'Ausonne", "la Morte", "le Clain Noir", "l'Isle Verte")
_TOWNS = ("Montreuil", "Fontaine", "Bellecombe", "Saint-Aubin", "Villeneuve", "Roche")
_BLOCK = 120  # minutes that are late, or lost, together
_OUTAGE = 600  # minutes for which a station is out of order now and then
_CORRECTED_AFTER = 8 * 60


@dataclass(frozen=True)
class Gauge:
    """A station on a river. Times are minutes, heights mm; `zero` is the altitude of its scale in m, None if unknown.

    `flow` says whose the flow is: the station's, the site's (published without a station), or nobody's.
    """

    index: int
    code_station: str
    department: Department
    commune: str
    town: str
    river: str
    longitude: float
    latitude: float
    zero: float | None
    step: int
    latency: int
    base: int
    reach: int
    flow: str
    word: int

    @property
    def code_site(self) -> str:
        """The site that the station belongs to."""
        return self.code_station[:8]

    @property
    def in_service(self) -> bool:
        """Whether it measures: one station in seven is closed."""
        return self.index % 7 != 6


@dataclass(frozen=True)
class Values:
    """Published rows of one quantity of one gauge: minutes since 1970, value (mm or l/s), codes."""

    minute: Integers
    value: Integers
    status: Integers
    quality: Integers

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.minute)

    def lists(self) -> tuple[list[int], ...]:
        """Minutes, values, statuts and qualifications as Python's integers."""
        return tuple(column.tolist() for column in (self.minute, self.value, self.status, self.quality))


def now_minute(scenario: Scenario) -> int:
    """The scenario's hour, in minutes since 1970."""
    return ((scenario.today - EPOCH).days * 24 + scenario.hour) * 60


@lru_cache(maxsize=8)
def gauges(scenario: Scenario) -> tuple[Gauge, ...]:
    """The hydrometric stations of a scenario."""
    return tuple(_gauge(scenario, index) for index in range(scenario.sensors))


def _gauge(scenario: Scenario, index: int) -> Gauge:
    word = int(keys(scenario.seed, 60, np.array([index]))[0])
    dice = [(word >> shift & 0xFF) / 256 for shift in range(0, 64, 8)]
    by_code = {department.code: department for department in DEPARTMENTS}
    department = by_code["85"] if index < len(NAMED) else DEPARTMENTS[word % len(DEPARTMENTS)]
    made_up = f"{_BASINS[word % len(_BASINS)]}{100 + word // 64 % 900:03d}{1 + index:04d}10"
    return Gauge(
        index=index,
        code_station=NAMED[index] if index < len(NAMED) else made_up,
        department=department,
        commune=f"{department.code}{1 + word // 64 % 300:03d}",
        town=_TOWNS[index % len(_TOWNS)],
        river=_RIVERS[word % len(_RIVERS)],
        longitude=round(department.longitude + 0.5 * (dice[0] - 0.5), 9),
        latitude=round(department.latitude + 0.3 * (dice[1] - 0.5), 9),
        zero=None if index % 5 == 4 else round(5 + 300 * dice[2], 2),
        step=_STEPS[index % len(_STEPS)],
        latency=int(5 + 55 * dice[3]),
        base=int(-400 + 150 * dice[4]) if index % 3 == 2 else int(300 + 900 * dice[4]),
        reach=int(80 + 200 * dice[5]),
        flow=("station", "station", "none", "site")[index % 4],
        word=word,
    )


def _chance(scenario: Scenario, gauge: Gauge, stream: int, numbers: Integers) -> Words:
    return mix(keys(scenario.seed, stream, numbers) ^ np.uint64(gauge.word))


def _wave(scenario: Scenario, gauge: Gauge, stream: int, minutes: Integers, period: int) -> Floats:
    """Standard normal values at every `period` minutes, joined by straight lines."""
    knot, rest = np.divmod(minutes, period)
    before, after = (normals(_chance(scenario, gauge, stream, knot + k), 0) for k in (0, 1))
    share = (rest / period).astype(np.float32)
    wave: Floats = before * (1 - share) + after * share
    return wave


def _published(scenario: Scenario, gauge: Gauge, minutes: Integers) -> npt.NDArray[np.bool_]:
    """Which moments the provider has by now."""
    chance = uniforms(_chance(scenario, gauge, 64, minutes // _BLOCK))
    never, late = chance < 0.01, (chance >= 0.01) & (chance < 0.04)
    delay = np.where(late, 60 * (4 + (chance * 10_000).astype(np.int64) % 6), gauge.latency)
    outage = uniforms(_chance(scenario, gauge, 66, minutes // _OUTAGE)) < 0.02
    shown: npt.NDArray[np.bool_] = ~never & ~outage & (minutes + delay <= now_minute(scenario))
    return shown


@lru_cache(maxsize=64)
def heights(scenario: Scenario, gauge: Gauge) -> Values:
    """The heights of the last 30 days, oldest first; a moment with two statuts has two rows, the lower first."""
    now = now_minute(scenario)
    minutes = np.arange(-(-(now - HISTORY_MINUTES) // gauge.step), now // gauge.step + 1) * gauge.step
    minutes = minutes[_published(scenario, gauge, minutes) & gauge.in_service]
    waves = [_wave(scenario, gauge, stream, minutes, period) for stream, period in ((61, 4_320), (62, 600), (63, 60))]
    level = np.rint(gauge.base + gauge.reach * (waves[0] + 0.25 * waves[1] + 0.01 * waves[2])).astype(np.int64)
    chance = uniforms(_chance(scenario, gauge, 65, minutes))
    error = np.where(chance < 0.05, (chance * 2_000).astype(np.int64) - 50, 0)  # a raw value may be off
    quality = np.where(chance > 0.99, DOUBTFUL, NOT_QUALIFIED)
    raw = Values(minutes, level + error, np.full(len(minutes), RAW), quality)
    if gauge.index % 3 != 1:
        return raw
    again = (now - minutes > _CORRECTED_AFTER) & (chance < 0.2)
    count = int(again.sum())
    rows = [
        np.concatenate(pair)
        for pair in (
            (raw.minute, minutes[again]),
            (raw.value, level[again]),
            (raw.status, np.full(count, CORRECTED)),
            (raw.quality, np.full(count, GOOD)),
        )
    ]
    order = np.lexsort((rows[2], rows[0]))
    return Values(*(column[order] for column in rows))


def flows(scenario: Scenario, gauge: Gauge) -> Values:
    """The flows of the last 30 days: calculated from each height."""
    rows = heights(scenario, gauge)
    above = np.maximum(rows.value - gauge.base + 3 * gauge.reach, 1) / 1000
    flow = np.rint(40 * above**1.6 * (1 + gauge.word % 50)) * 10
    return Values(rows.minute, flow.astype(np.int64), rows.status, rows.quality)
