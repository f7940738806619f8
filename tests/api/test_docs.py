"""The OpenAPI document and its page."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api.openapi import as_openapi_3_0
from tests.api.operations import CLOSED, OPERATIONS
from tests.helpers.browser import needs_chromium, page


@pytest.fixture(scope="module")
def document(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Every object of the document, without the maps whose keys are names."""
    if isinstance(node, list):
        for each in node:
            yield from nodes(each)
    elif isinstance(node, dict):
        yield node
        for key, each in node.items():
            yield from nodes(list(each.values()) if key == "properties" else each)


def test_every_route_is_there_and_explained(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        assert operation["summary"], path
        assert operation["description"], path
        assert "503" in operation["responses"], path
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (path, parameter)
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], (path, status)
        if "requestBody" in operation:
            (body,) = operation["requestBody"]["content"].values()
            schema = document["components"]["schemas"][body["schema"]["$ref"].split("/")[-1]]
            assert "example" in body or "example" in schema, path


def test_every_field_is_described(document: dict[str, Any]) -> None:
    schemas = {name: each for name, each in document["components"]["schemas"].items() if name != "Body_login"}
    for name, schema in schemas.items():
        for field, said in schema["properties"].items():
            assert said.get("description") or field == "results", f"{name}.{field}"
    numbers = [
        (name, field, said["description"])
        for name in ("MeteoPoint", "PiezoMeteoDay")
        for field, said in schemas[name]["properties"].items()
        if said.get("type") == "number" and field not in ("lambx", "lamby")
    ]
    unit = re.compile(r"\b(mm|m|km|°C|m/s|g/kg|J/cm²|m³/m³|fraction|no unit|m NGF)\b|°C|%|J/cm²|m³/m³")
    assert [(name, field) for name, field, said in numbers if not unit.search(said)] == []


def test_who_made_the_data_and_under_which_licence(document: dict[str, Any]) -> None:
    said = document["info"]["description"] + document["info"]["license"]["name"]
    weather_and_levels = ("Météo-France", "BRGM", "ADES", "SCHAPI", "Hub'Eau")
    for name in ("Licence Ouverte 2.0", *weather_and_levels, "ARS", "Ministère chargé de la Santé", "INSEE", "IGN"):
        assert name in said


def test_it_is_openapi_3_0(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.0.3"
    for node in nodes(document):
        assert node.get("type") != "null"
        assert "const" not in node
        assert not isinstance(node.get("examples"), list)
        assert isinstance(node.get("exclusiveMinimum", True), bool)
        assert type(node.get("minimum", 0)) in (int, float)
        assert "$ref" not in node or len(node) == 1


def test_what_becomes_of_openapi_3_1() -> None:
    assert as_openapi_3_0({"anyOf": [{"$ref": "#/a"}, {"type": "null"}], "description": "d"}) == {
        "allOf": [{"$ref": "#/a"}],
        "description": "d",
        "nullable": True,
    }
    assert as_openapi_3_0({"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}) == {
        "anyOf": [{"type": "string"}, {"type": "integer"}],
        "nullable": True,
    }
    assert as_openapi_3_0({"const": 1, "exclusiveMinimum": 0}) == {
        "enum": [1],
        "minimum": 0,
        "exclusiveMinimum": True,
    }
    assert as_openapi_3_0({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "null"}]}) == {
        "type": "number",
        "minimum": 0,
        "exclusiveMinimum": True,
        "nullable": True,
    }
    named = {"properties": {"const": {"type": "string"}, "examples": {"type": "integer"}}}
    assert as_openapi_3_0(named) == named
    data = {"example": {"const": 1, "anyOf": [{"type": "null"}]}}
    assert as_openapi_3_0(data) == data


def test_the_page_asks_for_nothing_from_elsewhere(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    linked = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert linked
    for address in linked:
        assert not address.startswith(("http", "//"))
        assert client.get(f"/{address}").status_code == 200


@needs_chromium
def test_the_page_in_chromium(server: Any) -> None:
    asked: list[str] = []
    with page(f"{server.url}/docs", asked=asked) as docs:
        docs.locator("[data-path]").nth(len(OPERATIONS) - 1).wait_for()
        shown = docs.content()
    assert set(re.findall(r'data-path="([^"]+)"', shown)) == {each.path for each in OPERATIONS}
    assert "Unable to render" not in shown
    assert f"{server.url}/openapi.json" in asked
    assert [address for address in asked if not address.startswith(f"{server.url}/")] == []


@needs_chromium
def test_try_it_out_with_a_login(server: Any, registered: dict[str, Any]) -> None:
    """As a person does: log in on the page, then press Execute on each route of the data with the example it shows."""
    of_data = [each for each in CLOSED if "data" in each.spec["tags"]]
    assert of_data
    with page(f"{server.url}/docs") as docs:

        def execute(name: str) -> str:
            block = docs.locator(f"#operations-data-{name}")
            block.locator(".opblock-summary-control").click()
            block.locator(".try-out__btn").click()
            block.locator(".execute").click()
            found = block.locator(".live-responses-table tbody .response-col_status").first.inner_text().split()[0]
            block.locator(".opblock-summary-control").click()
            return found

        first = of_data[0].spec["operationId"]
        assert execute(first) == "401"
        docs.locator(".auth-wrapper .authorize").click()
        docs.locator("#oauth_username").fill(registered["username"])
        docs.locator("#oauth_password").fill(registered["password"])
        docs.locator(".modal-ux .auth-btn-wrapper .authorize").click()
        docs.locator(".modal-ux").get_by_text("Authorized").first.wait_for()
        docs.locator(".modal-ux .btn-done").click()
        answered = {each.spec["operationId"]: execute(each.spec["operationId"]) for each in of_data[1:]}
        assert {name: status for name, status in answered.items() if status != "200"} == {}
