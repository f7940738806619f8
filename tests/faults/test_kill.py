"""The monthly chain, killed with SIGKILL at a random moment and run again, ends where an undisturbed one does.

`HYDROTHEQUE_KILLS` says how many moments: 3 unless it is set. The moments are drawn uniformly over the time that the
undisturbed chain takes.
"""

import os
import random
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.faults.months import NOT_THE_WINDOW, VALUES, new_place
from tests.helpers.warehouse import HYDROTHEQUE, TestWarehouse, named

SEED = 20_260_731
NAME = named("kill")  # one name for all cases: dbt parses the project anew when the database's name is another


@dataclass(frozen=True)
class Kill:
    """A moment, as a share of the undisturbed chain's time, and what is there before: month 1 or nothing."""

    start: str
    moment: float

    def __str__(self) -> str:
        return f"{self.start}-seed {SEED}-at {self.moment:.1%}"


def kills() -> list[Kill]:
    chance = random.Random(SEED)  # noqa: S311 - moments, not secrets
    number = int(os.environ.get("HYDROTHEQUE_KILLS", "3"))
    # One moment in each equal part of the time, the parts in any order: a few are not all at the start.
    moments = [(part + chance.random()) / number for part in chance.sample(range(number), number)]
    return [Kill("empty" if n % 3 == 2 else "month 1", moment) for n, moment in enumerate(moments)]


@dataclass
class Chain:
    """Places at which the chain of month 2 is started, and how it ends undisturbed."""

    month_1: TestWarehouse
    url: str
    folder: Path
    undisturbed: dict[str, tuple[float, tuple[dict[str, str], ...]]] = field(default_factory=dict)

    def place(self, start: str) -> TestWarehouse:
        """A place to start from; the one before is gone."""
        folder = self.folder / "case"
        shutil.rmtree(folder, ignore_errors=True)
        home = folder / "home"
        shutil.copytree(self.folder / "home", home)
        if start == "month 1":
            return self.month_1.clone(folder, NAME, home).at(self.url)
        return new_place(folder, self.url, NAME).with_home(home)

    def end(self, start: str) -> tuple[float, tuple[dict[str, str], ...]]:
        """Seconds that the undisturbed chain takes, and the marts and the history it ends in."""
        if start not in self.undisturbed:
            place = self.place(start)
            began = time.monotonic()
            done = place.command("run")
            assert done.returncode == 0, done.stderr
            self.undisturbed[start] = time.monotonic() - began, (place.marts(), place.history())
        return self.undisturbed[start]


@pytest.fixture(scope="module")
def chain(
    month_1: TestWarehouse, first_month: str, second_month: str, tmp_path_factory: pytest.TempPathFactory
) -> Chain:
    """Month 1 complete, with a HOME as its run left it."""
    folder = tmp_path_factory.mktemp("kill")
    (folder / "home").mkdir()
    place = month_1.clone(folder / "month_1", NAME, folder / "home").at(first_month)
    done = place.command("run")
    assert done.returncode == 0, done.stderr
    return Chain(place.renamed(named("kill_month_1")), second_month, folder)


@pytest.mark.parametrize("kill", kills(), ids=str)
def test_a_killed_chain_ends_where_an_undisturbed_one_does(chain: Chain, kill: Kill) -> None:
    seconds, end = chain.end(kill.start)
    place = chain.place(kill.start)
    kill_a_run(place, kill.moment * seconds)
    again = place.command("run")
    assert again.returncode == 0, again.stderr
    assert (place.marts(), place.history()) == end


def kill_a_run(place: TestWarehouse, after: float) -> None:
    """Start the chain and kill it, with all the processes it started."""
    with (place.settings.home / "killed.log").open("w") as log:
        process = subprocess.Popen(
            [HYDROTHEQUE, "run"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=os.environ | place.command_env,
            start_new_session=True,
        )
        try:
            assert process.wait(after) == 0  # it may end just before
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def collected(month_1: TestWarehouse, second_month: str, tmp_path: Path) -> TestWarehouse:
    """Month 2 collected on top of month 1, and not loaded."""
    place = month_1.clone(tmp_path).at(second_month)
    place.collect()
    return place


@pytest.mark.parametrize("domain", ["meteo", "piezometrie", "qualite_eau"])
def test_a_package_killed_just_before_its_record_is_collected_again(
    collected: TestWarehouse, month_2: TestWarehouse, domain: str
) -> None:
    records = collected.load_records(domain)
    records[-1].unlink()
    collected.month(domain)
    assert len(collected.load_records(domain)) == len(records)
    assert collected.checksums(VALUES[domain], NOT_THE_WINDOW) == month_2.checksums(VALUES[domain], NOT_THE_WINDOW)
