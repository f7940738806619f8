"""/data: what its routes share."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.schemas.common import InvalidInput, said

GEO_JSON = "application/geo+json"
_SAID = {
    "Link": "The licence (`rel=license`) and the sources to name (`rel=via`).",
    "Cache-Control": "Yours to keep, and to ask about again.",
}
_OF_GET = {"ETag": "The version of the data: send it as `If-None-Match` and get 304 as long as it stands."}


class GeoJson(JSONResponse):
    """The `response_class` of a route that answers GeoJSON, for the document."""

    media_type = GEO_JSON


def router() -> APIRouter:
    """A router for some of the routes under /data."""
    return APIRouter(
        prefix="/data",
        tags=["data"],
        responses={
            401: said("The token is missing, expired or not valid.", WWW_Authenticate="`Bearer`"),
            422: said("The request is malformed.", InvalidInput),
        },
    )


def says(*, missing: str | None = None, get: bool = True) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route under /data; `missing` is what its 404 means, if it has one."""
    headers = _SAID | (_OF_GET if get else {})
    described = {name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()}
    made: dict[int | str, dict[str, Any]] = {200: {"headers": described}}
    if get:
        made[304] = {"description": "You hold this version already."}
    if missing:
        made[404] = said(missing)
    return made
