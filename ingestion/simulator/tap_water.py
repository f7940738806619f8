"""The drinking water of a scenario: which network serves a commune in a year, samples, and what was measured in them.

Nitrates rise in some networks and atrazine falls in most; a few pass a limit. Of what is published, some samples come
late, a few are corrected and a few withdrawn.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from ingestion.simulator.communes import Commune, communes
from ingestion.simulator.noise import keys, normals
from ingestion.simulator.world import Scenario

_STREAM_SAMPLE, _STREAM_NETWORK, _STREAM_VALUE = 70, 71, 72
SETTLED_AFTER = 400  # days from the end of a year to its last change
ORIGIN = 2020  # the year whose values have no trend yet


@dataclass(frozen=True)
class Parameter:
    """What is measured: codes, names, units, limits as published, and how its values are drawn.

    place           T (in the field) or L (in the laboratory); group: `terrain`, `bacterio` or `chimie`
    typical         median value; 0 for one that is nearly always absent
    trend           share of the value by which a year is higher
    least           below it a laboratory publishes `<least`
    """

    code: str
    sandre: str
    name: str
    place: str
    group: str
    unit: tuple[str, str]
    typical: float
    spread: float
    least: float
    decimals: int
    trend: float = 0.0
    season: float = 0.0
    limit: float | None = None
    reference: tuple[float | None, float | None] = (None, None)
    cas: str = ""


_MG, _UG, _PER_100ML, _PER_ML = ("mg/L", "162"), ("µg/L", "133"), ("n/(100mL)", "226"), ("n/mL", "225")
PARAMETERS = (
    Parameter("CL2LIB", "1398", "Chlore libre", "T", "terrain", ("mg(Cl2)/L", "165"), 0.2, 0.5, 0.05, 2),
    Parameter(
        "TEAU", "1301", "Température de l'eau", "T", "terrain", ("°C", "27"), 13, 0.08, 0, 1,
        season=0.35, reference=(None, 25),
    ),
    Parameter("PH", "1302", "pH", "T", "terrain", ("unité pH", "264"), 7.5, 0.03, 0, 1, reference=(6.5, 9)),
    Parameter(
        "CDT25", "1303", "Conductivité à 25°C", "T", "terrain", ("µS/cm", "147"), 550, 0.3, 0, 0,
        reference=(200, 1100),
    ),
    Parameter(
        "TURBNFU", "1295", "Turbidité néphélométrique NFU", "L", "terrain", ("NFU", "233"), 0.3, 0.7, 0.1, 2,
        reference=(None, 2),
    ),
    Parameter("ECOLI", "1449", "Escherichia coli /100ml - MF", "L", "bacterio", _PER_100ML, 0, 1, 1, 0, limit=0),
    Parameter("STRF", "6455", "Entérocoques /100ml-MS", "L", "bacterio", _PER_100ML, 0, 1, 1, 0, limit=0),
    Parameter("CTF", "1447", "Coliformes totaux /100ml-MS", "L", "bacterio", _PER_100ML, 0, 1, 1, 0,
              reference=(None, 0)),
    Parameter("GT22_68", "5440", "Bact. aér. revivifiables à 22°-68h", "L", "bacterio", _PER_ML, 4, 1.4, 1, 0),
    Parameter(
        "NH4", "1335", "Ammonium (en NH4)", "L", "terrain", _MG, 0.03, 0.5, 0.05, 2,
        reference=(None, 0.1), cas="14798-03-9",
    ),
    Parameter(
        "NO3", "1340", "Nitrates (en NO3)", "L", "chimie", _MG, 20, 0.55, 0.5, 1,
        trend=0.03, season=0.08, limit=50, cas="14797-55-8",
    ),
    Parameter("FET", "1393", "Fer total", "L", "chimie", _UG, 20, 0.9, 10, 0, reference=(None, 200), cas="7439-89-6"),
    Parameter("PB", "1382", "Plomb", "L", "chimie", _UG, 0.6, 0.9, 0.5, 1, limit=10, cas="7439-92-1"),
    Parameter(
        "ATRZ", "1107", "Atrazine", "L", "chimie", _UG, 0.02, 0.7, 0.02, 3,
        trend=-0.08, limit=0.1, cas="1912-24-9",
    ),
    Parameter(
        "ADET", "1108", "Atrazine déséthyl", "L", "chimie", _UG, 0.03, 0.7, 0.02, 3,
        trend=-0.05, limit=0.1, cas="6190-65-4",
    ),
    Parameter("PESTOT", "6276", "Total des pesticides analysés", "L", "chimie", _UG, 0.08, 0.8, 0.02, 3, limit=0.5),
)  # fmt: skip


@dataclass(frozen=True)
class Network:
    """A distribution network, of a department; `upstream` is the works that feeds it, and another network too when
    `twin` (its index) is set.
    """

    index: int
    code: str
    name: str
    department: str
    commune: Commune
    upstream: tuple[str, str] | None
    twin: int | None


@dataclass(frozen=True)
class Sample:
    """A sample of a network: its reference, day, time, and its values by the position of the parameter."""

    network: Network
    reference: str
    day: date
    time: str
    corrected: bool
    values: dict[int, float]


@lru_cache(maxsize=8)
def networks(scenario: Scenario) -> tuple[Network, ...]:
    """The networks: one for two communes of a department, every fourth fed by the works of the one before it."""
    found: list[Network] = []
    by_department: dict[str, list[Commune]] = {}
    for commune in communes(scenario):
        by_department.setdefault(commune.department.code, []).append(commune)
    for code, places in by_department.items():
        for number, commune in enumerate(places[::2]):
            prefix, index = code.rjust(3, "0"), len(found)
            works = (f"{prefix}{900 + number:06d}", f"STATION {commune.name.upper()}") if index % 4 > 1 else None
            twin = index - 1 if index % 4 == 3 and number else None
            if twin is not None:
                works = found[twin].upstream
            name = f"UDI {commune.name.upper()}"
            found.append(Network(index, f"{prefix}{1 + number:06d}", name, code, commune, works, twin))
    return tuple(found)


def served(scenario: Scenario, year: int) -> Iterator[tuple[Commune, str, Network, date]]:
    """Who drinks what in a year: commune, district, network, and since when.

    One commune in seven has two districts, each with a network of its own; one in eleven changed its network in 2024.
    """
    of_department: dict[str, list[Network]] = {}
    for network in networks(scenario):
        of_department.setdefault(network.department, []).append(network)
    rank: dict[str, int] = {}
    for number, commune in enumerate(communes(scenario)):
        own = rank.get(commune.department.code, 0)
        rank[commune.department.code] = own + 1
        choices = of_department[commune.department.code]
        network, other = choices[own // 2], choices[(own // 2 + 1) % len(choices)]
        since = date(2010, 9, 7) + timedelta(days=number * 37 % 3_000)
        if number % 11 == 7 and year >= 2024:
            network, other, since = other, network, date(2024, 1, 1)
        if number % 7 == 3:
            yield commune, "Bourg", network, since
            yield commune, "Hameaux", other, since
        else:
            yield commune, "-", network, since


def samples(scenario: Scenario, year: int, issue: date) -> Iterator[Sample]:
    """The samples of a year as they are published at an issue: one a month and network, chemistry in one of three."""
    places = networks(scenario)
    moments = np.array([[n.index * 100_000 + year * 12 + month for month in range(12)] for n in places])
    words = keys(scenario.seed, _STREAM_SAMPLE, moments.ravel()).reshape(moments.shape)
    own = normals(keys(scenario.seed, _STREAM_NETWORK, np.arange(len(places) * 64)), 0).reshape(-1, 64)
    drawn = normals(keys(scenario.seed, _STREAM_VALUE, (moments[..., None] * 64 + np.arange(64)).ravel()), 1)
    noise = drawn.reshape(*moments.shape, 64)
    for network in places:
        for month in range(12):
            word = int(words[network.index, month])
            day = date(year, month + 1, 3 + word % 25)
            if not _published(word, (issue - day).days):
                continue
            corrected = (word >> 24) % 12 == 0 and (issue - day).days >= 60 + (word >> 16) % 200
            full = month % 3 == network.index % 3
            yield Sample(
                network=network,
                reference=f"{network.code[:3]}{network.index:04d}{(year - 2000) * 12 + month:04d}",
                day=day,
                time=f"{8 + (word >> 8) % 8:02d}h{(word >> 12) % 60:02d}",
                corrected=corrected,
                values={
                    i: _value(parameter, day, own[network.index, i], noise[network.index, month, i])
                    * (1.25 if corrected and parameter.group == "chimie" else 1)
                    for i, parameter in enumerate(PARAMETERS)
                    if full or parameter.group != "chimie"
                },
            )


def _published(word: int, age: int) -> bool:
    """Whether a sample of that age in days is published: 20 to 50 days after, a few 120; one in 30 is withdrawn."""
    late = 120 if (word >> 32) % 60 == 0 else 20 + (word >> 20) % 30
    withdrawn = (word >> 40) % 30 == 0 and age >= 90 + (word >> 16) % 270
    return age >= late and not withdrawn


def _value(parameter: Parameter, day: date, of_network: float, noise: float) -> float:
    """A value in the parameter's unit. Bacteria are found in one sample of a hundred, twice as often in some."""
    if not parameter.typical:
        excess = float(noise) - (2.0 if of_network > 1 else 2.4)
        return math.ceil(excess * 20) if excess > 0 else 0.0
    season = 1 - parameter.season * math.cos(2 * math.pi * (day.timetuple().tm_yday - 30) / 365)
    years = day.year - ORIGIN + day.timetuple().tm_yday / 365
    trend = (1 + parameter.trend * (1 + 0.5 * of_network)) ** years
    spread = parameter.spread * (0.85 * of_network + 0.3 * float(noise))
    return float(parameter.typical * math.exp(spread) * season * trend)
