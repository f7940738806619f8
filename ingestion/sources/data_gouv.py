"""data.gouv.fr: the files of a dataset, and their download."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlsplit

from ingestion.errors import SourceError
from ingestion.report import received as meter
from ingestion.sources import http

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
    def version(self) -> dict[str, Any]:
        """What is compared with the lake's memory to know whether the file is new."""
        modified = self.modified and self.modified.isoformat()
        return {"modifie_le": modified, "longueur": self.length, "etag": self.etag}

    @property
    def listing(self) -> list[Any]:
        """What the dataset's page says of the version."""
        return [self.modified and self.modified.isoformat(), self.length]


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


def with_headers(file: RemoteFile) -> RemoteFile:
    """Return the file with what its own headers say, which the dataset's page may lag behind."""
    headers = http.get(file.url, method="HEAD", allow_redirects=True, headers=AS_IT_IS).headers
    modified = headers.get("Last-Modified")
    length = headers.get("Content-Length")  # not the page's: it may count other bytes than are sent
    return RemoteFile(
        name=file.name,
        url=file.url,
        modified=parsedate_to_datetime(modified).astimezone(UTC) if modified else file.modified,
        length=int(length) if length else None,
        etag=headers.get("ETag", ""),
    )


@contextmanager
def downloaded(file: RemoteFile, progress: Callable[[int], None] = lambda size: None) -> Iterator[Path]:
    """Download a file into a temporary folder, streamed, and yield its path; `progress` is told the bytes so far.

    A connection that breaks is taken up where it broke (Range, If-Range).
    Raises SourceError when the body is a web page or not of the length announced.
    """
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
