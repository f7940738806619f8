"""The files of data.gouv.fr other than SIM2's: which there are in a scenario; their bytes, made on demand and kept."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path

from ingestion.simulator import communes, tap_water_files
from ingestion.simulator.sim2_files import generator_version
from ingestion.simulator.world import Scenario

COMMUNES_DATASET = "communes-et-villes-de-france-en-csv-excel-json-parquet-et-feather"
TAP_WATER_DATASET = "resultats-du-controle-sanitaire-de-leau-distribuee-commune-par-commune"


@dataclass(frozen=True)
class Published:
    """A file: the dataset and resource it is found under, its name, when it was last written, and what writes it."""

    dataset: str
    resource: str
    name: str
    modified: datetime
    write: Callable[[Path], object]

    @property
    def format(self) -> str:
        """The end of the name."""
        return self.name.rpartition(".")[2]


class Publications:
    """The files of a scenario on disk. A file is complete or absent."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self.scenario = scenario
        self.files = {file.name: file for file in published_files(scenario)}
        key = hashlib.sha256(f"{scenario!r} {generator_version()}".encode()).hexdigest()[:16]
        self._folder = folder / f"published-{key}"
        self._lock = threading.Lock()

    def path(self, name: str) -> Path:
        """The complete file of that name, made first where it is not there. KeyError if unknown."""
        file, path = self.files[name], self._folder / name
        with self._lock:
            if not path.exists():
                self._folder.mkdir(parents=True, exist_ok=True)
                unfinished = path.with_name(f"{name}.part")
                file.write(unfinished)
                unfinished.replace(path)
        return path

    def etag(self, name: str) -> str:
        """The md5 of a file's bytes, quoted as a strong validator."""
        return f'"{hashlib.md5(self.path(name).read_bytes(), usedforsecurity=False).hexdigest()}"'


def published_files(scenario: Scenario) -> list[Published]:
    """The files of a scenario."""
    listed = Published(
        COMMUNES_DATASET,
        communes.RESOURCE_ID,
        "communes-france-2025.csv",
        datetime.combine(scenario.today.replace(month=1, day=1) - timedelta(days=300), time(9, 30), UTC),
        lambda path: path.write_text(communes.csv_text(scenario), encoding="utf-8"),
    )
    years = [
        Published(
            TAP_WATER_DATASET,
            resource,
            f"dis-{year}.zip",
            tap_water_files.modified(scenario, year),
            partial(tap_water_files.write_zip, scenario, year),
        )
        for year, resource in tap_water_files.resources(scenario).items()
    ]
    return [listed, *years]
