"""What every part of the benchmark uses: a HOME and a server of its own, providers and measures in other processes."""

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from ingestion.settings import ROOT
from ingestion.warehouse import Warehouse
from ingestion.warehouse.embedded import HOST, OWNER, EmbeddedPostgres

REPETITIONS = 3


class BenchError(Exception):
    """A part cannot go on: its figures are missing, the other parts' are not."""


@dataclass(frozen=True)
class Figure:
    """A figure measured: the median of its repetitions, or a value that has none; a note to show with it."""

    key: str
    value: float
    times: tuple[float, ...] = ()
    note: str = ""

    @classmethod
    def median(cls, key: str, times: list[float], note: str = "") -> "Figure":
        """The median of several measures, which are kept beside it."""
        return cls(key, statistics.median(times), tuple(times), note)


@dataclass(frozen=True)
class Bench:
    """One run of the benchmark. SCALE counts millions of SIM2 rows."""

    scale: float
    home: Path

    def rows(self) -> int:
        """The rows of SIM2 that the scale asks for."""
        return round(self.scale * 1_000_000)

    def measure(self, command: str, *arguments: str | Path, **settings: Any) -> dict[str, Any]:
        """Run a command of `worker` in a new process, with settings of the project; return what it answers.

        `process_s` is added to it: the seconds of the whole process.
        """
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.worker", command, *map(str, arguments)],
            cwd=ROOT, env=self._environment(settings), stdout=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise BenchError(f"{command} {' '.join(map(str, arguments))} failed; why stands above")
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer | {"process_s": time.perf_counter() - started}

    @contextmanager
    def providers(self, **scenario: Any) -> Iterator[str]:
        """Serve a scenario of the simulator from another process; its files are made before. Yields the base URL."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.provider", json.dumps(scenario), str(self.home / "simulator")],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        with process:
            assert process.stdin
            assert process.stdout
            try:
                yield json.loads(process.stdout.readline())["url"]
            finally:
                process.stdin.close()  # what it waits for

    def _environment(self, settings: dict[str, Any]) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("HYDROTHEQUE_", "PG", "DBT_"))}
        own.pop("PYTHONDONTWRITEBYTECODE", None)  # or each process compiles again what it imports
        chosen = {"home": self.home, "sources": "live", "meteo_start_year": 1958, "piezo_stations": "all"}
        chosen |= {"hubeau_requests_per_second": 0, "qualite_eau_resources": " "} | settings
        database = {"PGDATABASE": str(chosen.pop("pgdatabase", OWNER))}
        return own | database | {f"HYDROTHEQUE_{name.upper()}": str(value) for name, value in chosen.items()}

    def connect(self, database: str = "postgres", role: str = "postgres") -> psycopg.Connection:
        """Connect to the benchmark's server, as its administrator unless told otherwise."""
        server = EmbeddedPostgres(self.home).start()
        return Warehouse(HOST, server.port, role, server.passwords[role], database).connect()

    def new_database(self, name: str, template: str = "template1") -> None:
        """Make a database, in place of the one that has its name, and leave the server no work to catch up with."""
        with self.connect() as connection:
            for statement in (
                "DROP DATABASE IF EXISTS {name} WITH (FORCE)",
                "CREATE DATABASE {name} OWNER {owner} TEMPLATE {template}",
                "CHECKPOINT",
            ):
                names = {"name": name, "owner": OWNER, "template": template}
                connection.execute(sql.SQL(statement).format(**{k: sql.Identifier(v) for k, v in names.items()}))

    def checkpoint(self) -> None:
        """Have the server write what it holds, so that the next measure does not."""
        with self.connect() as connection:
            connection.execute("CHECKPOINT")


@contextmanager
def started(scale: float) -> Iterator[Bench]:
    """Open a benchmark whose HOME, server included, is gone when it ends."""
    home = Path(tempfile.mkdtemp(prefix="hydrotheque-bench-"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("benchmark stopped"))  # so that the server is stopped too
    try:
        yield Bench(scale, home)
    finally:
        EmbeddedPostgres(home).stop()
        shutil.rmtree(home, ignore_errors=True)


def show(text: str) -> None:
    """Print a line as soon as it is known."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
