"""Run dbt on the project at the root, with the warehouse of the settings."""

import gc
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from dbt.artifacts.schemas.freshness import FreshnessResult
from dbt.artifacts.schemas.results import FreshnessStatus, NodeStatus
from dbt.cli.main import dbtRunner, dbtRunnerResult

from flows.chain.revisions import count_revised
from flows.run import TESTS, Built, DbtRunner, Freshness, Node
from ingestion.errors import BuildError
from ingestion.settings import ROOT, Settings
from ingestion.sources import SOURCES
from ingestion.warehouse import Warehouse


def build(
    settings: Settings,
    warehouse: Warehouse,
    built: Built,
    *arguments: str,
    runner: Callable[[], DbtRunner] | None = None,
) -> None:
    """Run `dbt build` with further arguments, such as `--full-refresh` or `--select`; `built` takes the results.

    Raises BuildError with the first node that failed and dbt's message.
    """
    # Writing the project as JSON takes a tenth of an idle build; only Prefect's runner reads it.
    flags = () if runner else ("--no-write-json",)
    # Unit tests test the SQL, not the data: `make test` runs them.
    command = (*flags, "build", "--exclude-resource-type", "unit_test", *arguments)
    result = invoke(settings, warehouse, *command, runner=runner)
    results = getattr(result.result, "results", ())
    built.nodes += [_node(each) for each in results]
    with warehouse.connect() as connection:
        built.revised += count_revised(connection, _snapshot_keys(results))
    if built.failed:
        first, more = built.failed[0], len(built.failed) - 1
        others = f" (and {more} more)" if more else ""
        error = BuildError(f"dbt: {first.name}: {first.message}{others}; log: {_log_folder(settings)}/dbt.log")
        error.about = ", ".join(sorted(node.name for node in built.failed))
        raise error
    if not result.success:
        raise BuildError(f"dbt: {result.exception or 'failed'}; log: {_log_folder(settings)}/dbt.log")


def check_freshness(settings: Settings, warehouse: Warehouse, built: Built) -> None:
    """Run `dbt source freshness`; `built` takes the results.

    Raises BuildError when dbt fails; a late source is no error.
    """
    result = invoke(settings, warehouse, "--no-write-json", "source", "freshness")
    if not isinstance(result.result, FreshnessResult):
        raise BuildError(f"dbt source freshness: {result.exception or 'failed'}; log: {_log_folder(settings)}/dbt.log")
    # The results include those of hooks.
    built.freshness += [_freshness(each) for each in result.result.results if each.node.resource_type == "source"]


def _freshness(result: Any) -> Freshness:
    source = result.node
    after = source.freshness.warn_after or source.freshness.error_after
    limit = timedelta(**{f"{after.period}s": after.count}) if after else None
    newest = None if result.status == FreshnessStatus.RuntimeErr else result.max_loaded_at
    if newest and newest.year == 1:  # dbt's value for an empty table
        newest = None
    return Freshness(f"{source.source_name}.{source.name}", newest, limit, str(result.status))


def _snapshot_keys(results: Iterable[Any]) -> dict[str, list[str]]:
    """Return the columns of the key of each snapshot that was written, by its name."""
    keys = {
        each.node.name: each.node.config.unique_key
        for each in results
        if each.node.resource_type == "snapshot" and each.status == NodeStatus.Success
    }
    return {name: [key] if isinstance(key, str) else list(key) for name, key in keys.items()}


def _node(result: Any) -> Node:
    rows = result.failures if result.node.resource_type in TESTS else result.adapter_response.get("rows_affected", -1)
    return Node(
        result.node.name,
        str(result.node.resource_type),
        str(result.status),
        round(result.execution_time, 2),
        None if rows == -1 else rows,
        " ".join(str(result.message or "").split()),
    )


def invoke(
    settings: Settings, warehouse: Warehouse, *arguments: str, runner: Callable[[], DbtRunner] | None = None
) -> dbtRunnerResult:
    """Run a dbt command quietly in this process; its log goes to HOME.

    Raises BuildError when `runner` raises dbt's exception instead of returning it.
    """
    profile = ROOT / "profiles.yml"
    if not profile.exists():
        shutil.copy(ROOT / "profiles.yml.example", profile)
    variables = {
        "DBT_TARGET_PATH": str(settings.home / "dbt" / "target"),
        "DBT_LOG_PATH": str(_log_folder(settings)),
        "DBT_LOG_LEVEL": "none",
        "DBT_LOG_LEVEL_FILE": "info",
    }
    with _environment(warehouse.env | variables), _without_garbage_collection():
        try:
            return (runner or dbtRunner)().invoke(
                [*_with_domains(arguments), "--project-dir", str(ROOT), "--profiles-dir", str(ROOT)]
            )
        except ValueError as error:
            raise BuildError(f"{' '.join(str(error).split())}; log: {_log_folder(settings)}/dbt.log") from error


def _with_domains(arguments: Sequence[str]) -> list[str]:
    """Give dbt the domains that ingestion knows, unless the caller sets variables of their own."""
    if any(argument.startswith("--vars") for argument in arguments):
        return list(arguments)
    return [*arguments, "--vars", json.dumps({"domaines": sorted(SOURCES)})]


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Pause the garbage collector: dbt makes few cycles, and scans take a seventh of an idle build."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _log_folder(settings: Settings) -> Path:
    return settings.home / "dbt" / "logs"
