"""The SIM2 files of a scenario: which there are, what they hold, and their bytes, made on demand and kept."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
from isal import isal_zlib

from ingestion.simulator import sim2_text
from ingestion.simulator.grid import cell_keys, in_file_order, sample_cells
from ingestion.simulator.noise import Integers, keys, mix
from ingestion.simulator.sim2_physics import simulate
from ingestion.simulator.stations import stations
from ingestion.simulator.weather import Place
from ingestion.simulator.world import (
    DAYS_PER_REVISION,
    FIRST_SIM2_DAY,
    Scenario,
    day_number,
    day_of,
)

NEW_HEADER_SINCE = 2024
LATEST_DAYS = 60
BLOCK = 256
# Days after which a value of ETP is final; the files of the last four years are rewritten until then.
SETTLED_AFTER = 1000
_STREAM_ETP = 20


@dataclass(frozen=True)
class Sim2File:
    """A daily file: its name, its days (both included) and when the provider wrote it.

    worked_until    the day from which the age of its provisional values counts
    """

    name: str
    first: date
    last: date
    new_header: bool
    modified: datetime
    worked_until: date


def _published(today: date) -> date:
    """The last day before today on which the provider rewrote its files: the 1st or the 16th."""
    before = today - timedelta(days=1)
    return before.replace(day=16 if before.day >= 16 else 1)


def _written(scenario: Scenario, last_year: int) -> tuple[datetime, date]:
    """When a file ending in `last_year` was last written, and until when it had been worked on."""
    frozen = date(last_year + 4, 1, 1)
    if scenario.today > frozen:
        return datetime.combine(frozen, time(4, 12), UTC), frozen + timedelta(days=SETTLED_AFTER)
    published = _published(scenario.today)
    revised = timedelta(minutes=10 * scenario.revision)
    worked = published + timedelta(days=DAYS_PER_REVISION * scenario.revision)
    return datetime.combine(published, time(4, 12), UTC) + revised, worked


def _file(scenario: Scenario, name: str, first: date, last: date) -> Sim2File:
    modified, worked = _written(scenario, last.year)
    new_header = last.year >= NEW_HEADER_SINCE
    return Sim2File(name, max(first, FIRST_SIM2_DAY), last, new_header, modified, worked)


def _latest(scenario: Scenario, name: str, first: date) -> Sim2File:
    modified = datetime.combine(scenario.today, time(6, 30), UTC) + timedelta(minutes=10 * scenario.revision)
    return Sim2File(name, first, scenario.today, True, modified, scenario.effective_day)


def _year_files(scenario: Scenario) -> list[Sim2File]:
    """A file a year, then 60 days that overlap the last one."""
    complete = _published(scenario.today) - timedelta(days=1)
    files = [
        _file(scenario, f"QUOT_SIM2_{year}.csv.gz", date(year, 1, 1), min(date(year, 12, 31), complete))
        for year in scenario.years
        if date(year, 1, 1) <= complete
    ]
    first = scenario.today - timedelta(days=LATEST_DAYS - 1)
    return [*files, _latest(scenario, "QUOT_SIM2_latest.csv.gz", first)]


def _decade_files(scenario: Scenario) -> list[Sim2File]:
    """Files of the layout before 2026-07-31: decades, the current decade up to a month, then the days since."""
    month = scenario.today.replace(day=1)
    since = (month - timedelta(days=1)).replace(day=1)
    files = []
    for decade in sorted({year // 10 * 10 for year in scenario.years}):
        years = [year for year in scenario.years if year // 10 * 10 == decade]
        last = min(date(years[-1], 12, 31), since - timedelta(days=1))
        name = f"QUOT_SIM2_{max(decade, 1958)}-{decade + 9}.csv.gz"
        if decade == scenario.today.year // 10 * 10:
            name = f"QUOT_SIM2_previous-{decade}-{last:%Y%m}.csv.gz"
        if date(years[0], 1, 1) <= last:
            files.append(_file(scenario, name, date(years[0], 1, 1), last))
    name = f"QUOT_SIM2_latest-{since:%Y%m%d}-{scenario.today:%Y%m%d}.csv.gz"
    return [*files, _latest(scenario, name, since)]


def daily_files(scenario: Scenario) -> list[Sim2File]:
    """The daily files of a scenario, oldest first, `latest` last."""
    return _year_files(scenario) if scenario.layout == "years" else _decade_files(scenario)


@lru_cache(maxsize=8)
def _sample(seed: int, count: int, wanted: tuple[tuple[int, int], ...]) -> Integers:
    return sample_cells(seed, count, list(wanted))


def cells_of(scenario: Scenario) -> Integers:
    """The cells of the scenario's files (n, 2): the example cell, those of the stations, then others."""
    wanted = tuple(station.cell for station in stations(scenario)[: scenario.cells])
    return _sample(scenario.seed, scenario.cells, wanted)


