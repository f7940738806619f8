"""The API goes on answering, and answers the same, while every mart is built anew under it."""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.api.operations import CLOSED, Operation

HYDROTHEQUE = Path(sys.executable).with_name("hydrotheque")
THREADS = 4
# The catalogue tells when each table was built; an export is no JSON, and only two are made at once.
OTHERS = ("/data/catalogue", "/data/export/{table}")
READS = [each for each in CLOSED if each.path.startswith("/data/") and each.path not in OTHERS]


@dataclass
class Hammer:
    """Asks everything under /data in turn until told to stop, and notes what is not answered as it was before."""

    client: httpx.Client
    expected: list[tuple[Operation, Any]]
    stop: threading.Event
    answered: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)

    def run(self) -> None:
        while not self.stop.is_set():
            for operation, expected in self.expected:
                try:
                    answer = self.client.request(**operation.request())
                except httpx.HTTPError as error:
                    self.failed.append(f"{operation}: {error!r}")
                    continue
                self.answered[str(operation)] += 1
                if answer.status_code != 200:
                    self.failed.append(f"{operation}: {answer.status_code} {answer.text[:200]}")
                elif answer.json() != expected:
                    self.failed.append(f"{operation}: another answer")


def test_no_request_fails_while_a_full_refresh_runs(user: httpx.Client, warehouse: Any, server: Any) -> None:
    built = "select modele, construit_le from marts.version_donnees where modele in ('meteo', 'nappe', 'info_nappe')"
    before = dict(warehouse.rows(built))
    expected = [(operation, user.request(**operation.request()).json()) for operation in READS]
    assert len(expected) >= 8
    stop = threading.Event()
    clients = [httpx.Client(base_url=server.url, timeout=30, headers=user.headers) for _ in range(THREADS)]
    hammers = [Hammer(client, expected, stop) for client in clients]
    threads = [threading.Thread(target=hammer.run) for hammer in hammers]
    for thread in threads:
        thread.start()
    try:
        command = [HYDROTHEQUE, "build", "--", "--full-refresh"]
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=os.environ | warehouse.env)
        time.sleep(0.5)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        for client in clients:
            client.close()
    assert done.returncode == 0, done.stderr
    assert [line for hammer in hammers for line in hammer.failed] == []
    answered = sum((hammer.answered for hammer in hammers), Counter[str]())
    assert min(answered[str(operation)] for operation in READS) >= 20, answered
    after = dict(warehouse.rows(built))
    assert len(before) == 3
    assert all(after[mart] > before[mart] for mart in before)
