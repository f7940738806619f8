"""Daily weather of SIM2 cells, (days, cells), from the seed: drivers first, then the soil and the snow.

Rain comes from a latent normal field: a regional part that moves with the days, a local part, and a slow part
for dry and wet seasons. It rains where the field exceeds the season's threshold; the amount is a gamma quantile
of the exceedance.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ingestion.simulator.grid import altitudes, cell_keys, to_longitude_latitude
from ingestion.simulator.noise import Floats, Integers, Words, normals, persistent, words

NODE_STEP = 24 * 80  # hectometres between the nodes of the regional fields
_RAIN_TAPS, _WARM_TAPS, _SLOW_TAPS = 6, 14, 120
_STREAM_REGION, _STREAM_LOCAL, _STREAM_SLOW = 10, 11, 12


@dataclass(frozen=True)
class Place:
    """What does not change with the day, one value for each cell."""

    keys: Integers
    x: Floats
    y: Floats
    longitude: Floats
    latitude: Floats
    altitude: Floats

    @classmethod
    def of(cls, seed: int, cells: Integers) -> "Place":
        """The places of cells (n, 2) in hectometres."""
        lon, lat = to_longitude_latitude(cells[:, 0], cells[:, 1])
        x, y = cells[:, 0].astype(np.float32), cells[:, 1].astype(np.float32)
        height = altitudes(seed, cells, lon, lat)
        return cls(cell_keys(cells), x, y, lon.astype(np.float32), lat.astype(np.float32), height)


@lru_cache(maxsize=1)
def _normal_cdf() -> Floats:
    """Φ at 8,192 steps over [-4, 4)."""
    density = np.exp(-0.5 * np.linspace(-4, 4, 8193) ** 2)
    total: Floats = (np.cumsum(density) / density.sum()).astype(np.float32)
    return total[:-1]


def rank(normal: Floats) -> Floats:
    """Standard normal values -> their rank in (0, 1)."""
    index = ((normal + np.float32(4)) * np.float32(1024)).astype(np.int32)
    return _normal_cdf().take(index, mode="clip")


@lru_cache(maxsize=1)
def _gamma_quantiles() -> Floats:
    """Quantiles of the gamma law of shape 0.7 and mean 1, at 4,096 steps."""
    shape, x = 0.7, np.geomspace(1e-6, 25, 20000)
    mass = np.diff(x, prepend=0) * x ** (shape - 1) * np.exp(-shape * x)
    return np.interp((np.arange(4096) + 0.5) / 4096, np.cumsum(mass) / mass.sum(), x).astype(np.float32)


@dataclass(frozen=True)
class Regional:
    """Noise at the nodes around the cells, and each cell's four neighbours among them."""

    noise: Words
    corners: list[tuple[Integers, Floats]]

    @classmethod
    def around(cls, seed: int, place: Place, days: Integers) -> "Regional":
        """Words for the days, and `_WARM_TAPS` - 1 days before them."""
        u, v = place.x / NODE_STEP, place.y / NODE_STEP
        i, j = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
        fu, fv = u - i, v - j
        shares = [(1 - fu) * (1 - fv), fu * (1 - fv), (1 - fu) * fv, fu * fv]
        codes = [(i + a) * 1000 + j + b for b in (0, 1) for a in (0, 1)]
        nodes, position = np.unique(np.concatenate(codes), return_inverse=True)
        scale = np.sqrt(sum(share**2 for share in shares))
        where = position.reshape(4, -1)
        corners = [(where[k], (shares[k] / scale).astype(np.float32)) for k in range(4)]
        before = np.arange(days[0] - _WARM_TAPS + 1, days[0])
        return cls(words(seed, _STREAM_REGION, nodes, np.concatenate([before, days])), corners)

    def field(self, part: int, memory: float, taps: int) -> Floats:
        """A standard normal field (days, cells), smooth in space, persistent in time."""
        at_nodes = persistent(normals(self.noise, part)[_WARM_TAPS - taps :], memory, taps)
        out: Floats = at_nodes[:, self.corners[0][0]] * self.corners[0][1]
        for where, share in self.corners[1:]:
            out += at_nodes[:, where] * share
        return out


def _slow(seed: int, days: Integers) -> Floats:
    """The national dry and wet spells of some months, (days, 1)."""
    span = np.arange(days[0] - _SLOW_TAPS + 1, days[-1] + 1)
    noise = normals(words(seed, _STREAM_SLOW, np.zeros(1, dtype=np.int64), span), 0)[:, 0]
    window = np.hanning(_SLOW_TAPS + 2)[1:-1]
    window /= np.sqrt((window**2).sum())
    return np.convolve(noise, window, mode="valid").astype(np.float32)[:, None]


def season(days: Integers) -> Floats:
    """Angle of the year, 0 on January 1, (days, 1)."""
    turn = np.mod(days - 10957, 365.2425) / 365.2425
    return (2 * np.pi * turn).astype(np.float32)[:, None]


@dataclass(frozen=True)
class Drivers:
    """Precipitation (mm), cloudiness (0 to 1), and the noises the other variables are made of."""

    precipitation: Floats
    cloud: Floats
    regional: Regional
    local: Words


def drivers(seed: int, place: Place, days: Integers) -> Drivers:
    """What falls on each cell and day; days are consecutive day numbers."""
    angle = season(days)
    regional = Regional.around(seed, place, days)
    local = words(seed, _STREAM_LOCAL, place.keys, days)
    latent = regional.field(0, 0.55, _RAIN_TAPS) * np.float32(0.75) + np.float32(0.6) * normals(local, 0)
    wetness = rank(latent + np.float32(0.27) * _slow(seed, days))
    chance = 0.38 + 0.02 * (place.latitude - 46) + 0.03 * place.altitude / 1000
    chance = chance + 0.08 * np.cos(angle - np.float32(0.2))
    mean = (5.0 + 2.5 * place.altitude / 1000 - 0.3 * (place.latitude - 46)) * (
        1 + 0.12 * np.cos(angle - np.float32(5.0))
    )
    excess = (wetness - 1 + chance) / chance
    step = (np.maximum(excess, 0) * np.float32(4095)).astype(np.int32)
    rain = np.where(excess > 0, _gamma_quantiles().take(step, mode="clip") * mean, np.float32(0))
    return Drivers(rain.astype(np.float32), wetness, regional, local)
