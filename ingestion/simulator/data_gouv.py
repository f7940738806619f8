"""The endpoints of data.gouv.fr: the description of each dataset, redirects, files."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from ingestion.simulator.grid import all_cells, to_longitude_latitude
from ingestion.simulator.published import Publications, Published
from ingestion.simulator.sim2_files import FileStore, Sim2File

DATASET_ID = "6569b27598256cc583c917a7"
_STATIC = "/static/meteofrance/data/synchro_ftp/REF_CC/SIM"
_RESOURCES = "/static/resources"
# Resources of the dataset that are not daily files: name and format.
_OTHERS = (
    ("MENS_SIM2_1958-2024.csv.gz", "csv.gz"),
    ("coordonnees_grille_safran_lambert-2-etendu.csv", "csv"),
    ("SIM2_notice.pdf", "pdf"),
)
_OTHERS_MODIFIED = datetime(2024, 2, 5, 9, 0, tzinfo=UTC)


def _other_bytes(name: str) -> bytes:
    """The content of a resource that is not a daily file: the list of cells, or a placeholder."""
    if not name.startswith("coordonnees"):
        return f"{name}: not simulated\n".encode()
    cells = all_cells()
    lon, lat = to_longitude_latitude(cells[:, 0], cells[:, 1])
    lines = [f"{x};{y};{b:.6g};{a:.6g}".replace(".", ",") for (x, y), a, b in zip(cells, lon, lat, strict=True)]
    return "\n".join(["LAMBX (hm);LAMBY (hm);LAT_DG;LON_DG", *lines, ""]).encode()


@dataclass(frozen=True)
class DataGouv:
    """The provider's state: the files it has, SIM2's and others."""

    store: FileStore
    publications: Publications

    def resource_id(self, name: str) -> str:
        """An identifier that depends on the seed and the file's name."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.store.scenario.seed}/{name}"))

    def _resource(self, base: str, name: str, form: str, size: int, modified: datetime) -> dict[str, object]:
        identifier = self.resource_id(name)
        return {
            "id": identifier,
            "title": name.partition(".")[0],
            "type": "main" if name.startswith("QUOT") else "other",
            "format": form,
            "url": f"{base}{_STATIC}/{name}",
            "latest": f"{base}/fr/datasets/r/{identifier}",
            "filesize": size,
            "last_modified": modified.isoformat(),
            "checksum": None,
        }

    def _published(self, base: str, file: Published) -> dict[str, object]:
        return {
            "id": file.resource,
            "title": file.name,
            "type": "main",
            "format": file.format,
            "url": f"{base}{_RESOURCES}/{file.dataset}/{file.modified:%Y%m%d-%H%M%S}/{file.name}",
            "latest": f"{base}/fr/datasets/r/{file.resource}",
            "filesize": self.publications.path(file.name).stat().st_size,
            "last_modified": file.modified.isoformat(),
            "checksum": None,
        }

    def dataset(self, request: Request) -> Response:
        """GET /api/1/datasets/<id or name>/. Lengths are exact: files not made yet are made now."""
        base = f"{request.url.scheme}://{request.url.netloc}"
        dataset = request.path_params["dataset"]
        others = [file for file in self.publications.files.values() if file.dataset == dataset]
        if others:
            return JSONResponse({"id": dataset, "resources": [self._published(base, file) for file in others]})
        if dataset != DATASET_ID:
            return JSONResponse({"message": "Dataset not found", "status": 404}, status_code=404)
        resources = [
            self._resource(base, file.name, "csv.gz", self.store.path(file.name).stat().st_size, file.modified)
            for file in reversed(self.store.files.values())
        ]
        resources += [
            self._resource(base, name, form, len(_other_bytes(name)), _OTHERS_MODIFIED) for name, form in _OTHERS
        ]
        latest = max(str(resource["last_modified"]) for resource in resources)
        body = {
            "id": DATASET_ID,
            "title": "Données changement climatique - SIM quotidienne",
            "license": "lov2",
            "frequency": "daily",
            "last_modified": latest,
            "resources": resources,
        }
        return JSONResponse(body)

    def redirect(self, request: Request) -> Response:
        """GET /fr/datasets/r/<resource id>: where the file is."""
        names = [*self.store.files, *(name for name, _ in _OTHERS)]
        for name in names:
            if self.resource_id(name) == request.path_params["resource"]:
                target = f"{request.url.scheme}://{request.url.netloc}{_STATIC}/{name}"
                return RedirectResponse(target, status_code=302)
        for file in self.publications.files.values():
            if file.resource == request.path_params["resource"]:
                base = f"{request.url.scheme}://{request.url.netloc}"
                return RedirectResponse(str(self._published(base, file)["url"]), status_code=302)
        return JSONResponse({"message": "Resource not found", "status": 404}, status_code=404)

    def file(self, request: Request) -> Response:
        """A file, whole, in part, or not at all when the client has it."""
        name = request.path_params["name"]
        if name in self.store.files:
            return self._daily(request, self.store.files[name])
        if name in dict(_OTHERS):
            modified = {"last-modified": format_datetime(_OTHERS_MODIFIED, usegmt=True)}
            return Response(_other_bytes(name), media_type="application/octet-stream", headers=modified)
        return Response("<html><body>404 Not Found</body></html>", status_code=404, media_type="text/html")

    def _daily(self, request: Request, file: Sim2File) -> Response:
        return _sent(request, self.store.path(file.name), self.store.etag(file.name), file.modified)

    def resource(self, request: Request) -> Response:
        """A file of another dataset."""
        name = request.path_params["name"]
        if name not in self.publications.files:
            return Response("<html><body>404 Not Found</body></html>", status_code=404, media_type="text/html")
        store = self.publications
        return _sent(request, store.path(name), store.etag(name), store.files[name].modified)


def _sent(request: Request, path: Path, etag: str, modified: datetime) -> Response:
    validators = {
        "etag": etag,
        "last-modified": format_datetime(modified, usegmt=True),
        "accept-ranges": "bytes",
    }
    if _not_modified(request, etag, modified):
        return Response(status_code=304, headers=validators)
    # FileResponse serves Range, If-Range and HEAD, and keeps the validators it is given.
    kind = {".gz": "application/gzip", ".zip": "application/zip"}.get(path.suffix, "text/csv")
    return FileResponse(path, headers=validators, media_type=kind, stat_result=path.stat())


def _not_modified(request: Request, etag: str, modified: datetime) -> bool:
    """RFC 9110 13.2.2: If-None-Match decides where it is given, else If-Modified-Since."""
    if known := request.headers.get("if-none-match"):
        return known.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in known.split(","))
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        return modified <= parsedate_to_datetime(since).replace(tzinfo=UTC)
    except ValueError:
        return False


def routes(store: FileStore, publications: Publications) -> list[Route]:
    """The provider's endpoints. They are not coroutines: making a file must not hold up other requests."""
    provider = DataGouv(store, publications)
    return [
        Route("/api/1/datasets/{dataset}/", provider.dataset),
        Route("/fr/datasets/r/{resource}", provider.redirect),
        Route("/api/1/datasets/r/{resource}", provider.redirect),
        Route(_STATIC + "/{name}", provider.file),
        Route(_RESOURCES + "/{dataset}/{version}/{name}", provider.resource),
    ]
