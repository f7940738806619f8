"""Coordinates: WGS84, Lambert II étendu (EPSG:27572) and Lambert-93 (EPSG:2154)."""

from functools import cache

import pyarrow as pa
from pyproj import Transformer

WGS84, LAMBERT2, LAMBERT93 = 4326, 27572, 2154


@cache
def _transformer(source: int, target: int) -> Transformer:
    # pyproj's transformers are safe to share between threads when made once.
    return Transformer.from_crs(source, target, always_xy=True)


def convert(x: pa.Array, y: pa.Array, source: int, target: int) -> tuple[pa.Array, pa.Array]:
    """Convert coordinates between two EPSG codes, axis order always (x or longitude, y or latitude).

    Missing or impossible coordinates give nulls.
    """
    xs, ys = _transformer(source, target).transform(
        x.cast(pa.float64()).to_numpy(zero_copy_only=False), y.cast(pa.float64()).to_numpy(zero_copy_only=False)
    )
    return _finite(xs), _finite(ys)


def _finite(values: object) -> pa.Array:
    numbers = pa.array(values, pa.float64(), from_pandas=True)
    return pa.compute.if_else(pa.compute.is_finite(numbers), numbers, None)
