"""data.gouv.fr: the files of a dataset, and their download."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlsplit

from ingestion.errors import SourceError
from ingestion.sources import http

BLOCK = 1 << 20


@dataclass(frozen=True)
class RemoteFile:
    """A file as the provider describes it; `version` changes when any of the three does."""

    name: str
    url: str
    modified: datetime
    length: int | None
    etag: str

    @property
    def version(self) -> dict[str, Any]:
        """What is compared with the lake's memory to know whether the file is new."""
        return {"modifie_le": self.modified.isoformat(), "longueur": self.length, "etag": self.etag}


def list_files(base_url: str, dataset_id: str) -> list[RemoteFile]:
    """Return the files of a dataset, by name, as its API describes them.

    Raises SourceError when the answer is not the description of a dataset.
    """
    url = f"{base_url}/api/1/datasets/{dataset_id}/"
    try:
        resources = json.loads(http.get_json_bytes(url))["resources"]
        files = [
            RemoteFile(
                name=unquote(PurePosixPath(urlsplit(resource["url"]).path).name),
                url=resource.get("latest") or resource["url"],
                modified=datetime.fromisoformat(resource["last_modified"]).astimezone(UTC),
                length=resource.get("filesize"),
                etag="",
            )
            for resource in resources
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(f"{url} did not answer the description of a dataset ({error!r})") from None
    return sorted(files, key=lambda file: file.name)


def with_headers(file: RemoteFile) -> RemoteFile:
    """Return the file with what its own headers say, which the dataset's page may lag behind."""
    headers = http.get(file.url, method="HEAD", allow_redirects=True).headers
    modified = headers.get("Last-Modified")
    length = headers.get("Content-Length")
    return RemoteFile(
        name=file.name,
        url=file.url,
        modified=parsedate_to_datetime(modified).astimezone(UTC) if modified else file.modified,
        length=int(length) if length else file.length,
        etag=headers.get("ETag", ""),
    )


@contextmanager
def downloaded(file: RemoteFile) -> Iterator[Path]:
    """Download a file into a temporary folder, streamed, and yield its path.

    Raises SourceError when the body is a web page or shorter than announced.
    """
    with TemporaryDirectory(prefix="hydrotheque-") as folder:
        path = Path(folder) / file.name
        with http.get(file.url, stream=True) as response, path.open("wb") as target:
            if "text/html" in response.headers.get("Content-Type", ""):
                raise http.not_what_was_asked(response, "a file")
            for block in response.iter_content(BLOCK):
                target.write(block)
        announced = file.length
        if announced is not None and path.stat().st_size != announced:
            raise SourceError(
                f"{file.url}: {path.stat().st_size} bytes received, {announced} announced; nothing was kept, try again"
            )
        yield path
