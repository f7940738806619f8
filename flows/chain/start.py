"""The start of a run: the warehouse set up and locked, a folder for temporary files, the providers."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from flows.reporting.findings import alerting
from flows.reporting.report import reporting
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
    """Open the warehouse, set it up, and lock it until the run ends; report the run and send its alerts.

    `wait` is the longest wait for another run. Raises BusyError after it.
    """
    settings = get_settings()
    with alerting(settings, name) as found:
        warehouse = open_warehouse(settings)
        initialise(settings, warehouse)
        with exclusive(warehouse, wait) as still_held, _work_folder(settings):
            run = Run(settings, warehouse, reporter or Reporter(), options or Options(), name, still_held)
            run.findings = found
            with reporting(run):
                yield run


@contextmanager
def _work_folder(settings: Settings) -> Iterator[None]:
    """Put temporary files under HOME; a run removes the files that a killed run on the same warehouse left."""
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
    """Yield the settings with the addresses of the providers; start the simulator unless `sources` is live."""
    claim(settings)
    if settings.sources == "live":
        yield settings
        return
    from ingestion.simulator.server import running  # noqa: PLC0415 - slow to import, and live runs need none of it
    from ingestion.simulator.tap_water_files import resources  # noqa: PLC0415 - the same
    from ingestion.simulator.world import Scenario  # noqa: PLC0415 - the same

    with running(Scenario(), cache_dir=settings.home / "simulator") as url:
        addresses = {"hubeau_url": url, "data_gouv_url": url, "qualite_eau_resources": resources(Scenario())}
        yield settings.model_copy(update=addresses)
