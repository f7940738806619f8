"""The sources: one folder a domain, which exports SOURCE. A new folder is found here; no list names it."""

import pkgutil
from importlib import import_module

from ingestion.sources.source import FileSource, SeriesSource

SOURCES: dict[str, FileSource | SeriesSource] = {
    folder.name: import_module(f"{__name__}.{folder.name}").SOURCE
    for folder in pkgutil.iter_modules(__path__)
    if folder.ispkg
}
