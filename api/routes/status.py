"""/status: how recent the data is, for programs and for people."""

import base64
import hashlib
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader
from sqlalchemy import text

from api.deps import DatabaseDep
from api.schemas.status import SourceStatus, TableStatus, WarehouseStatus

router = APIRouter(tags=["health"])

_SOURCES = text(
    """select domaine as source, reussie_le as last_success, tentee_le as last_attempt, en_echec as failed,
    lignes as rows, refusees as refused, donnees_du as data_read, prochaine_le as next_run,
    collecte_en_retard as collection_late, donnees_en_retard as data_late
    from marts.etat_source order by domaine"""
)
_TABLES = text(
    """select nom_table as table, version, construit_le as built, lignes as rows
    from marts.etat_table order by nom_table"""
)
_BUILT = text("select to_regclass('marts.etat_source') is not null and to_regclass('marts.etat_table') is not null")
_PARIS = ZoneInfo("Europe/Paris")
_FOLDER = Path(__file__).parents[1] / "pages"
_STYLE = (_FOLDER / "status.css").read_text(encoding="utf-8")
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
# The page has this one style, no script, and asks for nothing.
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Vary": "Accept",
}


def _instant(instant: datetime | None) -> str:
    return f"{instant.astimezone(_PARIS):%Y-%m-%d %H:%M}" if instant else "never"


_environment = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True)
_environment.filters |= {"instant": _instant, "number": lambda number: "–" if number is None else f"{number:,}"}
_page = _environment.get_template("status.html")


@router.get("/status", summary="How recent is the data?", response_model=WarehouseStatus)
def status(request: Request, response: Response, db: DatabaseDep) -> WarehouseStatus | HTMLResponse:
    """Says of every source when it was collected and whether it is late, and of every table its version and rows.
    Before the first build there is neither. A browser gets a page to read."""
    sources: list[SourceStatus] = []
    tables: list[TableStatus] = []
    with db.reading() as connection:
        if connection.execute(_BUILT).scalar_one():
            sources = [SourceStatus(**row) for row in connection.execute(_SOURCES).mappings()]
            tables = [TableStatus(**row) for row in connection.execute(_TABLES).mappings()]
    late = not sources or any(source.late for source in sources)
    found = WarehouseStatus(late=late, checked=datetime.now(UTC), sources=sources, tables=tables)
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(_page.render(status=found, style=_STYLE), headers=_HEADERS)
    response.headers["Vary"] = "Accept"
    return found
