"""The Prefect flows, under the names people know. Each calls steps of `flows.chain` in order.

Prefect adds to a run: a task for each step and each node of dbt, retries where the provider may answer later, and the
report of the run as artifacts, tables that people can sort.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from flows.chain import steps
from flows.chain.start import started
from flows.chain.steps import Step
from flows.reporting.findings import alerting
from flows.reporting.report import markdown, tables
from flows.reporting.terminal import lines_for
from flows.run import Run
from flows.upkeep import accounts
from flows.upkeep.migration import migrate
from ingestion.providers.http import TransientError
from ingestion.report import Reporter
from ingestion.settings import get_settings

_home = get_settings().home / "prefect"
_home.mkdir(parents=True, exist_ok=True)
os.environ.setdefault("PREFECT_HOME", str(_home))

from dbt_common.events.base_types import EventLevel  # noqa: E402 - as the imports below
from prefect import flow, get_run_logger, task  # noqa: E402 - Prefect reads PREFECT_HOME once, here
from prefect.artifacts import create_markdown_artifact, create_table_artifact  # noqa: E402
from prefect.cache_policies import NO_CACHE  # noqa: E402
from prefect_dbt import PrefectDbtRunner, PrefectDbtSettings  # noqa: E402

LONGEST_WAIT = timedelta(hours=12)  # for a run of another kind that holds the warehouse
WAIT_OF_AN_HOUR = timedelta(minutes=50)  # then the next hour's run collects the same values
RETRY_DELAYS: list[float] = [60, 300, 900]  # seconds; within a try, each request is sent up to four times


@flow(name="pipeline_get_csv")
def pipeline_get_csv() -> None:
    """Collect the files of data.gouv.fr: weather, drinking water, communes."""
    _run("pipeline_get_csv", steps.collect_files)


@flow(name="pipeline_get_api")
def pipeline_get_api() -> None:
    """Collect the answers of Hub'Eau: stations, groundwater levels, values of sensors."""
    _run("pipeline_get_api", steps.collect_answers)


@flow(name="pipeline_get_capteurs")
def pipeline_get_capteurs() -> None:
    """Run the hour of the sensors: collect their last values, load them, build and test their tables."""
    _run("pipeline_get_capteurs", *steps.HOUR, wait=WAIT_OF_AN_HOUR)


@flow(name="copy_data_in_db")
def copy_data_in_db() -> None:
    """Load the lake into the raw schemas once the month is collected, then build and test the tables."""
    _run("copy_data_in_db", *steps.COPY)


@flow(name="pipeline_mensuel")
def pipeline_mensuel() -> None:
    """Run the month: collect everything, load it, build and test the tables."""
    _run("pipeline_mensuel", *steps.MONTH)


@flow(name="pipeline_delete_user")
def pipeline_delete_user() -> None:
    """Count the accounts due for deletion, delete them, and announce the next ones."""
    settings = get_settings()
    with alerting(settings, "pipeline_delete_user"):
        migrate(settings)
        counted = _task(accounts.purge)(settings, dry_run=True)
        done = _task(accounts.purge)(settings, dry_run=False)
        figures = [{"": "counted", **counted._asdict()}, {"": "done", **done._asdict()}]
        create_table_artifact(figures, "pipeline-delete-user-accounts", "Accounts announced and deleted, by reason")


def _run(name: str, *parts: Step, wait: timedelta = LONGEST_WAIT) -> None:
    logger = get_run_logger()
    show = Reporter(lambda line: logger.info("\n".join(lines_for(line))))
    with _publishing() as runs, started(show, name=name, wait=wait) as run:
        runs.append(run)
        run.dbt_runner = _dbt_runner
        for step in parts:
            _task(step)(run)


def _task(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a step as a Prefect task. Prefect stores and compares no argument or result."""
    retries = [*RETRY_DELAYS] if function in steps.COLLECTING else []
    as_task = task(
        cache_policy=NO_CACHE,
        persist_result=False,
        retries=len(retries),
        retry_delay_seconds=retries,
        retry_condition_fn=_may_pass,
    )
    return as_task(function)


def _may_pass(task: Any, task_run: Any, state: Any) -> bool:
    """Return whether a retry may succeed: an error of a guard or a setting comes again."""
    return isinstance(state.result(raise_on_failure=False), TransientError)


def _dbt_runner() -> PrefectDbtRunner:
    """Return a runner with a task for each dbt node; Prefect assets would duplicate the tasks."""
    return PrefectDbtRunner(
        settings=PrefectDbtSettings(log_level=EventLevel.INFO), raise_on_failure=False, disable_assets=True
    )


@contextmanager
def _publishing() -> Iterator[list[Run]]:
    """Publish the reports of the runs that the block lists as artifacts, after success and after failure."""
    runs: list[Run] = []
    try:
        yield runs
    except Exception:
        with suppress(Exception):  # the error of the run matters more
            _publish(runs)
        raise
    _publish(runs)


def _publish(runs: list[Run]) -> None:
    for run in runs:
        flow_name = run.name.replace("_", "-")
        for title, lines in tables(run.report).items():
            slug = re.sub("[^a-z]+", "-", title.lower())
            create_table_artifact(lines, f"{flow_name}-{slug}", title)
        create_markdown_artifact(markdown(run.report), f"{flow_name}-report", "The whole report")
