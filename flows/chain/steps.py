"""The steps of the chain. A run has set up and locked the warehouse before the first one."""

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg

from flows.chain import news
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
    """Bring new data from the providers to the lake; of every domain by default.

    After a domain fails, the others are still collected; then its error is raised. A retry in the same run collects the
    failed domains only.
    """
    left = [domain for domain in domains or SOURCES if domain not in run.collected]
    with providers(run.settings) as settings, run.warehouse.connect() as connection:
        errors = [error for domain in left if (error := _collect_domain(run, settings, connection, domain))]
    if errors:
        # A transient error first: it is the only kind that Prefect retries.
        first = next((error for error in errors if isinstance(error, TransientError)), errors[0])
        first.args = ("; ".join(map(str, errors)),)
        raise first


def _collect_domain(run: Run, settings: Settings, connection: psycopg.Connection, domain: str) -> Exception | None:
    run.still_held()
    before = len(run.reporter.lines)
    error: Exception | None = None
    try:
        collect_source(domain, settings, connection, run.options, run.reporter)
        run.collected.add(domain)
    except Exception as caught:
        error = caught
    lines = [line for line in run.reporter.lines[before:] if isinstance(line, Collected)]
    due = schedules.next_collection(domain, datetime.now(UTC))
    journal.note_collection(connection, domain, lines, str(error) if error else None, due)
    run.findings[f"collecte-{domain}"] = findings.collection_failure(domain, error) if error else None
    return error


def collect_files(run: Run) -> None:
    """Collect the files of data.gouv.fr: weather, drinking water, communes."""
    collect(run, *schedules.domains_of("pipeline_get_csv"))


def collect_answers(run: Run) -> None:
    """Collect the answers of Hub'Eau: stations, groundwater levels, values of sensors."""
    collect(run, *schedules.domains_of("pipeline_get_api"), *schedules.domains_of("pipeline_get_capteurs"))


def collect_sensors(run: Run) -> None:
    """Collect the last values of the sensors."""
    collect(run, *schedules.domains_of("pipeline_get_capteurs"))


def load(run: Run, *domains: str, from_lake: bool = False) -> None:
    """Bring new packages of the lake to the raw schemas. `from_lake` drops these first and loads all packages.

    Raises SettingsError, before anything is dropped, for a lake without a package.
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
    """Load the new packages of the sensors only."""
    load(run, "capteurs")


def build(run: Run, *arguments: str, always: bool = False) -> None:
    """Build and test the tables with dbt, then delete raw values past their retention.

    Without arguments and `always`, dbt is not called when it would change nothing: see `news`.
    """
    run.still_held()
    with run.warehouse.connect() as connection:
        run.built.unchanged = not arguments and not always and news.nothing_new(connection)
        if run.built.unchanged:
            return
        from flows.chain import transform  # noqa: PLC0415 - imports dbt, which a month without news does without

        transform.build(run.settings, run.warehouse, run.built, *arguments, runner=run.dbt_runner)
        transform.check_freshness(run.settings, run.warehouse, run.built)
        pruned = prune(run.settings, run.warehouse)
        if not arguments and not pruned:  # after pruning, the next build deletes the same values from the marts
            news.note_whole_build(connection)


def build_sensors(run: Run) -> None:
    """Build and test the sensors' tables, the communes they refer to, and `rejet` when a record was refused.

    Raises BuildError before the first month: these tables refer to others.
    """
    with run.warehouse.connect() as connection:
        if "capteur" not in marts(connection):
            raise BuildError("the sensors' tables refer to others that are not built yet; run `hydrotheque run` once")
        communes_loaded = connection.execute("SELECT EXISTS (SELECT FROM raw_communes.communes)").fetchone() == (True,)
    from flows.chain import transform  # noqa: PLC0415 - as in build

    refused = any(line.refused for line in run.reporter.lines if isinstance(line, Collected))
    # The list of communes may be missing during `load --from-lake`: then the published one stays.
    others = ("commune" if communes_loaded else "", "rejet" if refused else "")
    select = ("--select", "tag:capteurs", *filter(None, others))
    transform.build(run.settings, run.warehouse, run.built, *select, runner=run.dbt_runner)
    prune(run.settings, run.warehouse)


def check_collected(run: Run) -> None:
    """Check that every domain was collected since it was last due.

    Raises MissingError with the domains, files and stations that are missing.
    """
    wanted = schedules.required_since(tuple(SOURCES), datetime.now(UTC))
    with run.warehouse.connect() as connection:
        missing = journal.missing(connection, wanted)
    if missing:
        error = MissingError(f"the collection is not complete: {'. '.join(map(missing_line, missing))}")
        error.about = ", ".join(each.domain for each in missing)
        raise error


Step = Callable[[Run], None]
MONTH: tuple[Step, ...] = (
    collect,
    load,
    build,
)  # one step: files and answers fail apart
HOUR: tuple[Step, ...] = (collect_sensors, load_sensors, build_sensors)
COPY: tuple[Step, ...] = (check_collected, load, build)
COLLECTING: tuple[Step, ...] = (collect, collect_files, collect_answers, collect_sensors)
