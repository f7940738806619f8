"""What a run did, piece by piece, as it goes: the lines of its summary."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TypeVar

from ingestion.errors import HydrothequeError


class Meter:
    """Counts what all threads of this process receive from the providers, in bytes."""

    def __init__(self) -> None:
        self.total = 0
        self._lock = threading.Lock()

    def add(self, size: int) -> None:
        """Count some bytes more."""
        with self._lock:
            self.total += size


received = Meter()


@dataclass
class Collected:
    """One piece read from a provider: a file, or a lot of stations, whose new rows `stations` counts."""

    domain: str
    piece: str
    rows: int = 0
    bytes: int = 0
    refused: int = 0
    seconds: float = 0.0
    unchanged: bool = False
    new_columns: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    lost: str = ""
    stations: dict[str, int] = field(default_factory=dict)


@dataclass
class Loaded:
    """Lake packages brought into a raw schema, up to one: mostly that one alone."""

    domain: str
    package: str
    rows: int = 0
    seconds: float = 0.0
    packages: int = 1


Line = TypeVar("Line", Collected, Loaded)


@dataclass(frozen=True)
class Options:
    """What an operator asks of a collection: let guarded answers through, read everything again."""

    accept: bool = False
    full: bool = False


@dataclass
class Reporter:
    """Collects the lines of a run; `show` is called with each, `progress` shows how far a piece is."""

    show: Callable[[Collected | Loaded], None] = lambda line: None
    progress: Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]] = lambda piece, total: (
        nullcontext(lambda done: None)
    )
    lines: list[Collected | Loaded] = field(default_factory=list)

    def add(self, line: Collected | Loaded) -> None:
        """Keep a line and show it."""
        self.lines.append(line)
        self.show(line)

    @contextmanager
    def timed(self, line: Line) -> Iterator[Line]:
        """Time the work on a piece; the line is added when it ends well. An error is about the piece."""
        started, before = time.monotonic(), received.total
        try:
            yield line
        except HydrothequeError as error:
            if isinstance(line, Collected):
                error.about = line.piece
            raise
        line.seconds = time.monotonic() - started
        if isinstance(line, Collected):
            line.bytes = received.total - before
        self.add(line)