def _spans(first: date, last: date) -> Iterator[tuple[int, int, int]]:
    """Calendar years of a file: (January 1, first day wanted, last day wanted) as day numbers."""
    for year in range(first.year, last.year + 1):
        start = date(year, 1, 1)
        yield day_number(start), day_number(max(first, start)), day_number(min(last, date(year, 12, 31)))


def scaled_values(scenario: Scenario, file: Sim2File, cells: Integers) -> dict[str, sim2_text.Scaled]:
    """The variables of a file for some cells, in units of the last published decimal, (days, cells).

    Each calendar year is computed from its own January 1: a day has the same values in every file.
    """
    place = Place.of(scenario.seed, cells)
    parts: dict[str, list[sim2_text.Scaled]] = {}
    for january, first, last in _spans(file.first, file.last):
        for name, values in simulate(scenario.seed, place, january, last).items():
            published = np.rint(values[first - january :] * np.float32(sim2_text.scale(name)))
            parts.setdefault(name, []).append(published.astype(np.int32))
    whole = {name: np.concatenate(arrays) for name, arrays in parts.items()}
    whole["pe"] = whole["prenei"] + whole["preliq"] - whole["evap"]
    _provisional_etp(scenario.seed, file, cells, whole["etp"])
    return whole


def _provisional_etp(seed: int, file: Sim2File, cells: Integers, etp: sim2_text.Scaled) -> None:
    """Shift three values of ETP in ten by 0.1 mm until they reach the age at which they are settled."""
    first, last = day_number(file.first), day_number(file.last)
    young = max(first, day_number(file.worked_until) - SETTLED_AFTER)
    if young > last:
        return
    days = np.arange(young, last + 1)
    chance = mix(keys(seed, _STREAM_ETP, days)[:, None] ^ keys(seed, _STREAM_ETP + 1, cell_keys(cells))[None, :])
    low = (chance & np.uint64(0xFFFF)).astype(np.float32) / np.float32(65536)
    settled = SETTLED_AFTER * ((chance >> np.uint64(40)).astype(np.float32) * np.float32(2**-24)) ** 3
    age = (day_number(file.worked_until) - days)[:, None]
    part = etp[young - first :]
    part += ((low < 0.3) & (age < settled)).astype(np.int32)


def text_blocks(scenario: Scenario, file: Sim2File) -> Iterator[bytes]:
    """The csv of a file in blocks, the header first."""
    yield sim2_text.header(file.new_header)
    cells = in_file_order(cells_of(scenario))
    days = np.arange(day_number(file.first), day_number(file.last) + 1)
    series_start = date(max(NEW_HEADER_SINCE, scenario.years[0]), 1, 1)
    empty_before = day_number(series_start) + 10
    per_block = max(1, BLOCK * 366 // len(days))
    for start in range(0, len(cells), per_block):
        block = cells[start : start + per_block]
        values = scaled_values(scenario, file, block)
        yield sim2_text.render(block, days, values, file.new_header, empty_before)


@lru_cache(maxsize=1)
def generator_version() -> str:
    """A digest of this package's code: a kept file is not reused after the generator changed."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


class FileStore:
    """Generated SIM2 files on disk. A file is complete or absent; its md5 stands beside it."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self.scenario = scenario
        self.folder = folder
        self.files = {file.name: file for file in daily_files(scenario)}
        self._lock = threading.Lock()

    def path(self, name: str) -> Path:
        """The complete file of that name, generated first where it is not there. KeyError if unknown."""
        file = self.files[name]
        path = self.folder / self._key(file) / name
        with self._lock:
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                self._write(file, path)
        return path

    def etag(self, name: str) -> str:
        """The md5 of a file's bytes, quoted as a strong validator."""
        return f'"{self.path(name).with_suffix(".md5").read_text()}"'

    def _key(self, file: Sim2File) -> str:
        """A folder for everything a file's bytes depend on, so that scenarios share unchanged files."""
        scenario = self.scenario
        settled = max(day_number(file.worked_until) - SETTLED_AFTER, day_number(file.first))
        age = day_of(day_number(file.worked_until)) if settled <= day_number(file.last) else "settled"
        sample = hashlib.sha256(cells_of(scenario).tobytes()).hexdigest()
        parts = [scenario.seed, sample, file.first, file.last, file.new_header, age]
        parts += [max(NEW_HEADER_SINCE, scenario.years[0]), generator_version()]
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def _write(self, file: Sim2File, path: Path) -> None:
        digest = hashlib.md5(usedforsecurity=False)
        # A gzip wrapper (wbits 31) written this way carries no time and no name: the same rows, the same bytes.
        packer = isal_zlib.compressobj(2, isal_zlib.DEFLATED, 31)
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb") as out:
            for text in text_blocks(self.scenario, file):
                packed = packer.compress(text)
                digest.update(packed)
                out.write(packed)
            packed = packer.flush()
            digest.update(packed)
            out.write(packed)
        path.with_suffix(".md5").write_text(digest.hexdigest())
        unfinished.replace(path)
