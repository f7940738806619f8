"""Random numbers as a function of (seed, stream, place, day).

Nothing is drawn in sequence: a value does not depend on how many cells, years or stations are asked for,
nor in which order. Every array is laid out (days, places).
"""

from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Words = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MASK = (1 << 64) - 1


def mix(words: Words) -> Words:
    """The finalizer of splitmix64: every input bit reaches every output bit."""
    words = words ^ (words >> np.uint64(30))
    words *= np.uint64(0xBF58476D1CE4E5B9)
    words ^= words >> np.uint64(27)
    words *= np.uint64(0x94D049BB133111EB)
    words ^= words >> np.uint64(31)
    return words


def keys(seed: int, stream: int, numbers: Integers) -> Words:
    """A 64-bit word for each number, by seed and stream."""
    start = np.uint64((seed * 0x632BE59BD9B4E019 + stream * 0xD1B54A32D192ED03 + 1) & _MASK)
    return mix(numbers.astype(np.uint64) * _GOLDEN + start)


def words(seed: int, stream: int, places: Integers, days: Integers) -> Words:
    """Random words (days, places)."""
    return mix(keys(seed, stream, days)[:, None] ^ keys(seed, stream + 1000, places)[None, :])


def uniforms(random_words: Words) -> Floats:
    """Uniform numbers in [0, 1) from the high bits."""
    return (random_words >> np.uint64(40)).astype(np.float32) * np.float32(2**-24)


@lru_cache(maxsize=1)
def _normal_quantiles() -> Floats:
    """Standard normal quantiles for 16-bit words."""
    upper = [NormalDist().inv_cdf((i + 0.5) / 65536) for i in range(32768, 65536)]
    return np.array([-x for x in reversed(upper)] + upper, dtype=np.float32)


def normals(random_words: Words, part: int) -> Floats:
    """Standard normal numbers from one 16-bit part (0 to 3) of each word."""
    index = (random_words >> np.uint64(16 * part)).astype(np.uint16)
    return _normal_quantiles()[index]


def persistent(noise: Floats, memory: float, taps: int) -> Floats:
    """Noise (days + taps - 1, places) -> series (days, places) that remembers, variance kept.

    A finite moving average stands for an autoregression, so that a day's value has no start to depend on.
    """
    weights = np.power(memory, np.arange(taps, dtype=np.float32))
    weights /= np.sqrt((weights**2).sum())
    days = noise.shape[0] - taps + 1
    out = np.zeros((days, *noise.shape[1:]), dtype=np.float32)
    for lag, weight in enumerate(weights):
        first = taps - 1 - lag
        out += weight * noise[first : first + days]
    return out
