"""The errors the API answers with, after RFC 9457: each has a `type` that stays, whatever its sentence says."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from starlette.exceptions import HTTPException
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
PATH = "/problems/"
NO_MEANING = "about:blank"  # RFC 9457 section 4.2.1: nothing beyond the status


class Kind(NamedTuple):
    """A kind of error: its status, what it is called, and what to do about it."""

    status: int
    title: str
    advice: str


# A name is never reused for something else: programs compare `type`.
KINDS = {
    "consent-required": Kind(
        400, "Consent is required", "Send `consent_given: true` after reading what is kept (docs/rgpd.md)."
    ),
    "not-logged-in": Kind(401, "Not logged in", "Log in at POST /user/login and send the token as a bearer token."),
    "wrong-credentials": Kind(401, "Wrong username or password", "Check both; several failures in a row are limited."),
    "wrong-password": Kind(403, "Wrong password", "Send the password of the account in `current_password`."),
    "not-found": Kind(404, "Not found", "The warehouse holds nothing for this request; `detail` says where to look."),
    "no-such-route": Kind(404, "No such route", "/docs lists the routes."),
    "method-not-allowed": Kind(405, "Method not allowed", "/docs lists the methods of each route; so does `Allow`."),
    "already-taken": Kind(409, "Already taken", "Choose another username, or log in if the account is yours."),
    "body-too-large": Kind(413, "Body too large", "Send less at once."),
    "address-too-long": Kind(414, "Address too long", "Send shorter parameters."),
    "invalid-request": Kind(422, "Invalid request", "Correct the fields listed in `errors`."),
    "too-many-attempts": Kind(429, "Too many attempts", "Wait for the seconds in `Retry-After`."),
    "internal-error": Kind(500, "Internal error", "Not your fault; tell the operator the value of `X-Request-ID`."),
    "unavailable": Kind(503, "Unavailable", "Wait for the seconds in `Retry-After`, then ask again."),
}
# What a plain HTTPException means.
_OF_STATUS = {
    401: "not-logged-in",
    404: "not-found",
    405: "method-not-allowed",
    413: "body-too-large",
    422: "invalid-request",
    429: "too-many-attempts",
    500: "internal-error",
    503: "unavailable",
}


class ProblemError(HTTPException):
    """Raised by a route: leaves as the problem of this kind."""

    def __init__(self, kind: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(KINDS[kind].status, detail, headers)
        self.kind = kind


def kind_of(error: HTTPException) -> str | None:
    """The kind of an HTTP error; None when its status says all there is."""
    return error.kind if isinstance(error, ProblemError) else _OF_STATUS.get(error.status_code)


def document(kind: str, detail: str, **more: Any) -> dict[str, Any]:
    """The body of the answer."""
    status, title, _ = KINDS[kind]
    return {"type": PATH + kind, "title": title, "status": status, "detail": detail, **more}


class ProblemResponse(Response):
    """An error as application/problem+json."""

    media_type = MEDIA_TYPE

    def __init__(self, kind: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(orjson.dumps(document(kind, detail, **more)), KINDS[kind].status, headers)


def plain(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """An error of which the status says all there is."""
    body = {"type": NO_MEANING, "title": detail, "status": status, "detail": detail}
    return Response(orjson.dumps(body), status, headers, MEDIA_TYPE)
