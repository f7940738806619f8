"""dbt, called on the project at the root with the warehouse of the settings."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dbt.artifacts.schemas.results import RunStatus, TestStatus
from dbt.cli.main import dbtRunner, dbtRunnerResult

from ingestion.errors import BuildError
from ingestion.settings import ROOT, Settings
from ingestion.warehouse import Warehouse

_FAILED = {RunStatus.Error, TestStatus.Fail, TestStatus.Error}


@dataclass
class Built:
    """What a dbt build did: counts of nodes by kind, and the messages of warnings."""

    models: int = 0
    tests: int = 0
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0


def build(settings: Settings, warehouse: Warehouse, *arguments: str) -> Built:
    """Run `dbt build` with further arguments, such as `--full-refresh` or `--select`.

    Raises BuildError naming the first node that failed, with dbt's message.
    """
    # Unit tests test the SQL, not the data: they are run by `make test`.
    result = invoke(settings, warehouse, "build", "--exclude-resource-type", "unit_test", *arguments)
    built = Built()
    failures = []
    for node in getattr(result.result, "results", ()):
        is_test = node.node.resource_type in {"test", "unit_test"}
        built.tests += is_test
        built.models += not is_test
        built.seconds += node.execution_time
        if node.status == TestStatus.Warn:
            built.warnings.append(f"{node.node.name}: {node.message}")
        elif node.status in _FAILED:
            failures.append(f"{node.node.name}: {' '.join(str(node.message).split())}")
    if failures:
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        raise BuildError(f"dbt: {failures[0]}{more}; log: {_log_folder(settings)}/dbt.log")
    if not result.success:
        raise BuildError(f"dbt: {result.exception or 'failed'}; log: {_log_folder(settings)}/dbt.log")
    return built


def invoke(settings: Settings, warehouse: Warehouse, *arguments: str) -> dbtRunnerResult:
    """Run a dbt command quietly in this process; its log goes to HOME."""
    profile = ROOT / "profiles.yml"
    if not profile.exists():
        shutil.copy(ROOT / "profiles.yml.example", profile)
    folders = {"DBT_TARGET_PATH": str(settings.home / "dbt" / "target"), "DBT_LOG_PATH": str(_log_folder(settings))}
    with _environment(warehouse.env | folders):
        return dbtRunner().invoke(
            [
                "--log-level",
                "none",
                "--log-level-file",
                "info",
                *arguments,
                "--project-dir",
                str(ROOT),
                "--profiles-dir",
                str(ROOT),
            ]
        )


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
