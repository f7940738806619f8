"""The alerts of a run: the error that ended it, a guard, refused records, late domains."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from flows.reporting.alerts import addresses, send
from flows.run import Alert, Findings
from ingestion.control import journal
from ingestion.errors import BuildError, BusyError, GuardError, HydrothequeError, MissingError, SourceError
from ingestion.providers.http import TransientError
from ingestion.report import Collected, Loaded
from ingestion.settings import Settings
from ingestion.sources import SOURCES
from ingestion.sources.source import FileSource

COMMANDS = {
    "pipeline_mensuel": "hydrotheque run",
    "pipeline_get_csv": "hydrotheque collect",
    "pipeline_get_api": "hydrotheque collect",
    "pipeline_get_capteurs": "hydrotheque collect capteurs",
    "copy_data_in_db": "hydrotheque load && hydrotheque build",
    "pipeline_delete_user": "hydrotheque users purge",
}
UNTOUCHED = "the tables are unchanged; nothing is lost"


@contextmanager
def alerting(settings: Settings, name: str) -> Iterator[Findings]:
    """Send the alerts that the block adds, and its error unless one of them is about the same."""
    addresses(settings)  # a wrong setting stops the run before it begins
    findings: Findings = {}
    check = f"execution-{name}"
    try:
        yield findings
    except Exception as error:
        found = any(alert and alert.happened in str(error) for alert in findings.values())
        # A run that found the warehouse busy leaves the alert of the run before open.
        if not found and not isinstance(error, BusyError):
            findings[check] = failure(name, error)
        send(settings, findings)
        raise
    send(settings, {check: None, **findings})


def failure(name: str, error: Exception) -> Alert:
    """Return the alert of a run that failed."""
    safe = "lake and tables are unchanged or complete; running it again is safe"
    todo = f"`{COMMANDS.get(name, f'hydrotheque {name}')}`"
    if isinstance(error, BuildError):
        safe = "lake and raw schemas are complete; failed tables, and those that read them, are unchanged"
        todo = "see what the message names, then `hydrotheque build`"
    elif isinstance(error, MissingError):
        safe = "nothing was loaded or built: the tables are those of the last complete month"
        todo = f"`hydrotheque collect`, then `{COMMANDS[name]}`"
    return Alert(f"{name} failed", _message(error), safe, todo, _fault(error))


def collection_failure(domain: str, error: Exception) -> Alert:
    """Return the alert of a domain that could not be collected."""
    key = _fault(error)
    # Lots of stations change from run to run: only a file distinguishes faults of one kind.
    if isinstance(error, TransientError) or not isinstance(SOURCES[domain], FileSource):
        key = type(error).__name__
    if isinstance(error, GuardError):
        return Alert(
            f"a guard stopped the collection of {domain}",
            _message(error),
            "nothing was replaced: lake and tables have the previous version",
            f"look at the source; when it is right, `hydrotheque collect {domain} --accept`",
            key,
        )
    title = f"{domain} failed while it was collected"
    if isinstance(error, SourceError):
        title = f"{domain} could not be collected"
    safe = f"{UNTOUCHED}, and the lake has the pieces that this run finished"
    return Alert(title, _message(error), safe, f"`hydrotheque collect {domain}`", key)


def refused(settings: Settings, lines: list[Collected] | list[Loaded], counts: dict[str, int]) -> Findings:
    """Compare the refused records of each domain with its rows: the setting has the share that needs no alert."""
    rows: Counter[str] = Counter()
    for line in lines:
        rows[line.domain] += line.rows
    shares = {domain: 100 * counts.get(domain, 0) / max(1, rows[domain]) for domain in rows}
    return {
        f"refus-{domain}": Alert(
            f"many records of {domain} were refused",
            f"{counts[domain]:,} records refused beside {rows[domain]:,} taken: {share:.2f} %, more than "
            f"{settings.notify_refused_percent:g} %",
            "the other records are stored; marts.rejet has each refused one with its text and the reason",
            f"make psql: TABLE rejet, where domaine is {domain}; then tell the provider, or us for an error of ours",
            "refused",
        )
        if share > settings.notify_refused_percent
        else None
        for domain, share in shares.items()
    }


def late(connection: psycopg.Connection) -> Findings:
    """Look for domains with a late collection, or with late data."""
    found: Findings = {}
    for source in journal.sources(connection):
        alert = None
        if source.reussie_le and source.collecte_en_retard:
            alert = Alert(
                f"{source.domaine} is late",
                f"it was collected last on {source.reussie_le:%Y-%m-%d %H:%M} UTC",
                f"{UNTOUCHED}; the next collection continues from there",
                f"`hydrotheque status`, then `hydrotheque collect {source.domaine}`",
                "late collection",
            )
        elif source.donnees_du and source.donnees_en_retard:
            alert = Alert(
                f"the data of {source.domaine} is late",
                f"nothing new was read since {source.donnees_du:%Y-%m-%d %H:%M} UTC",
                UNTOUCHED,
                "look at the provider's page; when the provider is late, wait",
                "late data",
            )
        found[f"retard-{source.domaine}"] = alert
    return found


def _message(error: Exception) -> str:
    return str(error).strip() or type(error).__name__


def _fault(error: Exception) -> str:
    """Return the key of a fault: the kind of error, and the file, domains or tables that it is about."""
    about = error.about if isinstance(error, HydrothequeError) else ""
    return f"{type(error).__name__} {about}".strip()
