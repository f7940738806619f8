"""The routes of the application as it is, each with the example its page shows: a route that lands is tested."""

from dataclasses import dataclass, field
from typing import Any

from fastapi.routing import iter_route_contexts

from api.main import create_app
from api.settings import Settings

APP = create_app(Settings(secret_key="never-used-to-sign-anything", environment="development"))
DOCUMENT = APP.openapi()
# What is open to everyone. Whatever else is there asks for a token.
OPEN = {
    ("GET", "/docs"),
    ("GET", "/docs/start.js"),
    ("GET", "/openapi.json"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/problems/{name}"),
    ("GET", "/status"),
    ("POST", "/user/register"),
    ("POST", "/user/login"),
}
METRICS = ("GET", "/metrics")  # has a token of its own


@dataclass(frozen=True)
class Operation:
    """A method of a route, and what its page shows as an example of each thing it takes."""

    method: str
    path: str
    spec: dict[str, Any] = field(repr=False)

    @property
    def is_open(self) -> bool:
        return (self.method, self.path) in OPEN

    def parameters(self, place: str) -> dict[str, dict[str, Any]]:
        """The parameters in `path`, `query` or `header`, by name."""
        return {each["name"]: each for each in self.spec.get("parameters", []) if each["in"] == place}

    def body(self) -> tuple[str, Any] | None:
        """The media type of the body, and its example."""
        if "requestBody" not in self.spec:
            return None
        ((media_type, content),) = self.spec["requestBody"]["content"].items()
        return media_type, content.get("example", resolved(content["schema"]).get("example"))

    def request(self, **changes: Any) -> dict[str, Any]:
        """What httpx needs to ask for the example; `changes` go to its parameters and the fields of its body."""
        url, query, sent = self.path, {}, {}
        for name, spec in self.parameters("path").items():
            url = url.replace(f"{{{name}}}", str(changes.get(name, example(spec))))
        for name, spec in self.parameters("query").items():
            if name in changes or spec.get("required"):
                query[name] = changes.get(name, example(spec))
        if body := self.body():
            media_type, fields = body
            fields = {**fields, **{name: value for name, value in changes.items() if name in fields}}
            sent = {"json": fields} if media_type == "application/json" else {"data": fields}
        return {"method": self.method, "url": url, "params": query, **sent}

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def example(parameter: dict[str, Any]) -> Any:
    """The example of a parameter; fails when the page has none and it is needed."""
    found = parameter.get("example", parameter["schema"].get("example", parameter["schema"].get("default")))
    assert found is not None, f"parameter {parameter['name']} has no example"
    return found


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema that a `$ref` refers to."""
    found: dict[str, Any] = schema
    while "$ref" in found:
        found = DOCUMENT["components"]["schemas"][found["$ref"].split("/")[-1]]
    return found


def served() -> set[tuple[str, str]]:
    """Every method and path the application answers, in the document or not."""
    return {
        (method, context.path)
        for context in iter_route_contexts(APP.routes)
        for method in (context.methods or ())
        if method != "HEAD" and context.path
    }


OPERATIONS = [
    Operation(method.upper(), path, spec)
    for path, methods in DOCUMENT["paths"].items()
    for method, spec in methods.items()
]
CLOSED = [each for each in OPERATIONS if not each.is_open]
