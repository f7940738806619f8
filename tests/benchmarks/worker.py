"""What is measured, each in a process of its own: `python -m tests.benchmarks.worker COMMAND …`, answering JSON.

Times start after the imports.
"""

import json
import resource
import shutil
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ingestion.settings import Settings, get_settings


def prepare(scenario: str, folder: str) -> dict[str, Any]:
    """Make the files of a scenario; answer the largest."""
    from ingestion.simulator import server  # noqa: PLC0415
    from tests.benchmarks import provider  # noqa: PLC0415

    files = server.prepare(provider.scenario(scenario), Path(folder))
    return {"path": str(max(files, key=lambda path: path.stat().st_size))}


def extract(archive: str) -> dict[str, Any]:
    """A downloaded csv.gz to the lake, as the collection does it."""
    return _to_the_lake("meteo", archive, lambda parsed: parsed.rows)


def _to_the_lake(domain: str, archive: str, rows: Callable[[Any], int]) -> dict[str, Any]:
    """Time how a downloaded file is parsed and written."""
    from ingestion.lake import open_lake, write_file  # noqa: PLC0415
    from ingestion.providers.data_gouv import RemoteFile  # noqa: PLC0415
    from ingestion.sources import SOURCES  # noqa: PLC0415

    settings, path, source = get_settings(), Path(archive), SOURCES[domain]
    file = RemoteFile(path.name, path.as_uri(), datetime.now(UTC), path.stat().st_size)
    with TemporaryDirectory(dir=settings.home) as folder:  # the parser works beside the file
        copy = Path(shutil.copy(path, folder))
        started = time.perf_counter()
        with open_lake(settings, domain).writer(source.partition(file)) as pipeline:
            parsed = source.parse(copy, file, settings)
            write_file(pipeline, source, file, parsed, {"version": file.version})
        seconds = time.perf_counter() - started
    return {"seconds": seconds, "rows": rows(parsed), "peak_mb": _peak_mb()}


def prepare_dis(rows: str, target: str) -> dict[str, Any]:
    """Make a year's zip of drinking water with that many results."""
    from tests.benchmarks import dis  # noqa: PLC0415

    dis.write_zip(int(rows), Path(target))
    return {"path": target}


def extract_dis(archive: str) -> dict[str, Any]:
    """A downloaded zip of drinking water to the lake, as the collection does it."""
    return _to_the_lake("qualite_eau", archive, lambda parsed: parsed.reading["result"])


def duckdb_copy(archive: str, target: str) -> dict[str, Any]:
    """The same csv.gz to one Parquet file, by DuckDB alone."""
    import duckdb  # noqa: PLC0415

    duckdb.execute("SET enable_progress_bar = false")
    started = time.perf_counter()
    duckdb.execute(f"COPY (SELECT * FROM read_csv('{archive}')) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
    return {"seconds": time.perf_counter() - started, "peak_mb": _peak_mb()}


def steps(*names: str) -> dict[str, Any]:
    """Steps of the monthly chain, by the names of their functions; all when none is named."""
    from flows.chain import steps as chain  # noqa: PLC0415
    from flows.chain.start import started  # noqa: PLC0415
    from ingestion.report import Loaded  # noqa: PLC0415

    seconds: dict[str, float] = {}
    with started() as run:
        for step in chain.MONTH if not names else [getattr(chain, name) for name in names]:
            began = time.perf_counter()
            step(run)
            seconds[step.__name__] = time.perf_counter() - began
        loaded = sum(line.rows for line in run.reporter.lines if isinstance(line, Loaded))
    return {"seconds": sum(seconds.values()), "steps": seconds, "loaded": loaded}


def build(*arguments: str) -> dict[str, Any]:
    """`dbt build` with arguments: seconds of its models, tests and hooks, without the reading of the project."""
    from flows.chain import transform  # noqa: PLC0415
    from flows.run import Built  # noqa: PLC0415
    from ingestion.warehouse import open_warehouse  # noqa: PLC0415

    settings, built = get_settings(), Built()
    transform.build(settings, open_warehouse(settings), built, *arguments)
    return {"nodes_s": built.seconds}


def _peak_mb() -> float:
    """The most memory this process has held, in millions of bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not ru_maxrss: on Linux it begins with the size of the process that started this one.
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # bytes on macOS


COMMANDS: dict[str, Callable[..., dict[str, Any]]] = {
    "prepare": prepare,
    "extract": extract,
    "prepare_dis": prepare_dis,
    "extract_dis": extract_dis,
    "duckdb": duckdb_copy,
    "steps": steps,
    "build": build,
}


def main() -> None:
    """Run a command; its answer is the last line."""
    Settings.model_config["env_file"] = None  # a developer's .env may name a real warehouse
    answer = COMMANDS[sys.argv[1]](*sys.argv[2:])
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
