"""The flows, under the names people know. They call the steps in order and hold no logic of their own."""

import os
from collections.abc import Callable

from flows import steps
from flows.steps import Run
from ingestion.settings import get_settings

_home = get_settings().home / "prefect"
_home.mkdir(parents=True, exist_ok=True)
os.environ.setdefault("PREFECT_HOME", str(_home))

from prefect import flow, task  # noqa: E402 - Prefect reads PREFECT_HOME once, here
from prefect.cache_policies import NO_CACHE  # noqa: E402

# A task a step, so that a run shows where it is; nothing of what they pass is kept or compared by Prefect.
_task = task(cache_policy=NO_CACHE, persist_result=False)


def _run(*tasks: Callable[[Run], None]) -> None:
    with steps.started() as run:
        for step in tasks:
            _task(step)(run)


@flow
def pipeline_get_csv() -> None:
    """Collect the files of data.gouv.fr: weather, drinking water, communes."""
    _run(steps.collect_files)


@flow
def pipeline_get_api() -> None:
    """Collect the answers of Hub'Eau: stations, groundwater levels, values of sensors."""
    _run(steps.collect_answers)


@flow
def pipeline_get_capteurs() -> None:
    """The whole hour of the sensors: collect their last values, load them, build and test their tables."""
    _run(*steps.HOUR)


@flow
def copy_data_in_db() -> None:
    """Load the lake into the raw schemas, then build and test the tables."""
    _run(steps.load, steps.build)


@flow
def pipeline_mensuel() -> None:
    """The whole month: collect everything, load it, build and test the tables."""
    _run(*steps.MONTH)
