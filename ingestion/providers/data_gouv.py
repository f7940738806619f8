"""data.gouv.fr: the files of a dataset, and their download."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlsplit

from ingestion.errors import SourceError
from ingestion.providers import http
from ingestion.report import received as meter

BLOCK = 1 << 16  # what a break loses at most
AS_IT_IS = {"Accept-Encoding": "identity"}


@dataclass(frozen=True)
class RemoteFile:
    """A file as the provider describes it: its dataset's page first, its own headers when they were asked for."""

    name: str
    url: str
    modified: datetime | None = None
    length: int | None = None
    etag: str = ""

    @property
    def label(self) -> str:
        """Name in reports."""
        return self.name

    @property
    def version(self) -> dict[str, Any]:
        """What the lake remembers of a file, to know it again."""
        modified = self.modified and self.modified.isoformat()
        return {"modifie_le": modified, "longueur": self.length, "etag": self.etag}

    def is_version(self, version: dict[str, Any]) -> bool:
        """Whether the file is the one that the lake remembers."""
        return self.version == version

    def described(self) -> "RemoteFile":
        """Return the file as its own headers describe it: the dataset's page may lag behind."""
        headers = http.get(self.url, method="HEAD", allow_redirects=True, headers=AS_IT_IS).headers
        modified = headers.get("Last-Modified")
        length = headers.get("Content-Length")  # not the page's: it may count other bytes than are sent
        return replace(
            self,
            modified=parsedate_to_datetime(modified).astimezone(UTC) if modified else self.modified,
            length=int(length) if length else None,
            etag=headers.get("ETag", ""),
        )

    def fetched(self, progress: Callable[[int], None] = lambda size: None) -> AbstractContextManager[Path]:
        """Download the file into a temporary folder, streamed, and yield its path; `progress` is told the bytes so far.

        A connection that breaks is resumed where it broke (Range, If-Range).
        Raises SourceError when the body is a web page or not of the length announced.
        """
        return _downloaded(self, progress)


def list_files(base_url: str, dataset_id: str, wanted: Callable[[str], bool]) -> list[RemoteFile]:
    """Return the files of a dataset whose name is wanted, by name, as its API describes them.

    Raises SourceError when the answer is not the description of a dataset.
    """
    url = f"{base_url}/api/1/datasets/{dataset_id}/"
    try:
        resources = json.loads(_json(url))["resources"]
        files = [
            RemoteFile(
                name=name,
                url=resource.get("latest") or resource["url"],
                modified=_instant(resource.get("last_modified")),
                length=resource.get("filesize"),
                etag="",
            )
            for resource in resources
            if wanted(name := unquote(PurePosixPath(urlsplit(resource["url"]).path).name))
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(f"{url} did not answer the description of a dataset ({error!r})") from None
    return sorted(files, key=lambda file: file.name)


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    instant = datetime.fromisoformat(text)
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


@http.persistent
def _json(url: str) -> bytes:
    return http.json_body(http.get_once(url))


@contextmanager
def _downloaded(file: RemoteFile, progress: Callable[[int], None]) -> Iterator[Path]:
    with TemporaryDirectory(prefix="hydrotheque-") as folder:
        path = Path(folder) / file.name
        path.touch()
        _download(file, path, progress)
        yield path


def _download(file: RemoteFile, path: Path, progress: Callable[[int], None]) -> None:
    """Download in as many tries as bring bytes; give up when four in a row bring none."""
    while True:
        start = path.stat().st_size
        try:
            return _download_rest(file, path, progress)
        except http.TransientError:
            if path.stat().st_size <= start:
                raise


@http.persistent
def _download_rest(file: RemoteFile, path: Path, progress: Callable[[int], None]) -> None:
    start = path.stat().st_size
    headers = AS_IT_IS
    if start and file.etag:
        headers = headers | {"Range": f"bytes={start}-", "If-Range": file.etag}
    with http.get_once(file.url, stream=True, headers=headers) as response:
        if "text/html" in response.headers.get("Content-Type", ""):
            raise http.not_what_was_asked(response, "a file")
        resumed = response.status_code == 206
        with path.open("ab" if resumed else "wb") as target, http.connection_errors(file.url, "broke off"):
            for block in response.iter_content(BLOCK):
                target.write(block)
                meter.add(len(block))
                progress(target.tell())
    received = path.stat().st_size
    if file.length is not None and received != file.length:
        path.write_bytes(b"")
        raise http.TransientError(
            f"{file.url}: {received} bytes received, {file.length} announced; nothing was kept, try again"
        )
