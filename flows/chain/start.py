"""Start a run: the warehouse set up and held, a folder for temporary files, the providers."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from flows.reporting import report
from flows.reporting.findings import alerting
from flows.run import Run
from ingestion.lake import claim
from ingestion.report import Options, Reporter
from ingestion.settings import Settings, get_settings
from ingestion.warehouse import exclusive, initialise, open_warehouse


@contextmanager
def started(
    reporter: Reporter | None = None,
    options: Options | None = None,
    name: str = "run",
    wait: timedelta = timedelta(0),
) -> Iterator[Run]:
    """Open the warehouse, set it up, and hold it until the run ends; report the run and tell of what went wrong.

    `wait` is how long another run may go on before this one gives up.
    """
    settings = get_settings()
    with alerting(settings, name) as found:
        warehouse = open_warehouse(settings)
        initialise(settings, warehouse)
        with exclusive(warehouse, wait) as still_held, _work_folder(settings):
            run = Run(settings, warehouse, reporter or Reporter(), options or Options(), name, still_held)
            run.findings = found
            with report.kept(run):
                yield run


@contextmanager
def _work_folder(settings: Settings) -> Iterator[None]:
    """Put temporary files under HOME, where those of a killed run are removed by the next on the same warehouse."""
    folder = settings.home / "tmp" / settings.pgdatabase
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def providers(settings: Settings) -> Iterator[Settings]:
    """Yield the settings with the addresses of the providers; start the simulator when they ask for it."""
    claim(settings)
    if settings.sources == "live":
        yield settings
        return
    from ingestion.simulator.server import running  # noqa: PLC0415 - live runs do without
    from ingestion.simulator.tap_water_files import resources  # noqa: PLC0415 - the same
    from ingestion.simulator.world import Scenario  # noqa: PLC0415 - the same

    with running(Scenario(), cache_dir=settings.home / "simulator") as url:
        addresses = {"hubeau_url": url, "data_gouv_url": url, "qualite_eau_resources": resources(Scenario())}
        yield settings.model_copy(update=addresses)
