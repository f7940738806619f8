"""SIM2 variables -> the text of a csv file, quickly.

Each field with its separator is padded with NUL bytes to 8 bytes and looked up as one integer; a block of rows is
then an array of integers, and its text is the array's bytes without the NULs.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ingestion.simulator.noise import Integers, Words
from ingestion.simulator.world import day_of
from ingestion.sources.meteo.sim2_csv import VARIABLES

Scaled = npt.NDArray[np.int32]

_THREE_DECIMALS = frozenset(
    ["q", "swi", "sswi_10j", "hteurneige", "hteurneige6", "hteurneigex", "wg_racine", "wgi_racine"]
)
_LOWEST, _HIGHEST = -10_000, 100_000


def variables(new_header: bool) -> tuple[str, ...]:
    """The variables of a file, in published order."""
    return tuple(name for name in VARIABLES if new_header or name != "sswi_10j")


def header(new_header: bool) -> bytes:
    """The first line: 29 columns since 2025, or 28 with a suffix."""
    names = [name.upper() if new_header else f"{name.upper()}_Q" for name in variables(new_header)]
    return (";".join(["LAMBX", "LAMBY", "DATE", *names]) + "\n").encode()


def scale(name: str) -> int:
    """Units of the last published decimal in one unit of the variable: 10 or 1000."""
    return 1000 if name in _THREE_DECIMALS else 10


def _slots(texts: list[str]) -> Words:
    """Texts of at most 8 bytes -> one integer each."""
    return np.array([text.encode() for text in texts], dtype="S8").view(np.uint64)


@lru_cache(maxsize=4)
def _numbers(unit: int) -> Words:
    """Texts of the scaled integers from `_LOWEST` to `_HIGHEST`."""
    decimals = 1 if unit == 10 else 3
    return _slots([f"{n / unit:.{decimals}f};" for n in range(_LOWEST, _HIGHEST)])


def render(cells: Integers, days: Integers, values: dict[str, Scaled], new_header: bool, empty_before: int) -> bytes:
    """Rows of a block: every day of a cell, then the next cell.

    values          scaled integers, (days, cells)
    empty_before    day number before which SSWI_10J is left empty
    """
    names = variables(new_header)
    rows = np.empty((len(cells), len(days), 4 + len(names)), dtype=np.uint64)
    rows[:, :, 0] = _slots([f"{x};" for x in cells[:, 0]])[:, None]
    rows[:, :, 1] = _slots([f"{y};" for y in cells[:, 1]])[:, None]
    dates = [day_of(int(day)) for day in days]
    rows[:, :, 2] = _slots([f"{day:%Y}" for day in dates])[None, :]
    rows[:, :, 3] = _slots([f"{day:%m%d};" for day in dates])[None, :]
    for column, name in enumerate(names, start=4):
        rows[:, :, column] = _numbers(scale(name)).take(values[name].T - _LOWEST)
        if name == "sswi_10j":
            rows[:, days < empty_before, column] = _slots([";"])[0]
    text = rows.view(np.uint8).reshape(len(cells), len(days), -1)
    _end_lines(text)
    return text.tobytes().translate(None, b"\0")


def _end_lines(text: npt.NDArray[np.uint8]) -> None:
    """Turn the separator after the last field into a line feed."""
    last = text[:, :, -8:]
    last[last == ord(";")] = ord("\n")
