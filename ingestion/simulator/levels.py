"""The measures of a piezometer: which days it publishes, the level of the water table, and what is said of it.

The level is the rain of the station's cell, less in summer, through a filter that rises over weeks and recedes over
months. What a day shows depends on its age only: recent days are absent, then raw and sometimes wrong, then
controlled; a few days come months late, a few never.
"""

from dataclasses import dataclass, fields, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ingestion.simulator.noise import Floats, Integers, Words, keys, mix
from ingestion.simulator.stations import EXAMPLE_STATION, Station
from ingestion.simulator.weather import Place, drivers, season
from ingestion.simulator.world import Scenario, day_number

BLOCK_DAYS = 1826
DAY_MS = 86_400_000
NO_TIME = -1
_FILTER_DAYS = 600
_RECHARGE_MEAN = 1.1  # mm a day
_EXAMPLE_DAYS = (19723, 19753)  # January 2024: whole and timed at the example station
_RAW, _LEVEL_1, _LEVEL_2 = 0, 1, 2
_FIRST, _LINKED, _NOT_LINKED = 0, 1, 2

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Measures:
    """Rows of one station by day and time. Levels in centimetres; codes are positions in the lists of `records`.

    time        ms since 1970, `NO_TIME` where the producer gives none
    """

    day: Integers
    time: Integers
    level: Codes
    depth: Codes
    status: Codes
    quality: Codes
    continuity: Codes
    nature: Codes
    mode: Codes

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.day)

    def take(self, rows: npt.NDArray[np.bool_] | Integers | slice) -> "Measures":
        """Some rows, in the order given."""
        return Measures(*(getattr(self, field.name)[rows] for field in fields(self)))

    @classmethod
    def joined(cls, parts: list["Measures"]) -> "Measures":
        """Several runs of rows, one after the other."""
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)))


def _bits(words: Words, part: int) -> Floats:
    """A number in [0, 1) from one 16-bit part (0 to 3)."""
    return ((words >> np.uint64(16 * part)) & np.uint64(0xFFFF)).astype(np.float32) / np.float32(65536)


def _chance(scenario: Scenario, station: Station, stream: int, numbers: Integers) -> Words:
    return mix(keys(scenario.seed, stream, numbers) ^ np.uint64(station.word))


def last_published(scenario: Scenario, station: Station) -> int:
    """The last day the provider has by now: data comes in lots of a week, after the producer's delay."""
    lot = (day_number(scenario.effective_day) - station.delay) // 7 * 7
    last = min(lot, day_number(scenario.today) - 1)
    return last if station.last_day is None else min(last, station.last_day)


