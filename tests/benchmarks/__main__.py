"""`python -m tests.benchmarks [PART…]`: every part, or those named; SCALE (default 1) counts millions of SIM2 rows."""

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator

from tests.benchmarks import api, chroniques, dis, document, export, extract, marts, month
from tests.benchmarks.bench import Bench, Figure, show, started

PARTS: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "extract": extract.extract,
    "load": extract.load,
    "chroniques": chroniques.chroniques,
    "dis": dis.dis,
    "marts": marts.marts,
    "month": month.month,
    "api": api.api,
    "export": export.export,
}


def main() -> None:
    """Measure, show each figure as it is known, write the document; the last line is the JSON of all of them.

    A part that fails leaves its other figures out, and no other part's; the exit status is then 1.
    """
    names = sys.argv[1:] or list(PARTS)
    if unknown := set(names) - set(PARTS):
        raise SystemExit(f"{', '.join(sorted(unknown))}: expected {', '.join(PARTS)}")
    figures: dict[str, Figure] = {}
    with started(float(os.environ.get("SCALE") or 1)) as bench:
        failed = [name for name in names if not _measured(bench, name, figures)]
        document.update(bench, figures)
    show("\n" + "\n".join(document.table({f"SCALE={bench.scale:g}": document.cells(figures)})) + "\n")
    if failed:
        show(f"failed, why stands above: {', '.join(failed)}")
    values = {row.key: round(figures[row.key].value, 3) if row.key in figures else None for row in document.ROWS}
    show(json.dumps({"scale": bench.scale} | values))
    sys.exit(bool(failed))


def _measured(bench: Bench, name: str, figures: dict[str, Figure]) -> bool:
    """Add the figures of a part, as far as it comes; tell whether it came to its end."""
    began = time.perf_counter()
    try:
        for figure in PARTS[name](bench):
            figures[figure.key] = figure
            show(f"{figure.key:<22} {document.cell(figure)}")
    except Exception:  # the other parts have their figures to give
        traceback.print_exc()
        return False
    show(f"  part {name}: {time.perf_counter() - began:.0f} s")
    return True


if __name__ == "__main__":
    main()
