"""The lake: its containers and folders, the dlt pipeline that writes each, and its complete packages.

A package is what one dlt run wrote: immutable, kept for ever, and complete once its record stands in
`_dlt_loads`, which dlt writes last. Nothing reads a package without that record.
"""

import re
import tempfile
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import dlt
import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
from azure.core.exceptions import AzureError
from dlt.destinations import filesystem
from dlt.pipeline.exceptions import PipelineStepFailed

from ingestion.domains import DOMAINS
from ingestion.errors import HydrothequeError, SettingsError
from ingestion.settings import PREFIX, Settings

_STATE = re.compile(r"__(?P<load_id>\d+\.\d+)__[^/]*\.jsonl$")
_LOAD_RECORD = re.compile(r"__(?P<load_id>\d+\.\d+)\.jsonl$")


@dataclass(frozen=True)
class Lake:
    """The folder of one domain in the lake."""

    root: str
    domain: str
    account: str = ""  # on Azure

    @property
    def url(self) -> str:
        """URL of the folder that holds the domain's tables."""
        return f"{self._bucket}/{self._folder}"

    @property
    def _bucket(self) -> str:
        return _below(self.root, DOMAINS[self.domain].folder.split("/")[0])

    @property
    def _folder(self) -> str:
        return DOMAINS[self.domain].folder.split("/", 1)[1]

    @contextmanager
    def writer(self, partition: str) -> Iterator[dlt.Pipeline]:
        """Yield a dlt pipeline that writes packages below `annee=<partition>`.

        Its working folder is thrown away: what is known of earlier runs comes from the lake, so that a new
        machine knows as much, and a killed run leaves nothing to resume but what the lake already holds.
        """
        _ensure_folder(self._bucket)
        with tempfile.TemporaryDirectory(prefix="hydrotheque-lake-") as work:
            yield dlt.pipeline(
                f"lac_{self.domain}",
                pipelines_dir=work,
                dataset_name=self._folder,
                destination=filesystem(
                    self._bucket,
                    credentials={"azure_storage_account_name": self.account} if self.account else None,
                    layout="{table_name}/annee={annee}/{load_id}.{file_id}.{ext}",
                    extra_placeholders={"annee": partition},
                ),
            )

    def complete_packages(self) -> list[str]:
        """Return the ids of the complete packages, oldest first."""
        files, folder = fsspec.url_to_fs(f"{self.url}/_dlt_loads")
        if not files.exists(folder):
            return []
        names = files.ls(folder, detail=False, refresh=True)
        return sorted((m["load_id"] for name in names if (m := _LOAD_RECORD.search(name))), key=float)

    def forget_incomplete(self) -> None:
        """Remove what killed runs remembered: dlt writes the state just before the record that completes a package."""
        complete = set(self.complete_packages())
        files, folder = fsspec.url_to_fs(f"{self.url}/_dlt_pipeline_state")
        for path in files.ls(folder, detail=False, refresh=True) if files.exists(folder) else ():
            state = _STATE.search(path)
            if state and state["load_id"] not in complete:
                files.rm_file(path)

    def package_files(self, load_id: str) -> dict[str, list[str]]:
        """Return the Parquet files of a package, as URLs by table."""
        return self.files_of([load_id])[load_id]

    def files_of(self, load_ids: Collection[str]) -> dict[str, dict[str, list[str]]]:
        """Return the Parquet files of packages, as URLs by package and table; the folders are listed once."""
        files, folder = fsspec.url_to_fs(self.url)
        found: dict[str, dict[str, list[str]]] = {load_id: {} for load_id in load_ids}
        name = next(iter(load_ids)) if len(load_ids) == 1 else "*"
        for path in sorted(files.glob(f"{folder}/*/annee=*/{name}.*.parquet")):
            table = path.removeprefix(folder).strip("/").split("/")[0]
            load_id = ".".join(path.rsplit("/", 1)[1].split(".")[:2])
            if load_id in found:
                found[load_id].setdefault(table, []).append(files.unstrip_protocol(path))
        return found


def open_lake(settings: Settings, domain: str) -> Lake:
    """Return the lake's folder of a domain."""
    _configure(settings)
    return Lake(settings.lake_url, domain, settings.azure_storage_account_name)


def _configure(settings: Settings) -> None:
    """Tell fsspec, and so dlt, how a lake on Azure is reached: by a connection string, or as DefaultAzureCredential."""
    if settings.lake_url.startswith("az://"):
        # Listings change behind a cache's back: dlt writes with a client of its own.
        options: dict[str, Any] = {"use_listings_cache": False, "anon": False}
        if settings.azure_storage_connection_string:
            options["connection_string"] = settings.azure_storage_connection_string
        else:
            options["account_name"] = settings.azure_storage_account_name
        fsspec.config.conf["abfs"] = fsspec.config.conf.get("abfs", {}) | options


def _below(url: str, path: str) -> str:
    """Return the URL of a path below another; `az://` itself is above the containers."""
    return f"{url}{'' if url.endswith('/') else '/'}{path}"


def _ensure_folder(url: str) -> None:
    files, folder = fsspec.url_to_fs(url)
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # who may not look is told by the write
        if not files.exists(folder):
            files.mkdir(folder)  # a container, on Azure


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
    _ensure_folder(_below(settings.lake_url, "logs"))
    files.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
    files.write_text(path, text)


def _log(settings: Settings, name: str) -> tuple[Any, str]:
    _configure(settings)
    files, path = fsspec.url_to_fs(_below(settings.lake_url, f"logs/{name}"))
    return files, path


def write(pipeline: dlt.Pipeline, source: Any) -> None:
    """Run a dlt pipeline over Arrow tables and Parquet files.

    Raises the error of our own at the bottom of dlt's, or HydrothequeError with the last cause in one line.
    """
    try:
        pipeline.run(source, loader_file_format="parquet")
    except PipelineStepFailed as error:
        cause: BaseException = error
        while cause.__cause__ is not None and not isinstance(cause, HydrothequeError):
            cause = cause.__cause__
        if isinstance(cause, HydrothequeError):
            raise cause from None
        raise HydrothequeError(f"{pipeline.pipeline_name}: {' '.join(str(cause).split())}") from error


def known_pieces(pipeline: dlt.Pipeline, source: str, lake: Lake) -> dict[str, Any]:
    """Return what the lake remembers of each piece (file, station) that `source` has read."""
    lake.forget_incomplete()
    pipeline.sync_destination()
    pieces: dict[str, Any] = pipeline.state.get("sources", {}).get(source, {}).get("pieces", {})
    return pieces


def of_package(table: pa.Table, name: str, package: str) -> Any:
    """Return the rows of a raw table, with their package's name, as a dlt item."""
    paquet = pa.array([package] * table.num_rows, pa.string())
    return dlt.mark.with_table_name(table.append_column("paquet", paquet), name)


def imported(files: list[Path]) -> Iterator[Any]:
    """Yield the dlt items that take Parquet files of one table into a package as they are."""
    schema = nullable_schema(files)
    for path in files:
        if rows := pq.read_metadata(path).num_rows:
            yield dlt.mark.with_file_import(str(path), "parquet", rows, hints=schema.empty_table())


def nullable_schema(files: list[Path]) -> pa.Schema:
    """Return the columns of a table's files, all nullable: no null in one file says nothing about the next."""
    schema = pa.unify_schemas([pq.read_schema(path) for path in files])
    return pa.schema([field.with_nullable(True) for field in schema])
