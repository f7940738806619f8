"""Small texts in the lake: what it says it is, reports, alerts."""

from typing import Any
from uuid import uuid4

import fsspec
from azure.core.exceptions import AzureError

from ingestion.errors import SettingsError
from ingestion.lake.packages import below, configure, ensure_folder
from ingestion.settings import PREFIX, Settings


def identity(settings: Settings) -> str:
    """Return what the lake says it is, `live` or `simulated` and a number of its own; nothing for an empty lake.

    Raises SettingsError for a lake that cannot be opened.
    """
    try:
        return read_log(settings, "origine.txt").strip()
    except (ValueError, ImportError, AzureError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        account = f" of {settings.azure_storage_account_name}" if settings.azure_storage_account_name else ""
        raise SettingsError(f"{PREFIX}LAKE_URL: {settings.lake_url}{account} cannot be opened: {reason}") from None


def claim(settings: Settings) -> None:
    """Mark an empty lake as holding real or simulated data.

    Raises SettingsError when it holds the other kind: the two never mix.
    """
    held = identity(settings)
    if not held:
        write_log(settings, "origine.txt", f"{settings.sources} {uuid4().hex}")
    elif (kind := held.split()[0]) != settings.sources:
        raise SettingsError(
            f"{PREFIX}SOURCES: the lake {settings.lake_url} holds {kind} data, not {settings.sources}; "
            f"set {PREFIX}SOURCES={kind} or another {PREFIX}HOME"
        )


def read_log(settings: Settings, name: str) -> str:
    """Return a text below the container `logs`, nothing when it is not there."""
    files, path = _log(settings, name)
    return str(files.read_text(path)) if files.exists(path) else ""


def remove_log(settings: Settings, name: str) -> None:
    """Remove a text from the container `logs`."""
    files, path = _log(settings, name)
    files.rm_file(path)


def write_log(settings: Settings, name: str, text: str) -> None:
    """Write a text below the container `logs`."""
    files, path = _log(settings, name)
    ensure_folder(below(settings.lake_url, "logs"))
    files.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
    files.write_text(path, text)


def _log(settings: Settings, name: str) -> tuple[Any, str]:
    configure(settings)
    files, path = fsspec.url_to_fs(below(settings.lake_url, f"logs/{name}"))
    return files, path
