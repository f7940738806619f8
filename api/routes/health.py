"""/health: for whoever watches the service."""

from fastapi import APIRouter, HTTPException
from sqlalchemy import text

from api.database import RETRY_AFTER_SECONDS
from api.deps import DatabaseDep
from api.schemas.common import Status

router = APIRouter(prefix="/health", tags=["health"])

_TABLES = text("select to_regclass('app.users') is not null as users, to_regclass('marts.meteo') is not null as marts")
_LACKS = {
    "users": "The table of the users does not exist yet: run `python -m api.migrate` as the owner of the database.",
    "marts": "The warehouse holds no data yet: its tables are not built.",
}


@router.get("/live", summary="Is the process alive?")
async def live() -> Status:
    """Answers as long as the process does; asks nothing of the database."""
    return Status(status="ok")


@router.get("/ready", summary="Can it serve?")
def ready(db: DatabaseDep) -> Status:
    """Answers 200 when the database is reached and holds the users and the marts, 503 with the reason otherwise."""
    with db.reading() as connection:
        found = connection.execute(_TABLES).one()._mapping
    for name, reason in _LACKS.items():
        if not found[name]:
            raise HTTPException(503, reason, {"Retry-After": str(RETRY_AFTER_SECONDS)})
    return Status(status="ok")
