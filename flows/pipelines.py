"""The flows, under the names people know. They call the steps in order and hold no logic of their own.

Here is what Prefect adds to a run: a task a step and a node of dbt, another try where the provider may answer later,
and artifacts, the report of the run as tables that people can sort.
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
from flows.reporting import report, terminal
from flows.reporting.findings import alerting
from flows.run import Run
from flows.upkeep import accounts
from flows.upkeep.migration import migrate
from ingestion.providers.http import TransientError
from ingestion.report import Reporter
from ingestion.settings import get_settings

_home = get_settings().home / "prefect"
_home.mkdir(parents=True, exist_ok=True)
os.environ.setdefault("PREFECT_HOME", str(_home))

from dbt_common.events.base_types import EventLevel  # noqa: E402 - as those below
from prefect import flow, get_run_logger, task  # noqa: E402 - Prefect reads PREFECT_HOME once, here
from prefect.artifacts import create_markdown_artifact, create_table_artifact  # noqa: E402
from prefect.cache_policies import NO_CACHE  # noqa: E402
from prefect_dbt import PrefectDbtRunner, PrefectDbtSettings  # noqa: E402

LONGEST_WAIT = timedelta(hours=12)  # for a run of another kind, which holds the warehouse
WAIT_OF_AN_HOUR = timedelta(minutes=50)  # then the next hour's run collects what this one would have
RETRY_DELAYS: list[float] = [60, 300, 900]  # seconds; within a try, each request has been tried four times already


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
    """The whole hour of the sensors: collect their last values, load them, build and test their tables."""
    _run("pipeline_get_capteurs", *steps.HOUR, wait=WAIT_OF_AN_HOUR)


@flow(name="copy_data_in_db")
def copy_data_in_db() -> None:
    """Load the lake into the raw schemas, once all of the month is collected, then build and test the tables."""
    _run("copy_data_in_db", *steps.COPY)


@flow(name="pipeline_mensuel")
def pipeline_mensuel() -> None:
    """The whole month: collect everything, load it, build and test the tables."""
    _run("pipeline_mensuel", *steps.MONTH)


@flow(name="pipeline_delete_user")
def pipeline_delete_user() -> None:
    """Count the accounts that are due, then delete them and announce those that will be."""
    settings = get_settings()
    with alerting(settings, "pipeline_delete_user"):
        migrate(settings)
        counted = _task(accounts.purge)(settings, dry_run=True)
        done = _task(accounts.purge)(settings, dry_run=False)
        figures = [{"": "counted", **counted._asdict()}, {"": "done", **done._asdict()}]
        create_table_artifact(figures, "pipeline-delete-user-accounts", "Accounts announced and deleted, by reason")


def _run(name: str, *parts: Step, wait: timedelta = LONGEST_WAIT) -> None:
    logger = get_run_logger()
    show = Reporter(lambda line: logger.info("\n".join(terminal.said(line))))
    with _published() as runs, started(show, name=name, wait=wait) as run:
        runs.append(run)
        run.dbt_runner = _dbt_runner
        for step in parts:
            _task(step)(run)


def _task(function: Callable[..., Any]) -> Callable[..., Any]:
    """A task a step, so that a run shows where it is; nothing of what they pass is kept or compared by Prefect."""
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
    """Whether the provider may answer later: a guard or a setting says the same the next time."""
    return isinstance(state.result(raise_on_failure=False), TransientError)


def _dbt_runner() -> PrefectDbtRunner:
    """dbt with a task for each node. Results come back as they are; an asset a table would say what the tasks say."""
    return PrefectDbtRunner(
        settings=PrefectDbtSettings(log_level=EventLevel.INFO), raise_on_failure=False, disable_assets=True
    )


@contextmanager
def _published() -> Iterator[list[Run]]:
    """Leave the report of the run that the block lists as artifacts, whether it ended well or not."""
    runs: list[Run] = []
    try:
        yield runs
    except Exception:
        with suppress(Exception):  # what ended the run matters more
            _publish(runs)
        raise
    _publish(runs)


def _publish(runs: list[Run]) -> None:
    for run in runs:
        flow_name = run.name.replace("_", "-")
        for title, lines in report.tables(run.report).items():
            slug = re.sub("[^a-z]+", "-", title.lower())
            create_table_artifact(lines, f"{flow_name}-{slug}", title)
        create_markdown_artifact(report.markdown(run.report), f"{flow_name}-report", "The whole report")
