"""The monthly chain, killed with SIGKILL at named points one after another, ends where an undisturbed one does.

Each run goes on from what the one before it left, up to its own point.
"""

import signal
from pathlib import Path

import pytest

from tests.faults.chain import Chain, log_of, run
from tests.faults.checkpoints import BUILDING, COLLECTING, FIRST_RUN, Checkpoint


@pytest.mark.parametrize(
    ("start", "checkpoints"),
    [("month 1", COLLECTING), ("loaded", BUILDING), ("empty", FIRST_RUN)],
    ids=["collecting and loading", "building", "the first run"],
)
def test_a_chain_killed_at_each_point_ends_where_an_undisturbed_one_does(
    chain: Chain, tmp_path: Path, start: str, checkpoints: tuple[Checkpoint, ...]
) -> None:
    with chain.case(start, tmp_path) as place:
        for checkpoint in checkpoints:
            assert run(place, checkpoint) == -signal.SIGKILL, (checkpoint.name, log_of(place).read_text())
        assert run(place) == 0, log_of(place).read_text()
