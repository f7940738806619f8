"""The points at which a run of the chain is killed: calls of methods, mostly of the libraries that write for it.

A process is forked from one that has imported dlt and dbt: no run pays for imports.
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
from ingestion.providers.data_gouv import BLOCK
from ingestion.settings import get_settings

_DOWNLOAD = "requests.models:Response.iter_content"
_REQUEST = "requests.sessions:Session.request"
_LAKE_NOTE = "dlt.destinations.impl.filesystem.filesystem:FilesystemClient._write_to_json_file"
_NEW_TABLE = "adbc_driver_manager.dbapi:Cursor.adbc_ingest"
_MERGE = "dlt.destinations.sql_client:SqlClientBase.execute_many"
_ROWS = "psycopg:Cursor.executemany"
_DBT = "dbt.adapters.sql.connections:SQLConnectionManager.add_query"
_REPORT = "flows.reporting.report:save_report"
_PATIENCE = 600  # seconds, on a machine that has much else to do


@dataclass(frozen=True)
class Checkpoint:
    """The first call of a function (`module:qualified name`) whose arguments hold all of the texts."""

    name: str
    function: str
    texts: tuple[str, ...] = ()
    after: bool = False  # the process is killed when the call has ended, not before it begins

    def reached(self, arguments: tuple[Any, ...]) -> bool:
        said = repr(arguments)
        return all(text in said for text in self.texts)


# In the order of a run: each run comes to its point only if it goes on from what the one before it left.
COLLECTING = (
    Checkpoint("between two answers", _REQUEST, ("observations_tr",)),
    Checkpoint("after a record", _LAKE_NOTE, ("donnees-capteurs", "_dlt_loads"), after=True),
    Checkpoint("in a download", _DOWNLOAD, (str(BLOCK),)),
    Checkpoint("between the state and the record of a weather file", _LAKE_NOTE, ("donnees-meteo", "_dlt_loads")),
    Checkpoint("between the state and the record of levels", _LAKE_NOTE, ("donnees-piezometre", "_dlt_loads")),
    Checkpoint("between the state and the record of tap water", _LAKE_NOTE, ("donnees-qualite-eau", "_dlt_loads")),
    Checkpoint("before the commit of a merge", _MERGE, ("INSERT INTO", '"raw_meteo"."sim2"'), after=True),
    Checkpoint("between a load and the note of it", _ROWS, ("control.paquet_charge", "'piezometrie'")),
    Checkpoint("after the note of a load", _ROWS, ("control.paquet_charge", "'qualite_eau'"), after=True),
)
BUILDING = (
    Checkpoint("before a model's mark, in its transaction", _DBT, ('hydrotheque.meteo"', "construit_le")),
    Checkpoint("between two models", _DBT, ('hydrotheque.piezo_meteo"',)),
    Checkpoint("in a snapshot's transaction", _DBT, ('hydrotheque.nappe_historique"', "construit_le")),
    Checkpoint("between the tests and their marks", _DBT, ("construit_le", "meteo:tests")),
    Checkpoint("before the report", _REPORT),
)
FIRST_RUN = (
    Checkpoint("before the first state", _LAKE_NOTE, ("_dlt_pipeline_state",)),
    Checkpoint("between two raw tables", _NEW_TABLE, ("raw_qualite_eau",)),
    Checkpoint("before the commit of a new table", _DBT, ('hydrotheque.nappe"', "construit_le")),
)


def run_chain(environment: dict[str, str], log: Path, checkpoint: Checkpoint | None = None) -> int:
    """Run `hydrotheque run` in a forked process, up to a checkpoint when one is named; return its exit status."""
    context = multiprocessing.get_context("forkserver")
    modules = ["pytest", "flows.commands.run", "flows.chain.transform", "dbt.adapters.postgres", __name__]
    context.set_forkserver_preload(modules)
    process = context.Process(target=_run, args=(environment, log, checkpoint))
    process.start()
    process.join(_PATIENCE)
    assert process.exitcode is not None, log.read_text()
    return process.exitcode


def _run(environment: dict[str, str], log: Path, checkpoint: Checkpoint | None) -> None:
    with log.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    get_settings.cache_clear()
    if checkpoint:
        _kill_at(checkpoint)
    sys.argv = ["hydrotheque", "run"]
    main()


def _kill_at(checkpoint: Checkpoint) -> None:
    module, _, path = checkpoint.function.partition(":")
    *owners, name = path.split(".")
    owner: Any = import_module(module)
    for each in owners:
        owner = getattr(owner, each)
    setattr(owner, name, _deadly(getattr(owner, name), checkpoint))


def _deadly(function: Callable[..., Any], checkpoint: Checkpoint) -> Callable[..., Any]:
    @wraps(function)
    def deadly(*args: Any, **kwargs: Any) -> Any:
        reached = checkpoint.reached((args, kwargs))
        if reached and not checkpoint.after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **kwargs)
        if reached:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return deadly
