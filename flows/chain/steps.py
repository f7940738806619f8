"""The steps of the chain, each on a warehouse that is ready and held by this run alone."""

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg

from flows.chain import news, transform
from flows.chain.start import providers
from flows.reporting import findings
from flows.reporting.report import missing_line
from flows.run import Run
from flows.scheduling import schedules
from ingestion.control import journal
from ingestion.errors import BuildError, MissingError, SettingsError
from ingestion.lake import open_lake
from ingestion.providers.http import TransientError
from ingestion.report import Collected
from ingestion.settings import PREFIX, Settings
from ingestion.sources import SOURCES
from ingestion.sources.collect import collect as collect_source
from ingestion.warehouse import marts
from ingestion.warehouse.load import ensure_raw_tables, forget
from ingestion.warehouse.load import load as load_domain
from ingestion.warehouse.retention import prune


def collect(run: Run, *domains: str) -> None:
    """Bring what is new at the providers to the lake; every domain when none is named.

    A domain that fails does not keep the others from being collected; its error is raised when they are. Tried again in
    the same run, the domains that failed are collected, and no others.
    """
    left = [domain for domain in domains or SOURCES if domain not in run.collected]
    with providers(run.settings) as settings, run.warehouse.connect() as connection:
        errors = [error for domain in left if (error := _collect(run, settings, connection, domain))]
    if errors:
        # One that another try may mend before the others, which would end the run.
        first = next((error for error in errors if isinstance(error, TransientError)), errors[0])
        first.args = ("; ".join(map(str, errors)),)
        raise first


def _collect(run: Run, settings: Settings, connection: psycopg.Connection, domain: str) -> Exception | None:
    run.still_held()
    before = len(run.reporter.lines)
    error: Exception | None = None
    try:
        collect_source(domain, settings, connection, run.options, run.reporter)
        run.collected.add(domain)
    except Exception as caught:
        error = caught
    lines = [line for line in run.reporter.lines[before:] if isinstance(line, Collected)]
    due = schedules.due(domain, datetime.now(UTC))
    journal.note_collection(connection, domain, lines, str(error) if error else None, due)
    run.findings[f"collecte-{domain}"] = findings.collection_failure(domain, error) if error else None
    return error


def collect_files(run: Run) -> None:
    """Collect the files of data.gouv.fr: weather, drinking water, communes."""
    collect(run, *schedules.domains("pipeline_get_csv"))


def collect_answers(run: Run) -> None:
    """Collect the answers of Hub'Eau: stations, groundwater levels, values of sensors."""
    collect(run, *schedules.domains("pipeline_get_api"), *schedules.domains("pipeline_get_capteurs"))


def collect_sensors(run: Run) -> None:
    """Collect the last values of the sensors."""
    collect(run, *schedules.domains("pipeline_get_capteurs"))


def load(run: Run, *domains: str, from_lake: bool = False) -> None:
    """Bring the packages of the lake that are new to the raw schemas; all of them again when `from_lake`.

    Raises SettingsError, before anything is dropped, when the lake holds none.
    """
    if from_lake:
        if not any(open_lake(run.settings, domain).complete_packages() for domain in SOURCES):
            raise SettingsError(f"{PREFIX}LAKE_URL: {run.settings.lake_url} holds no package; nothing was dropped")
        forget(run.warehouse)
    ensure_raw_tables(run.warehouse)
    for domain in domains or SOURCES:
        run.still_held()
        load_domain(run.settings, run.warehouse, domain, run.reporter)


def load_sensors(run: Run) -> None:
    """Load the new packages of the sensors, and no others."""
    load(run, "capteurs")


def build(run: Run, *arguments: str, always: bool = False) -> None:
    """Build and test the tables with dbt, then let go of the values that have been kept long enough.

    Without arguments, and unless `always`, dbt is not called when it would change nothing: see `news`.
    """
    run.still_held()
    with run.warehouse.connect() as connection:
        run.built.unchanged = not arguments and not always and news.nothing_new(connection)
        if run.built.unchanged:
            return
        transform.build(run.settings, run.warehouse, run.built, *arguments, runner=run.dbt_runner)
        transform.check_freshness(run.settings, run.warehouse, run.built)
        pruned = prune(run.settings, run.warehouse)
        if not arguments and not pruned:  # the next build takes what was pruned out of the marts
            news.note_whole_build(connection)


def build_sensors(run: Run) -> None:
    """Build and test the sensors' tables and the communes they refer to, and `rejet` when a record was refused.

    Raises BuildError before the first month: these tables stand on others.
    """
    with run.warehouse.connect() as connection:
        if "capteur" not in marts(connection):
            raise BuildError("the sensors' tables stand on others that are not built yet; run `hydrotheque run` once")
        communes_loaded = connection.execute("SELECT EXISTS (SELECT FROM raw_communes.communes)").fetchone() == (True,)
    refused = any(line.refused for line in run.reporter.lines if isinstance(line, Collected))
    # While the raw schemas are loaded anew the list of the communes may be missing: those published stay as they are.
    others = ("commune" if communes_loaded else "", "rejet" if refused else "")
    select = ("--select", "tag:capteurs", *filter(None, others))
    transform.build(run.settings, run.warehouse, run.built, *select, runner=run.dbt_runner)
    prune(run.settings, run.warehouse)


def check_collected(run: Run) -> None:
    """Check that every domain was collected since it was last due.

    Raises MissingError, which says what is missing.
    """
    wanted = schedules.collected_since(tuple(SOURCES), datetime.now(UTC))
    with run.warehouse.connect() as connection:
        missing = journal.missing(connection, wanted)
    if missing:
        error = MissingError(f"the collection is not complete: {'. '.join(map(missing_line, missing))}")
        error.about = ", ".join(each.domain for each in missing)
        raise error


Step = Callable[[Run], None]
MONTH: tuple[Step, ...] = (collect, load, build)  # one step: files that fail do not keep the answers away
HOUR: tuple[Step, ...] = (collect_sensors, load_sensors, build_sensors)
COPY: tuple[Step, ...] = (check_collected, load, build)
COLLECTING: tuple[Step, ...] = (collect, collect_files, collect_answers, collect_sensors)
