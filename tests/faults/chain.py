"""The chain, killed and run again: where it starts, and where it ends undisturbed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.sources import SOURCES
from tests.faults.checkpoints import Checkpoint, run_chain
from tests.faults.months import NOT_THE_WINDOW
from tests.helpers.warehouse import DATABASE, INITIALISED, TestWarehouse, new_warehouse


@dataclass(frozen=True)
class Start:
    """A warehouse to start from, nothing when it is None; its providers; one that the undisturbed chain has built."""

    warehouse: TestWarehouse | None
    providers: dict[str, Any]
    end: TestWarehouse


@dataclass(frozen=True)
class Chain:
    """The chain's starts, by name, and a HOME in which dbt has parsed the project."""

    starts: dict[str, Start]
    home: Path

    @contextmanager
    def case(self, start: str, folder: Path) -> Iterator[TestWarehouse]:
        """Yield a warehouse to start from, with a HOME of its own."""
        home = shutil.copytree(self.home, folder / "home", symlinks=True)
        begin = self.starts[start]
        if begin.warehouse:
            place = begin.warehouse.clone(folder, DATABASE, home, **begin.providers)
        else:
            place = new_warehouse(folder, template=INITIALISED, **begin.providers).with_home(home)
        yield place
        shutil.rmtree(home)
        assert ends(place) == ends(begin.end)


def ends(place: TestWarehouse) -> dict[str, Any]:
    """What a chain leaves: marts, their history, raw rows, and the number of lake packages by domain."""
    packages = {domain: len(place.load_records(domain)) for domain in SOURCES}
    return {**place.marts(), **place.history(), **place.raw(left_out=NOT_THE_WINDOW), **packages}


def run(place: TestWarehouse, checkpoint: Checkpoint | None = None) -> int:
    """Run the chain up to a checkpoint; return its exit status."""
    return run_chain(os.environ | place.command_env, log_of(place), checkpoint)


def log_of(place: TestWarehouse) -> Path:
    """What a run printed."""
    return place.settings.home / "run.log"
