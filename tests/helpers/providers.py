"""A provider of a test's own: any Starlette routes, served over real HTTP on loopback."""

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ingestion.settings import Settings
from ingestion.simulator.server import serving
from ingestion.sources.meteo import DATASET_ID

Handler = Callable[[Request], Response]


def files(
    contents: dict[str, bytes], modified: str = "2026-10-01T00:00:00+00:00", dataset: str = DATASET_ID
) -> list[Route]:
    """data.gouv.fr with one dataset that holds these files."""

    def description(request: Request) -> Response:
        resources = [
            {
                "id": name,
                "title": name,
                "url": f"{request.base_url}static/{dataset}/{name}",
                "latest": None,
                "filesize": len(content),
                "last_modified": modified,
            }
            for name, content in contents.items()
        ]
        return JSONResponse({"id": dataset, "resources": resources})

    def static(request: Request) -> Response:
        return Response(contents[request.path_params["name"]], media_type="application/gzip")

    return [
        Route(f"/api/1/datasets/{dataset}/", description),
        Route(f"/static/{dataset}/" + "{name}", static),
    ]


def communes(content: bytes) -> list[Route]:
    """data.gouv.fr with the list of communes."""
    resource = Settings.model_fields["communes_resource"].default
    return [Route(f"/fr/datasets/r/{resource}", lambda request: Response(content, media_type="text/csv"))]


def hubeau(stations: list[dict[str, Any]], measures: Callable[[list[str]], list[dict[str, Any]]]) -> list[Route]:
    """Hub'Eau with these stations, and the measures that `measures` gives for the codes asked for."""

    def answer(data: list[dict[str, Any]]) -> Response:
        return JSONResponse({"count": len(data), "next": None, "api_version": "1.4.3", "data": data})

    def asked(request: Request) -> list[str]:
        return request.query_params["code_bss"].split(",")

    base = "/api/v1/niveaux_nappes"
    return [
        Route(f"{base}/stations", lambda r: answer([s for s in stations if s["code_bss"] in asked(r)])),
        Route(f"{base}/chroniques", lambda r: answer(measures(asked(r)))),
    ]


@contextmanager
def served(*routes: Route) -> Iterator[str]:
    """Serve routes on a free port of loopback; yield the base URL."""
    with serving(Starlette(routes=list(routes))) as url:
        yield url


def csv_gz(text: str) -> bytes:
    """Return a csv as data.gouv.fr publishes it."""
    return gzip.compress(text.encode(), mtime=0)


def loads(path: Any) -> Any:
    """Read a recorded JSON answer."""
    return json.loads(path.read_text())
