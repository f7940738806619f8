"""/data/communes: the communes."""

from typing import Annotated

from fastapi import Query, Response

from api import communes
from api.deps import reads
from api.models.communes import Commune
from api.reader import Reader
from api.routes import data
from api.schemas.communes import CodeInsee, CommuneFound, CommunePage, CommunesQuery

router = data.router()
ReadCommunes = Annotated[Reader, reads(Commune)]
_MISSING = "No such commune."


@router.get("/communes/list", summary="Communes", response_model=CommunePage, responses=data.says())
async def commune_list(read: ReadCommunes, query: Annotated[CommunesQuery, Query()]) -> Response:
    """The communes by the beginning of their name or by département, by code."""
    return read.answer(await communes.page(read, query))


@router.get(
    "/communes/{code_insee}", summary="A commune", response_model=CommuneFound, responses=data.says(missing=_MISSING)
)
async def commune(read: ReadCommunes, code_insee: CodeInsee) -> Response:
    """The commune with this code."""
    return read.answer(await communes.one(read, code_insee))
