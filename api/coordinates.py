"""The three coordinate systems a point may be given in, told apart by their ranges.

SIM2's grid is counted in hectometres of Lambert II étendu (EPSG:27572); Lambert-93 is EPSG:2154.
"""

from typing import NamedTuple

from pyproj import Transformer

CELL_HM = 80  # a cell of the grid is 8 km wide
CELL_KM = 8.0


class Hectometres(NamedTuple):
    """A point of Lambert II étendu in hectometres, the unit of SIM2's LAMBX and LAMBY."""

    x: float
    y: float


class _Range(NamedTuple):
    name: str
    x: tuple[int, int]
    y: tuple[int, int]

    def holds(self, x: float, y: float) -> bool:
        return self.x[0] <= x <= self.x[1] and self.y[0] <= y <= self.y[1]

    def __str__(self) -> str:
        (x0, x1), (y0, y1) = self.x, self.y
        return f"{self.name} (lambx {x0:,} to {x1:,}, lamby {y0:,} to {y1:,})"


# SIM2's grid (600 to 11,960, 16,170 to 26,810) and a cell around it. The ranges of lamby do not touch: a point is in
# one system or in none.
SIM2 = _Range("SIM2 hectometres", (500, 12_500), (15_900, 27_000))
LAMBERT2 = _Range("Lambert II étendu metres", (50_000, 1_250_000), (1_590_000, 2_700_000))
LAMBERT93 = _Range("Lambert-93 metres", (0, 1_300_000), (6_000_000, 7_200_000))
ACCEPTED = f"{SIM2}, {LAMBERT2} or {LAMBERT93}"

_lambert93_to_lambert2 = Transformer.from_crs("EPSG:2154", "EPSG:27572", always_xy=True)


def to_hectometres(x: float, y: float) -> Hectometres:
    """The point in hectometres of Lambert II étendu.

    >>> to_hectometres(6011.79, 24291.61)
    Hectometres(x=6011.79, y=24291.61)

    Raises ValueError, with the accepted ranges, for a point outside all three.
    """
    if SIM2.holds(x, y):
        return Hectometres(x, y)
    if LAMBERT2.holds(x, y):
        return Hectometres(x / 100, y / 100)
    if LAMBERT93.holds(x, y):
        x2, y2 = _lambert93_to_lambert2.transform(x, y)
        return Hectometres(x2 / 100, y2 / 100)
    raise ValueError(f"lambx and lamby are in none of the accepted ranges: {ACCEPTED}")
