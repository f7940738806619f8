"""What the simulator generates: the scenario, and the dates that follow from it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

CELLS_IN_FRANCE = 9892
FIRST_SIM2_DAY = date(1958, 8, 1)
EPOCH = date(1970, 1, 1)
# A revision counts as this many more days of work by the provider on what is already published.
DAYS_PER_REVISION = 30


@dataclass(frozen=True)
class Scenario:
    """One state of the simulated providers. The same scenario gives the same bytes.

    cells           cells in the SIM2 files (1 to 9,892)
    years           years that have a SIM2 file, ascending; `latest` comes on top of them
    stations        piezometers at Hub'Eau; the first four are the named ones
    sensors         hydrometric stations at Hub'Eau; the first two are the named ones
    today           the day the providers are asked: publication delays and `latest` count from it
    hour            the hour of that day (UTC), for what comes in real time
    history_start   first day of the chroniques; January 1 of the first year when None
    revision        0, 1, 2 …: later states of the same past (see `effective_day`)
    layout          "years" (a file a year, since 2026-07-31) or "decades" (before)
    Raises ValueError, naming the field, for a value out of range.
    """

    seed: int = 1
    cells: int = 100
    years: tuple[int, ...] = (2022, 2023, 2024)
    stations: int = 16
    sensors: int = 6
    today: date = date(2025, 1, 8)
    hour: int = 9
    history_start: date | None = None
    revision: int = 0
    layout: Literal["years", "decades"] = "years"

    def __post_init__(self) -> None:
        """Refuse what cannot be generated."""
        if not 1 <= self.cells <= CELLS_IN_FRANCE:
            raise ValueError(f"cells: {self.cells} is not between 1 and {CELLS_IN_FRANCE}")
        if not self.years or list(self.years) != sorted(set(self.years)):
            raise ValueError(f"years: {self.years} is not a list of ascending years")
        if self.years[0] < FIRST_SIM2_DAY.year or self.years[-1] > self.today.year:
            raise ValueError(f"years: {self.years} is not between {FIRST_SIM2_DAY.year} and today's year")
        if not 1 <= self.stations <= 100_000:
            raise ValueError(f"stations: {self.stations} is not between 1 and 100000")
        if not 0 <= self.sensors <= 10_000:
            raise ValueError(f"sensors: {self.sensors} is not between 0 and 10000")
        if not 0 <= self.hour <= 23:
            raise ValueError(f"hour: {self.hour} is not between 0 and 23")
        if self.revision < 0:
            raise ValueError(f"revision: {self.revision} is negative")
        if self.first_level_day >= self.today:
            raise ValueError(f"history_start: {self.first_level_day} is not before today ({self.today})")

    @property
    def first_level_day(self) -> date:
        """First day of the chroniques."""
        return self.history_start or date(self.years[0], 1, 1)

    @property
    def effective_day(self) -> date:
        """The day up to which the providers have worked: `today`, and a month more for each revision.

        What is provisional, late or not yet validated depends on its age at this day only, so a later
        scenario never takes back what an earlier one had settled.
        """
        return self.today + timedelta(days=DAYS_PER_REVISION * self.revision)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The date of a `day_number`."""
    return EPOCH + timedelta(days=number)
