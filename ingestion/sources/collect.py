"""The collection of one domain, by the loop of its kind."""

import psycopg

from ingestion.report import Options, Reporter
from ingestion.settings import Settings
from ingestion.sources import SOURCES
from ingestion.sources.collect_files import collect_files
from ingestion.sources.collect_series import collect_series
from ingestion.sources.source import Collecting, FileSource


def collect(
    domain: str, settings: Settings, connection: psycopg.Connection, options: Options, reporter: Reporter
) -> None:
    """Bring what is new of a domain to the lake; a line of the reporter for each piece."""
    source, run = SOURCES[domain], Collecting(settings, connection, options, reporter)
    if isinstance(source, FileSource):
        collect_files(source, run)
    else:
        collect_series(source, run)
