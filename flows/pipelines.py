"""The flows, under the names people know. They call the steps in order and hold no logic of their own."""

import os

from flows import steps
from flows.steps import Run, started
from ingestion.report import Reporter
from ingestion.settings import get_settings

os.environ.setdefault("PREFECT_HOME", str(get_settings().home / "prefect"))

from prefect import flow, task  # noqa: E402 - reads PREFECT_HOME once, here
from prefect.cache_policies import NO_CACHE  # noqa: E402

# Tasks, so that a run shows where it is; nothing of what they pass is kept or compared by Prefect.
_step = task(cache_policy=NO_CACHE, persist_result=False)
_collect = _step(steps.collect)
_load = _step(steps.load)
_build = _step(steps.build)


@flow(persist_result=False)
def pipeline_get_csv() -> None:
    """Collect the files of data.gouv.fr: weather."""
    with started() as run:
        _collect(run, "meteo")


@flow(persist_result=False)
def pipeline_get_api() -> None:
    """Collect the answers of Hub'Eau: stations and groundwater levels."""
    with started() as run:
        _collect(run, "piezometrie")


@flow(persist_result=False)
def copy_data_in_db() -> None:
    """Load the lake into the raw schemas, then build and test the tables."""
    with started() as run:
        _load(run)
        _build(run)


@flow(persist_result=False, validate_parameters=False)
def pipeline_mensuel(reporter: Reporter | None = None) -> Run:
    """The whole month: collect everything, load it, build and test the tables."""
    with started(reporter) as run:
        _collect(run, "meteo")
        _collect(run, "piezometrie")
        _load(run)
        _build(run)
    return run
