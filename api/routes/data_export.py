"""/data/export: whole tables."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Query, Request
from fastapi.responses import StreamingResponse

from api import export_tables
from api.deps import TokenDep, reading
from api.export import MEDIA_TYPES, Export
from api.reader import Reader
from api.routes import data
from api.schemas.common import said
from api.schemas.export import ExportQuery, TableName
from api.sources import LICENCE, OF_TABLE

router = data.router()


async def _reader(request: Request, token: TokenDep, table: TableName) -> AsyncIterator[Reader]:
    """A reader of the table of the address; 404 for none, to who holds a good token."""
    found = export_tables.TABLES.get(table)
    async with reading(request, token, (found.model,) if found else ()) as read:
        if found is None:
            known = ", ".join(export_tables.TABLES)
            raise HTTPException(404, f"There is no table of this name: there are {known}.")
        yield read


def _says() -> dict[int | str, dict[str, Any]]:
    made = data.says(missing="No such table.")
    text: dict[str, Any] = {"schema": {"type": "string"}}
    made[200]["content"] = {kind.split(";")[0]: text for kind in MEDIA_TYPES.values()}
    made[200]["content"][MEDIA_TYPES["parquet"]] = {"schema": {"type": "string", "format": "binary"}}
    made[503] = said("The database does not answer, or too many exports are under way.", Retry_After="Seconds to wait.")
    return made


@router.get("/export/{table}", summary="A whole table", response_class=StreamingResponse, responses=_says())
async def export_table(
    request: Request,
    read: Annotated[Reader, Depends(_reader, scope="function")],
    table: TableName,
    query: Annotated[ExportQuery, Query()],
) -> StreamingResponse:
    """A table, or a part of it, as one file of one version of the data; the rows are in no order.

    CSV: UTF-8, commas, a line of names; an empty field is null. An export that breaks off was not complete: the
    connection is cut, and no client takes half for the whole. Ask for a part (`start_date`, `code_departement`) where
    the whole takes too long. An account has one export at a time.
    """
    metadata = {
        "licence": LICENCE.url,
        "sources": "; ".join(f"{source.name}, {source.url}" for source in OF_TABLE[read.tables[0]]),
    }
    file = {"Content-Disposition": f'attachment; filename="{table}.{query.format}"'}
    rows = export_tables.select(table, query)
    return Export(request.app.state.exports, read, rows, query.format, file, metadata)
