"""The chain of month 2 on a warehouse of month 1, or on an empty one, killed and run again."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.checkpoints import run_chain
from tests.faults.months import new_place
from tests.helpers.warehouse import DATABASE, TestWarehouse

End = tuple[dict[str, str], dict[str, str]]


@dataclass
class Chain:
    """A warehouse of month 1, as its run left it, at the providers of month 2."""

    month_1: TestWarehouse
    url: str
    folder: Path
    _ends: dict[str, End] = field(default_factory=dict)

    @contextmanager
    def case(self, start: str) -> Iterator[TestWarehouse]:
        """Yield a warehouse to start from: month 1 or nothing."""
        folder = self.folder / "case"
        shutil.copytree(self.folder / "home", folder / "home")
        try:
            if start == "month 1":
                yield self.month_1.clone(folder, DATABASE, folder / "home").at(self.url)
            else:
                yield new_place(folder, self.url, DATABASE).with_home(folder / "home")
        finally:
            shutil.rmtree(folder)

    def end(self, start: str) -> End:
        """Return where the undisturbed chain ends."""
        if start not in self._ends:
            with self.case(start) as place:
                self._ends[start] = end_of(place)
        return self._ends[start]


def run(place: TestWarehouse, checkpoint: str = "") -> int:
    return run_chain(os.environ | place.command_env, place.settings.home / "run.log", checkpoint)


def end_of(place: TestWarehouse) -> End:
    """Run the chain to its end, and return the marts and the history it ends in."""
    assert run(place) == 0, (place.settings.home / "run.log").read_text()
    return place.marts(), place.history()
