"""The API's description of itself: the OpenAPI document and the page at /docs, which needs nothing from elsewhere."""

from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from swagger_ui_bundle import swagger_ui_path

from api.problems import MEDIA_TYPE
from api.schemas.common import said

TITLE = "Hydrothèque"
DESCRIPTION = """
French weather, groundwater, rivers and drinking water, from the providers to programs.

**How to begin**: register at `POST /user/register`, log in at `POST /user/login` (here: the *Authorize* button),
and send the token with every request under `/data`: `Authorization: Bearer <token>`.

**Errors** are problems after RFC 9457 (`application/problem+json`): compare `type`, read `detail`. `GET` a type to
read what it means. 429 and 503 say in `Retry-After` how many seconds to wait. Every answer has an `X-Request-ID`, yours
when you send one: name it when you report an error.

**The data** is republished under the Licence Ouverte 2.0 (Etalab); name its producers when you use it:
- weather: Météo-France, daily SIM2 grid (Safran-Isba-Modcou);
- groundwater: BRGM and the producers of ADES, through Hub'Eau (each level names its producer on request);
- sensors in real time: SCHAPI and the flood services (PHyC) for rivers, BRGM and the producers of ADES for groundwater,
  through Hub'Eau;
- drinking water: the regional health agencies (ARS) and the Ministère chargé de la Santé, through data.gouv.fr;
- communes: INSEE, IGN and others, communes-france-2025, through data.gouv.fr.
"""
LICENCE = {
    "name": "Licence Ouverte 2.0 (Etalab), for the data",
    "url": "https://www.etalab.gouv.fr/wp-content/uploads/2017/04/ETALAB-Licence-Ouverte-v2.0.pdf",
}
TAGS = [
    {"name": "user", "description": "Registering, logging in, and what is held about you."},
    {"name": "data", "description": "Weather, groundwater, sensors, communes and drinking water; needs a token."},
    {"name": "health", "description": "For whoever watches the service."},
]
# What any route may answer, beside its own.
ANYWHERE: dict[int | str, dict[str, Any]] = {
    413: said("The body is too large."),
    414: said("The address is too long."),
    500: said("Something went wrong on our side."),
    503: said("The database does not answer.", Retry_After="Seconds to wait."),
}
_PAGE = Path(__file__).parent / "docs"


def install(app: FastAPI) -> None:
    """Give the application its document and its page."""
    generate = app.openapi

    @cache
    def document() -> dict[str, Any]:
        made: dict[str, Any] = as_openapi_3_0(_with_problems(generate()))
        return {**made, "openapi": "3.0.3"}

    app.openapi = document  # type: ignore[method-assign]  # how FastAPI is told of another document

    @app.get("/docs", include_in_schema=False)
    async def docs() -> FileResponse:
        return FileResponse(_PAGE / "index.html")

    @app.get("/docs/start.js", include_in_schema=False)
    async def start() -> FileResponse:
        return FileResponse(_PAGE / "start.js")

    app.mount("/docs/assets", StaticFiles(directory=swagger_ui_path), name="swagger-ui")


def _with_problems(made: dict[str, Any]) -> dict[str, Any]:
    """FastAPI writes one media type for all answers of a route: give errors theirs."""
    for methods in made["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if status >= "400" and "content" in response:
                    (problem,) = response["content"].values()
                    response["content"] = {MEDIA_TYPE: problem}
    return made


def as_openapi_3_0(node: Any) -> Any:
    """FastAPI writes OpenAPI 3.1; the Swagger UI of the bundle reads 3.0. The same document, said as 3.0 does.

    >>> as_openapi_3_0({"anyOf": [{"type": "number"}, {"type": "null"}], "examples": [1.5]})
    {'type': 'number', 'nullable': True, 'example': 1.5}
    """
    if isinstance(node, list):
        return [as_openapi_3_0(each) for each in node]
    if not isinstance(node, dict):
        return node
    # The keys of `properties` are names, not keywords.
    made = {
        key: {name: as_openapi_3_0(each) for name, each in value.items()} if key == "properties" else _value(key, value)
        for key, value in node.items()
    }
    made = _nullable(made)
    if isinstance(made.get("examples"), list):
        made["example"] = made.pop("examples")[0]
    if "const" in made:
        made["enum"] = [made.pop("const")]
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        # A choice that was merged into its parent went through here before: its true is OpenAPI 3.0's.
        if made.get(exclusive, True) is not True:
            made[bound], made[exclusive] = made[exclusive], True
    if "$ref" in made and len(made) > 1:
        made["allOf"] = [{"$ref": made.pop("$ref")}]
    return made


def _value(key: str, value: Any) -> Any:
    # Examples are data: they hold whatever keys they hold.
    return value if key in ("example", "examples", "default", "enum") else as_openapi_3_0(value)


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    choices = schema.get("anyOf")
    if not isinstance(choices, list) or {"type": "null"} not in choices:
        return schema
    rest = [each for each in choices if each != {"type": "null"}]
    others = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**(rest[0] if len(rest) == 1 else {"anyOf": rest}), **others, "nullable": True}
