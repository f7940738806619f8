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
from typing import Any

import dlt
import fsspec
from dlt.destinations import filesystem

from ingestion.settings import Settings
from ingestion.sources import SOURCES

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
        return below(self.root, SOURCES[self.domain].folder.split("/")[0])

    @property
    def _folder(self) -> str:
        return SOURCES[self.domain].folder.split("/", 1)[1]

    @contextmanager
    def writer(self, partition: str) -> Iterator[dlt.Pipeline]:
        """Yield a dlt pipeline that writes packages below `annee=<partition>`.

        Its working folder is thrown away: what is known of earlier runs comes from the lake, so that a new
        machine knows as much, and a killed run leaves nothing to resume but what the lake already holds.
        """
        ensure_folder(self._bucket)
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
    configure(settings)
    return Lake(settings.lake_url, domain, settings.azure_storage_account_name)


def configure(settings: Settings) -> None:
    """Tell fsspec, and so dlt, how a lake on Azure is reached: by a connection string, or as DefaultAzureCredential."""
    if settings.lake_url.startswith("az://"):
        # Listings change behind a cache's back: dlt writes with a client of its own.
        options: dict[str, Any] = {"use_listings_cache": False, "anon": False}
        if settings.azure_storage_connection_string:
            options["connection_string"] = settings.azure_storage_connection_string
        else:
            options["account_name"] = settings.azure_storage_account_name
        fsspec.config.conf["abfs"] = fsspec.config.conf.get("abfs", {}) | options


def below(url: str, path: str) -> str:
    """Return the URL of a path below another; `az://` itself is above the containers."""
    return f"{url}{'' if url.endswith('/') else '/'}{path}"


def ensure_folder(url: str) -> None:
    files, folder = fsspec.url_to_fs(url)
    # Without list permission this only warns; the write raises.
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        if not files.exists(folder):
            files.mkdir(folder)  # a container, on Azure
