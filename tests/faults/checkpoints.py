"""The points at which a run of the chain is killed: named places in the libraries that write for it.

A process is forked from one that has imported dlt and dbt, so that a case does not pay for imports.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from flows.cli import main
from ingestion.settings import get_settings

_LAKE = "dlt.destinations.impl.filesystem.filesystem:FilesystemClient"
_RAW = "dlt.destinations.impl.postgres.sql_client:Psycopg2SqlClient"
_DBT = "dbt.adapters.postgres.connections:PostgresConnectionManager"
_PATIENCE = 600  # seconds, on a machine that has much else to do


@dataclass(frozen=True)
class Checkpoint:
    """A call of a method (`module:Class.method`) before or after which the process kills itself."""

    method: str
    call: int = 1
    after: bool = False


CHECKPOINTS = {
    "in the middle of a download": Checkpoint("requests.models:Response.iter_content", 2, after=True),
    "before the record of a weather file": Checkpoint(f"{_LAKE}.complete_load"),
    "between the state and the record of levels": Checkpoint(f"{_LAKE}._store_load", 5),
    "before the state of drinking water": Checkpoint(f"{_LAKE}._store_current_state", 7),
    "before the commit of a merge": Checkpoint(f"{_RAW}.commit_transaction", 2),
    "after the commit of a merge": Checkpoint(f"{_RAW}.commit_transaction", 2, after=True),
    "between a load and the note of it": Checkpoint("dlt.pipeline.pipeline:Pipeline.run", 10, after=True),
    "before the commit of a model": Checkpoint(f"{_DBT}.commit", 40),
    "after the commit of a model": Checkpoint(f"{_DBT}.commit", 60, after=True),
    "between the build and the report": Checkpoint("dbt.cli.main:dbtRunner.invoke", 2, after=True),
}


def run_chain(environment: dict[str, str], log: Path, name: str = "") -> int:
    """Run `hydrotheque run` in a forked process, up to a checkpoint when one is named; return its exit status."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["flows.chain.transform", "flows.chain.steps", "flows.reporting.terminal", __name__])
    process = context.Process(target=_run, args=(environment, log, name))
    process.start()
    process.join(_PATIENCE)
    assert process.exitcode is not None, log.read_text()
    return process.exitcode


def _run(environment: dict[str, str], log: Path, name: str) -> None:
    with log.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    get_settings.cache_clear()
    if name:
        _kill_at(CHECKPOINTS[name])
    sys.argv = ["hydrotheque", "run"]
    main()


def _kill_at(checkpoint: Checkpoint) -> None:
    module, _, path = checkpoint.method.partition(":")
    owner, _, method = path.partition(".")
    holder = getattr(import_module(module), owner)
    setattr(holder, method, _counted(getattr(holder, method), checkpoint))


def _counted(function: Callable[..., Any], checkpoint: Checkpoint) -> Callable[..., Any]:
    calls = 0

    @wraps(function)
    def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == checkpoint.call and not checkpoint.after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **kwargs)
        if calls == checkpoint.call and checkpoint.after:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return counted
