"""`python -m tests.benchmarks [PART…]`: every part, or those named; SCALE (default 1) counts millions of SIM2 rows."""

import json
import os
import sys
from collections.abc import Callable, Iterator

from tests.benchmarks import api, chroniques, document, extract, month
from tests.benchmarks.bench import Bench, Figure, show, started

PARTS: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "extract": extract.extract,
    "load": extract.load,
    "chroniques": chroniques.chroniques,
    "month": month.month,
    "api": api.api,
}


def main() -> None:
    """Measure, show each figure as it is known, write the document; the last line is the JSON of all of them."""
    names = sys.argv[1:] or list(PARTS)
    if unknown := set(names) - set(PARTS):
        raise SystemExit(f"{', '.join(sorted(unknown))}: expected {', '.join(PARTS)}")
    figures: dict[str, Figure] = {}
    with started(float(os.environ.get("SCALE") or 1)) as bench:
        for name in names:
            for figure in PARTS[name](bench):
                figures[figure.key] = figure
                show(f"{figure.key:<22} {document.cell(figure)}")
        document.update(bench, figures)
    show("\n" + "\n".join(document.table({f"SCALE={bench.scale:g}": document.cells(figures)})) + "\n")
    values = {key: round(figures[key].value, 3) if key in figures else None for key in document.JSON_KEYS}
    show(json.dumps({"scale": bench.scale} | values))


if __name__ == "__main__":
    main()
