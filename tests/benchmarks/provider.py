"""The simulator in a process of its own: `python -m tests.benchmarks.provider SCENARIO FOLDER`, until stdin closes."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

from ingestion.simulator.server import prepare, running
from ingestion.simulator.world import Scenario


def scenario(text: str) -> Scenario:
    """Read a scenario from JSON."""
    fields: dict[str, Any] = json.loads(text)
    fields["years"] = tuple(fields["years"])
    for name in ("today", "history_start"):
        if name in fields:
            fields[name] = date.fromisoformat(fields[name])
    return Scenario(**fields)


def main() -> None:
    """Make the files, serve, say where, and wait."""
    wanted, folder = scenario(sys.argv[1]), Path(sys.argv[2])
    prepare(wanted, folder)
    with running(wanted, cache_dir=folder) as url:
        sys.stdout.write(json.dumps({"url": url}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
