"""/data/catalogue: what there is."""

from typing import Annotated

from fastapi import Response

from api import catalogue
from api.deps import reads
from api.reader import Reader
from api.routes import data
from api.schemas.catalogue import Catalogue
from api.sources import OF_TABLE

router = data.router()
ReadAll = Annotated[Reader, reads(*OF_TABLE)]


@router.get("/catalogue", summary="What there is", response_model=Catalogue, responses=data.says())
async def get_catalogue(read: ReadAll) -> Response:
    """Every table: its columns with their units, its keys, its version and rows, its producers and how recent it is."""
    return read.answer_by_content(await catalogue.describe(read.connection))
