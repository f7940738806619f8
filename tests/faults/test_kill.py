"""The monthly chain, killed with SIGKILL at a named point and run again, ends where an undisturbed one does."""

import signal

import pytest

from tests.faults.chain import Chain, end_of, run
from tests.faults.checkpoints import CHECKPOINTS


@pytest.mark.parametrize(
    ("start", "checkpoint"),
    [*(("month 1", name) for name in CHECKPOINTS), ("empty", "before the commit of a model")],
)
def test_a_killed_chain_ends_where_an_undisturbed_one_does(chain: Chain, start: str, checkpoint: str) -> None:
    end = chain.end(start)
    with chain.case(start) as place:
        assert run(place, checkpoint) == -signal.SIGKILL, (place.settings.home / "run.log").read_text()
        assert end_of(place) == end
