"""What the errors mean, and what Prometheus reads."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Path, Response
from prometheus_client import CONTENT_TYPE_LATEST

from api.deps import DatabaseDep, MetricsDep, SettingsDep
from api.problems import KINDS, PATH, ProblemError
from api.schemas.common import InvalidInput, said
from api.schemas.operation import ProblemKind

router = APIRouter()


@router.get(
    PATH + "{name}",
    tags=["health"],
    summary="What an error means",
    responses={404: said("No error has this name."), 422: said("The request is malformed.", InvalidInput)},
)
async def problem(
    name: Annotated[str, Path(description="The last part of `type`.", examples=["not-found"])],
) -> ProblemKind:
    """The meaning of the `type` of an error, and what to do about it."""
    if name not in KINDS:
        raise HTTPException(404, f"No error has this name: there are {', '.join(KINDS)}.")
    kind = KINDS[name]
    return ProblemKind(type=PATH + name, status=kind.status, title=kind.title, advice=kind.advice)


# Not in the document: it is for the operator. Figures on the load are nobody else's business, so a token of their own
# opens them, and without one set there is nothing to open.
@router.get("/metrics", include_in_schema=False)
def metrics(
    counted: MetricsDep, settings: SettingsDep, db: DatabaseDep, authorization: Annotated[str, Header()] = ""
) -> Response:
    """The metrics in Prometheus' text format."""
    token = settings.metrics_token.get_secret_value()
    if not token:
        raise HTTPException(404)
    if not secrets.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
        raise ProblemError("not-logged-in", "The token of /metrics is wrong.", {"WWW-Authenticate": "Bearer"})
    return Response(counted.text(db.connections()), media_type=CONTENT_TYPE_LATEST)
