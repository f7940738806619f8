"""One run: its settings, the warehouse it holds, its options, and what it did so far. Data only."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from ingestion.report import Options, Reporter
from ingestion.settings import Settings
from ingestion.warehouse import Warehouse

TESTS = {"test", "unit_test"}  # dbt's types of nodes
_TABLES = {"model", "snapshot", "seed"}


class DbtRunner(Protocol):
    """An object that runs dbt commands: dbt's own runner, or Prefect's, which shows each node as a task."""

    def invoke(self, args: list[str], /) -> Any:
        """Run a dbt command and return dbt's `dbtRunnerResult`."""


@dataclass(frozen=True)
class Node:
    """The result of one model, snapshot or test: rows written, or the count of failures; dbt's message."""

    name: str
    kind: str
    status: str
    seconds: float
    rows: int | None
    message: str


@dataclass(frozen=True)
class Freshness:
    """The newest row of a source table, its maximum age, and dbt's verdict: pass, warn, error."""

    source: str
    newest: datetime | None
    limit: timedelta | None
    status: str


@dataclass(frozen=True)
class Revised:
    """Published rows of a table that a build changed, and those that it removed since their source lacks them."""

    table: str
    changed: int
    gone: int


@dataclass
class Built:
    """The results of a dbt build, node by node."""

    nodes: list[Node] = field(default_factory=list)
    freshness: list[Freshness] = field(default_factory=list)
    revised: list[Revised] = field(default_factory=list)
    unchanged: bool = False  # dbt was not called: nothing was new

    @property
    def models(self) -> int:
        """Number of models and snapshots."""
        return sum(node.kind in _TABLES for node in self.nodes)

    @property
    def tests(self) -> int:
        """Number of tests."""
        return sum(node.kind in TESTS for node in self.nodes)

    @property
    def seconds(self) -> float:
        """Seconds of work of all threads."""
        return sum(node.seconds for node in self.nodes)

    @property
    def warnings(self) -> list[str]:
        """A line for each test that warns."""
        return [f"{node.name}: {node.message}" for node in self.nodes if node.status == "warn"]

    @property
    def failed(self) -> list[Node]:
        """The nodes that failed."""
        return [node for node in self.nodes if node.status in {"error", "fail"}]


@dataclass(frozen=True)
class Alert:
    """A message to a person. `key` names the fault: an alert is sent again only when its key changes."""

    title: str
    happened: str
    safe: str
    todo: str
    key: str

    @property
    def text(self) -> str:
        """The body of the message."""
        return f"What happened: {self.happened}\n\nWhat is safe: {self.safe}\n\nWhat to do: {self.todo}\n"


Findings = dict[str, Alert | None]  # an alert by the check that found it; None: the check passed


@dataclass
class Run:
    """One run of steps on a warehouse that no other run writes to."""

    settings: Settings
    warehouse: Warehouse
    reporter: Reporter = field(default_factory=Reporter)
    options: Options = field(default_factory=Options)
    name: str = "run"
    still_held: Callable[[], None] = lambda: None  # called before each part; raises when another run may write
    dbt_runner: Callable[[], DbtRunner] | None = None  # None: dbt's own
    collected: set[str] = field(default_factory=set)
    built: Built = field(default_factory=Built)
    findings: Findings = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)
