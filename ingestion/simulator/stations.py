"""The piezometers of a scenario: who they are, where they stand and how they publish.

The first four are named. Of the sample's others, one has an unknown altitude and one stands in a department where
depth repeats the level. Names of places and producers are made up.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ingestion.simulator import grid
from ingestion.simulator.departments import DEPARTMENTS, Department
from ingestion.simulator.grid import Doubles
from ingestion.simulator.noise import Words, keys
from ingestion.simulator.weather import Place
from ingestion.simulator.world import Scenario, day_number

EXAMPLE_STATION = "07548X0009/F"
UNKNOWN_ALTITUDE = 9  # this station's altitude is published as -999
WITHOUT_POSITION = 16  # this one has no coordinates
DEPTH_REPEATS_LEVEL = "85"

_NAMED = (  # code_bss, bss_id, department, commune, its name, longitude, latitude, label
    ("00263X0129/PZASA4", "BSS000CKZT", "59", "59001", "Armbourg", 3.0526, 50.3671, "Forage PZASA4 (Armbourg - 59)"),
    ("00026X0040/P1", "BSS000ABEY", "62", "62193", "Calais", 1.9139, 50.9653, "Puits P1 (Calais - 62)"),
    ("00053X0004/F1", "BSS000AKTQ", "62", "62402", "Guémy", 2.0523, 50.8217, "Forage F1 (Guémy - 62)"),
    (EXAMPLE_STATION, "BSS001VZGZ", "33", "33380", "Sablac", -0.4713, 45.1527, "Forage de Sablac (Sablac - 33)"),
)
_PRODUCERS = (
    ("265", "Service géologique régional du Nord"),
    ("17", "Service géologique régional d'Aquitaine"),
    ("301", "Conseil départemental"),
    ("412", "Syndicat mixte des nappes profondes"),
    ("87", "Agence de bassin Loire"),
    ("1204", "Syndicat d'eau potable du Plateau"),
    ("956", "Parc naturel des Marais"),
)
_FIRST = ("Saint-Aubin", "Villeneuve", "Montreuil", "Beaulieu", "Fontaine", "Sainte-Croix", "Bellecombe", "Roche")
_LAST = ("le-Haut", "la-Vallée", "sur-Nappe", "des-Prés", "les-Sources", "aux-Bois", "du-Gué", "le-Vieux")
_SUFFIXES = ("F", "P1", "PZ", "S1", "SP010", "F2", "PZ3BIS", "P")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Spot:
    """Where a station stands: WGS84 degrees, cell in hectometres, altitude of the cell in metres."""

    longitude: float
    latitude: float
    cell: tuple[int, int]
    altitude: float


@dataclass(frozen=True)
class Station:
    """A piezometer. Days are day numbers, delays days, lengths metres."""

    index: int
    code_bss: str
    bss_id: str
    department: Department
    commune: str
    commune_name: str
    label: str | None
    longitude: float
    latitude: float
    cell: tuple[int, int]
    ground: float
    producer: tuple[str, str]
    hour: int
    delay: int
    first_day: int
    last_day: int | None
    mean_depth: float
    reach: float
    fast: float
    slow: float
    word: int

    @property
    def depth_repeats_level(self) -> bool:
        """Whether its producer publishes the level in place of the depth."""
        return self.department.code == DEPTH_REPEATS_LEVEL

    @property
    def two_a_day(self) -> bool:
        """Whether some of its days have two measures."""
        return self.index % 4 == 1


def _bss_id(number: int) -> str:
    """The n-th identifier of the form BSS004AXJB."""
    number += 600_000
    letters = ""
    for _ in range(4):
        number, rest = divmod(number, 26)
        letters = _LETTERS[rest] + letters
    return f"BSS{2 + number:03d}{letters}"


def _code_bss(number: int, word: int, bss_id: str) -> str:
    """A code of the old form (map sheet, eighth, rank, name), or one in ten of the new."""
    suffix = _SUFFIXES[word % len(_SUFFIXES)]
    if number % 10 == 9:
        return f"{bss_id}/X"
    sheet, rank = 1000 + number * 7 % 9000 // 10, 1 + number % 9999
    return f"{sheet:04d}{1 + number % 8}X{rank:04d}/{suffix}"


def _departments(scenario: Scenario) -> list[Department]:
    """The department of each station, all different as long as there are any, Vendée among the sample's."""
    by_code = {department.code: department for department in DEPARTMENTS}
    numbers = np.arange(len(DEPARTMENTS))
    shuffled = [DEPARTMENTS[i] for i in np.argsort(keys(scenario.seed, 30, numbers), kind="stable")]
    shuffled.remove(by_code[DEPTH_REPEATS_LEVEL])
    shuffled.insert(3, by_code[DEPTH_REPEATS_LEVEL])
    named = [by_code[entry[2]] for entry in _NAMED]
    return [*named, *(shuffled[i % len(shuffled)] for i in range(scenario.stations))][: scenario.stations]


