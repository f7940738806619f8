"""The weather as one file in each format from the API, read as fast as it comes, and the memory that this takes."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.benchmarks.api import Served, fill, serving
from tests.benchmarks.bench import REPETITIONS, Bench, Figure

FORMATS = ("csv", "ndjson", "parquet")
SAMPLE_S = 0.02


def export(bench: Bench) -> Iterator[Figure]:
    """The formats in turn; what is promised of an export holds for the slowest and for the largest."""
    fill(bench)
    rates: dict[str, list[float]] = {kind: [] for kind in FORMATS}
    peak = 0.0
    with serving(bench) as api:
        for _ in range(REPETITIONS):
            for kind in FORMATS:
                with _Memory(api.pid) as memory:
                    rates[kind].append(bench.rows() / _take(api, kind))
                peak = max(peak, memory.peak_mb)
    figures = {kind: Figure.median(f"export_{kind}_rows_per_s", runs) for kind, runs in rates.items()}
    yield from figures.values()
    yield Figure("export_rows_per_s", min(figure.value for figure in figures.values()))
    yield Figure("export_peak_mb", peak)


def _take(api: Served, kind: str) -> float:
    """Read the whole file and keep none of it; return the seconds."""
    url = f"http://127.0.0.1:{api.port}/data/export/meteo?format={kind}"
    started = time.perf_counter()
    with httpx.stream("GET", url, headers={"Authorization": f"Bearer {api.token}"}, timeout=600) as answer:
        answer.raise_for_status()
        for _ in answer.iter_raw():
            pass
    return time.perf_counter() - started


class _Memory(threading.Thread):
    """The most that the API, or a process it started, holds: the larger of them, in MB."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.peak_mb, self._ended = pid, 0.0, threading.Event()

    def __enter__(self) -> "_Memory":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        """Look every few milliseconds."""
        while not self._ended.wait(SAMPLE_S):
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
            self.peak_mb = max(self.peak_mb, *(_resident_mb(pid) for pid in (self.pid, *children)))


def _resident_mb(pid: int | str) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:  # it has ended
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmRSS")), 0.0)
