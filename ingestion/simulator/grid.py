"""The SIM2 grid: 9,892 cells of 8 km, in hectometres of Lambert II étendu.

Nodes stand at LAMBX = 600 + 80 i, LAMBY = 16010 + 80 j. The true list is not reproduced: the cells are the
9,892 nodes that lie deepest inside (or nearest to) a coarse outline of France.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from pyproj import Transformer

from ingestion.simulator.noise import Floats, Integers, keys
from ingestion.simulator.world import CELLS_IN_FRANCE

STEP = 80
ORIGIN_X, ORIGIN_Y = 600, 16010
COLUMNS, ROWS = 146, 138
EXAMPLE_LAMBERT93 = (652500.0, 6862500.0)

Doubles = npt.NDArray[np.float64]

_MAINLAND = """2.55,51.09 1.6,50.88 1.55,50.2 0.9,49.93 0.15,49.62 0.1,49.3 -1.1,49.37 -1.25,49.7 -1.95,49.72
-1.6,49.1 -1.5,48.65 -2.0,48.7 -2.6,48.55 -3.1,48.87 -3.9,48.72 -4.7,48.6 -4.8,48.3 -4.7,48.03 -4.3,47.82
-3.4,47.68 -2.8,47.45 -2.25,47.2 -2.1,46.9 -1.75,46.45 -1.2,46.15 -1.2,45.6 -1.25,44.6 -1.45,43.6 -1.75,43.35
-1.4,43.05 -0.7,42.85 0.7,42.72 1.45,42.58 1.95,42.38 3.15,42.43 3.05,43.05 3.55,43.33 4.1,43.52 4.6,43.38
5.3,43.25 5.9,43.07 6.6,43.15 7.0,43.5 7.5,43.78 7.65,44.15 6.95,44.3 6.95,44.75 6.7,45.1 7.1,45.3 6.9,45.85
7.05,46.0 6.8,46.38 6.15,46.2 6.1,46.5 6.95,47.15 7.0,47.45 7.55,47.5 7.6,48.1 8.2,48.98 7.0,49.17 6.4,49.48
5.8,49.55 4.9,49.8 4.85,50.15 4.2,49.98 3.7,50.33 3.15,50.78"""
_CORSICA = """8.6,42.35 8.85,42.62 9.33,42.75 9.37,43.0 9.47,42.98 9.5,42.6 9.56,42.1 9.4,41.6 9.2,41.37 8.8,41.55
8.6,41.9 8.57,42.2"""


@lru_cache(maxsize=8)
def _transformer(source: str, target: str) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def to_longitude_latitude(lambx: Integers | Doubles, lamby: Integers | Doubles) -> tuple[Doubles, Doubles]:
    """Cells in hectometres -> WGS84 degrees."""
    lon, lat = _transformer("EPSG:27572", "EPSG:4326").transform(lambx * 100.0, lamby * 100.0)
    return np.asarray(lon), np.asarray(lat)


def to_hectometres(longitude: Doubles, latitude: Doubles) -> tuple[Doubles, Doubles]:
    """WGS84 degrees -> hectometres of Lambert II étendu."""
    x, y = _transformer("EPSG:4326", "EPSG:27572").transform(longitude, latitude)
    return np.asarray(x) / 100, np.asarray(y) / 100


def nearest_node(x: float, y: float) -> tuple[int, int]:
    """The lattice node nearest to a point in hectometres, whether a cell or not."""
    column, row = round((x - ORIGIN_X) / STEP), round((y - ORIGIN_Y) / STEP)
    return ORIGIN_X + STEP * column, ORIGIN_Y + STEP * row


def _inside_depth(x: Doubles, y: Doubles, outline: str) -> Doubles:
    """Distance (hm) of points to an outline, positive inside, negative outside."""
    corners = np.array([[float(v) for v in corner.split(",")] for corner in outline.split()])
    ax, ay = to_hectometres(corners[:, 0], corners[:, 1])
    distance = np.full(x.shape, np.inf)
    inside = np.zeros(x.shape, dtype=bool)
    for x0, y0, x1, y1 in zip(ax, ay, np.roll(ax, -1), np.roll(ay, -1), strict=True):
        along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2)
        along = np.clip(along, 0, 1)
        distance = np.minimum(distance, np.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0)))
        crosses = (y0 > y) != (y1 > y)
        inside ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0 if y1 != y0 else 1.0) + x0)
    return np.where(inside, distance, -distance)


@lru_cache(maxsize=1)
def all_cells() -> Integers:
    """The 9,892 cells, (n, 2) of LAMBX, LAMBY, ordered by LAMBX then by LAMBY downwards."""
    columns, rows = np.meshgrid(np.arange(COLUMNS), np.arange(ROWS), indexing="ij")
    x, y = (ORIGIN_X + STEP * columns).ravel(), (ORIGIN_Y + STEP * rows).ravel()
    at = x.astype(np.float64), y.astype(np.float64)
    depth = np.maximum(_inside_depth(*at, _MAINLAND), _inside_depth(*at, _CORSICA))
    kept = np.argsort(-depth, kind="stable")[:CELLS_IN_FRANCE]
    return in_file_order(np.stack([x[kept], y[kept]], axis=1))


def in_file_order(cells: Integers) -> Integers:
    """Cells as the published files order them: LAMBX upwards, then LAMBY downwards."""
    return cells[np.lexsort((-cells[:, 1], cells[:, 0]))]


@lru_cache(maxsize=1)
def _known_cells() -> frozenset[tuple[int, int]]:
    return frozenset((int(x), int(y)) for x, y in all_cells())


def is_cell(lambx: int, lamby: int) -> bool:
    """Whether a lattice node is one of the 9,892 cells."""
    return (lambx, lamby) in _known_cells()


@lru_cache(maxsize=1)
def example_cell() -> tuple[int, int]:
    """The cell nearest to Lambert-93 (652500, 6862500)."""
    x, y = _transformer("EPSG:2154", "EPSG:27572").transform(*EXAMPLE_LAMBERT93)
    return nearest_node(x / 100, y / 100)


def sample_cells(seed: int, count: int, wanted: list[tuple[int, int]]) -> Integers:
    """`count` cells (n, 2): the example cell, then the wanted ones in order, then others in a fixed order."""
    first = list(dict.fromkeys([example_cell(), *wanted]))[:count]
    cells = all_cells()
    shuffled = cells[np.argsort(keys(seed, 1, cell_keys(cells)), kind="stable")]
    taken = set(first)
    others = [(int(x), int(y)) for x, y in shuffled if (int(x), int(y)) not in taken]
    return np.array((first + others)[:count], dtype=np.int64)


def cell_keys(cells: Integers) -> Integers:
    """One integer for each cell (n, 2)."""
    return cells[:, 0] * 100_000 + cells[:, 1]


_MOUNTAINS = (  # longitude, latitude, half-width (degrees of longitude, latitude), height (m)
    (6.6, 45.1, 0.75, 1.2, 1900.0),
    (0.6, 42.75, 1.5, 0.25, 1500.0),
    (3.0, 45.2, 0.9, 0.9, 800.0),
    (6.3, 46.8, 0.5, 0.6, 650.0),
    (7.0, 48.1, 0.25, 0.5, 550.0),
    (9.1, 42.2, 0.25, 0.45, 1000.0),
)


def altitudes(seed: int, cells: Integers, lon: Doubles, lat: Doubles) -> Floats:
    """Ground altitude (m) of cells: a low plain, six massifs, and a relief of chance in proportion."""
    height = np.full(lon.shape, 40.0) + 25 * np.clip(lon + 1, 0, 4)
    for x, y, width, depth, top in _MOUNTAINS:
        height += top * np.exp(-(((lon - x) / width) ** 2) - ((lat - y) / depth) ** 2)
    chance = keys(seed, 2, cell_keys(cells)) >> np.uint64(40)
    return (height * (0.6 + 0.8 * chance * 2.0**-24)).astype(np.float32)