def _positions(scenario: Scenario, where: list[Department], chance: Words) -> tuple[list[tuple[int, int]], Doubles]:
    """The cell of each station, and its position (n, 2) in hectometres, at most 6 km from the cell's centre."""
    jitter = np.stack([chance >> np.uint64(48), (chance >> np.uint64(32)) & np.uint64(0xFFFF)], axis=1) / 65536 - 0.5
    centres = np.array([[d.longitude, d.latitude] for d in where])
    spread = centres + jitter * np.array([0.6, 0.4])
    for i, entry in enumerate(_NAMED[: scenario.stations]):
        spread[i] = entry[5], entry[6]
    near = np.stack(grid.to_hectometres(spread[:, 0], spread[:, 1]), axis=1)
    middle = np.stack(grid.to_hectometres(centres[:, 0], centres[:, 1]), axis=1)
    cells = [grid.nearest_node(*point) for point in near]
    for i, cell in enumerate(cells):
        if not grid.is_cell(*cell):
            cells[i] = grid.nearest_node(*middle[i])
            near[i] = cells[i] + jitter[i] * 50
    return cells, near


@lru_cache(maxsize=8)
def stations(scenario: Scenario) -> tuple[Station, ...]:
    """The stations of a scenario, the named ones first."""
    numbers = np.arange(scenario.stations)
    words = keys(scenario.seed, 31, numbers)
    where = _departments(scenario)
    cells, points = _positions(scenario, where, words)
    longitudes, latitudes = grid.to_longitude_latitude(points[:, 0], points[:, 1])
    heights = Place.of(scenario.seed, np.array(cells, dtype=np.int64)).altitude
    return tuple(
        _station(scenario, i, where[i], Spot(float(longitudes[i]), float(latitudes[i]), cells[i], float(heights[i])))
        for i in range(scenario.stations)
    )


def _station(scenario: Scenario, index: int, department: Department, spot: Spot) -> Station:
    """A station's habits, by chance."""
    word = int(keys(scenario.seed, 32, np.array([index]))[0])
    dice = [(word >> shift & 0xFF) / 256 for shift in range(0, 64, 8)]
    named = index < len(_NAMED)
    started = day_number(scenario.first_level_day)
    fast = 8 + 16 * dice[0]
    code, bss_id, commune, name, label = _identity(scenario, index, department, word)
    return Station(
        index=index,
        code_bss=code,
        bss_id=bss_id,
        department=department,
        commune=commune,
        commune_name=name,
        label=label,
        longitude=spot.longitude,
        latitude=spot.latitude,
        cell=spot.cell,
        ground=round(spot.altitude + 12 * dice[1], 2),
        producer=_PRODUCERS[0 if department.code in ("59", "62") else 1 + int(dice[2] * 6)],
        hour=10 if named else (0, 6, 7, 10, 11, 23)[int(dice[3] * 6)],
        delay=10 + 4 * index if named else 15 + int(200 * dice[4] ** 2.5),
        first_day=started if named or dice[5] < 0.6 else started + int(300 * dice[5]),
        last_day=started + 700 if index > WITHOUT_POSITION and dice[6] < 0.1 else None,
        mean_depth=2.5 + 25 * dice[6] ** 2,
        reach=0.6 + 2.2 * dice[7],
        fast=fast,
        slow=fast * (2.5 + 3 * dice[1]),
        word=word,
    )


def _identity(
    scenario: Scenario, index: int, department: Department, word: int
) -> tuple[str, str, str, str, str | None]:
    """code_bss, bss_id, commune code, its name, label."""
    if index < len(_NAMED):
        code, bss_id, _, commune, name, _, _, named = _NAMED[index]
        return code, bss_id, commune, name, named
    bss_id = _bss_id(index * 37 + scenario.seed % 1000)
    name = f"{_FIRST[word % 8]}-{_LAST[word // 8 % 8]}"
    label = None if index % 13 == 12 else f"Forage de {name} ({name} - {department.code})"
    return _code_bss(index, word, bss_id), bss_id, f"{department.code}{1 + word // 64 % 400:03d}", name, label
