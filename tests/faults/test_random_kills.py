"""The monthly chain, killed with SIGKILL at a random moment and run again, ends where an undisturbed one does.

`HYDROTHEQUE_KILLS` is the number of moments, drawn uniformly over the time that the undisturbed chain takes. Without it
the tests are not collected: `make test-faults` sets it.
"""

import os
import random
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.chain import Chain, log_of, run
from tests.helpers.warehouse import HYDROTHEQUE, TestWarehouse

SEED = 20_260_731


@dataclass(frozen=True)
class Kill:
    """A moment, as a share of the undisturbed chain's time, on month 1 or on an empty warehouse."""

    start: str
    moment: float

    def __str__(self) -> str:
        return f"{self.start}-seed {SEED}-at {self.moment:.1%}"


def kills() -> list[Kill]:
    chance = random.Random(SEED)  # noqa: S311 - moments, not secrets
    number = int(os.environ["HYDROTHEQUE_KILLS"])
    # One moment in each equal part of the time, the parts in any order: a few are not all at the start.
    moments = [(part + chance.random()) / number for part in chance.sample(range(number), number)]
    return [Kill("empty" if n % 3 == 2 else "month 1", moment) for n, moment in enumerate(moments)]


@pytest.fixture(scope="module")
def seconds(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """The time that the undisturbed command takes."""
    found = {}
    for start in ("month 1", "empty"):
        with chain.case(start, tmp_path_factory.mktemp("undisturbed")) as place:
            began = time.monotonic()
            done = place.command("run")
            assert done.returncode == 0, done.stderr
            found[start] = time.monotonic() - began
    return found


@pytest.mark.parametrize("kill", kills(), ids=str)
def test_a_killed_chain_ends_where_an_undisturbed_one_does(
    chain: Chain, seconds: dict[str, float], tmp_path: Path, kill: Kill
) -> None:
    with chain.case(kill.start, tmp_path) as place:
        kill_a_run(place, kill.moment * seconds[kill.start])
        assert run(place) == 0, log_of(place).read_text()


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