def _calendar(scenario: Scenario, station: Station, first: int, last: int) -> tuple[Integers, Words]:
    """The days with at least one measure, and a word of chance for each."""
    days = np.arange(max(first, station.first_day), min(last, last_published(scenario, station)) + 1)
    chance = _chance(scenario, station, 40, days)
    age = day_number(scenario.effective_day) - days
    share = _bits(chance, 0)
    absent = (share < 0.012) | ((share < 0.022) & (age < 60 + 140 * _bits(chance, 1)))
    outage = _bits(_chance(scenario, station, 41, days // 20), 0) < 0.03
    absent |= outage & (days % 20 < 12)
    present = ~absent | _is_example(station, days)
    return days[present], chance[present]


def _is_example(station: Station, days: Integers) -> npt.NDArray[np.bool_]:
    inside: npt.NDArray[np.bool_] = (days >= _EXAMPLE_DAYS[0]) & (days <= _EXAMPLE_DAYS[1])
    return inside & (station.code_bss == EXAMPLE_STATION)


def _doubled(station: Station, chance: Words) -> npt.NDArray[np.bool_]:
    """Days with a second measure."""
    return (_bits(chance, 2) < 0.015) & station.two_a_day


@dataclass(frozen=True)
class Summary:
    """What `stations` says of a series: number of measures, first and last day (None without measures)."""

    count: int
    first: int | None
    last: int | None


@lru_cache(maxsize=100_000)
def summary(scenario: Scenario, station: Station) -> Summary:
    """Counted from the calendar alone, without computing levels."""
    days, chance = _calendar(scenario, station, station.first_day, day_number(scenario.today))
    if not len(days):
        return Summary(0, None, None)
    return Summary(len(days) + int(_doubled(station, chance).sum()), int(days[0]), int(days[-1]))


@lru_cache(maxsize=4096)
def _place(seed: int, cell: tuple[int, int]) -> Place:
    return Place.of(seed, np.array([cell], dtype=np.int64))


@lru_cache(maxsize=4096)
def _water_table(seed: int, station: Station, block: int) -> Integers:
    """Level (cm NGF) on every day of a block of `BLOCK_DAYS` days."""
    days = np.arange(block * BLOCK_DAYS - _FILTER_DAYS + 1, (block + 1) * BLOCK_DAYS)
    rain = drivers(seed, _place(seed, station.cell), days).precipitation[:, 0]
    recharge = rain * np.clip(0.55 + 0.5 * np.cos(season(days)[:, 0] - 0.4), 0.08, 1)
    since = np.arange(_FILTER_DAYS)
    response = np.exp(-since / station.slow) - np.exp(-since / station.fast)
    filtered = np.convolve(recharge, response / response.sum(), mode="valid")
    depth = np.maximum(station.mean_depth - station.reach * (filtered - _RECHARGE_MEAN), 0.05)
    return np.rint(100 * (station.ground - depth)).astype(np.int64)


def water_table(seed: int, station: Station, days: Integers) -> Integers:
    """Level (cm NGF) on each of some days."""
    levels = np.empty(len(days), dtype=np.int64)
    for block in np.unique(days // BLOCK_DAYS).tolist():
        inside = days // BLOCK_DAYS == block
        levels[inside] = _water_table(seed, station, block)[days[inside] - block * BLOCK_DAYS]
    return levels


@lru_cache(maxsize=2048)
def _block(scenario: Scenario, station: Station, block: int) -> Measures:
    """The published rows of a block of days."""
    first, last = block * BLOCK_DAYS, (block + 1) * BLOCK_DAYS - 1
    days, chance = _calendar(scenario, station, first - 1, last)
    previous = np.concatenate([[first - 2], days[:-1]])
    continuity = np.where(days - previous == 1, _LINKED, _NOT_LINKED)
    continuity[days == summary(scenario, station).first] = _FIRST
    inside = days >= first
    days, chance, continuity = days[inside], chance[inside], continuity[inside]
    level = _water_table(scenario.seed, station, block)[days - first]
    rows = replace(_measures(scenario, station, days, chance, level), continuity=continuity)
    second = _second_measures(rows, _doubled(station, chance) & ~_is_example(station, days), station)
    both = Measures.joined([rows, second])
    return both.take(np.lexsort((both.time, both.day)))


def _measures(scenario: Scenario, station: Station, days: Integers, chance: Words, level: Integers) -> Measures:
    """The main measure of each day, as if each were linked to the one before."""
    extra = mix(chance)
    status = _status(station, day_number(scenario.effective_day) - days)
    share, error = _bits(extra, 0), 1 + (_bits(extra, 1) * 5).astype(np.int64)
    wrong = ((share < 0.15) & (status < _LEVEL_1)) | ((share >= 0.97) & (status < _LEVEL_2))
    level = level + np.where(wrong, np.where(share < 0.07, -error, error), 0)
    untimed = (_bits(chance, 3) < 0.006) & ~_doubled(station, chance) & ~_is_example(station, days)
    aside = _bits(extra, 2)
    return Measures(
        day=days,
        time=np.where(untimed, NO_TIME, days * DAY_MS + station.hour * 3_600_000),
        level=level,
        depth=level if station.depth_repeats_level else round(100 * station.ground) - level,
        status=status,
        quality=np.digitize(aside, [0.965, 0.98, 0.985]),
        continuity=np.full(len(days), _LINKED, dtype=np.int64),
        nature=_natures(station, _bits(extra, 3)),
        mode=(aside < 0.02).astype(np.int64),
    )


def _status(station: Station, age: Integers) -> Codes:
    """Raw, controlled once, controlled twice, interpreted: by age in days, at the producer's pace."""
    pace = station.word % 30
    return np.digitize(age, [30 + pace, 120 + 2 * pace, 500 + 10 * pace])


def _natures(station: Station, share: Floats) -> Codes:
    """Nature of the measure: one producer in three never says, the others say natural most of the time."""
    if station.index % 3 == 2:
        return np.zeros(len(share), dtype=np.int64)
    return 1 + np.digitize(share, [0.97, 0.985, 0.993])


def _second_measures(rows: Measures, doubled: npt.NDArray[np.bool_], station: Station) -> Measures:
    """A measure at another hour of the same day, one status lower and some centimetres off."""
    second = rows.take(doubled)
    shift = 6 if station.hour < 18 else -6
    off = 1 + second.day % 3
    return Measures(
        day=second.day,
        time=second.time + shift * 3_600_000,
        level=second.level + off,
        depth=second.depth + (off if station.depth_repeats_level else -off),
        status=np.maximum(second.status - 1, 0),
        quality=second.quality,
        continuity=np.full(len(second), _LINKED, dtype=np.int64),
        nature=second.nature,
        mode=second.mode,
    )


def measures(scenario: Scenario, station: Station, first: int | None, last: int | None) -> Measures:
    """The rows from day `first` on, up to day `last` at 00:00 UTC: Hub'Eau cuts that day's later hours off.

    A row without a time counts as 00:00. Only the blocks the days touch are computed.
    """
    start = max(first or station.first_day, station.first_day)
    end = min(day_number(scenario.today) if last is None else last, last_published(scenario, station))
    blocks = range(start // BLOCK_DAYS, end // BLOCK_DAYS + 1)
    if start > end:
        return _block(scenario, station, start // BLOCK_DAYS).take(slice(0, 0))
    rows = Measures.joined([_block(scenario, station, block) for block in blocks])
    kept = (rows.day >= start) & (rows.day <= end)
    if last is not None:
        kept &= rows.time <= last * DAY_MS
    return rows.take(kept)
