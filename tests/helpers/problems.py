"""What every error of the API looks like (RFC 9457)."""

import httpx

from api.problems import KINDS


def assert_problem(answer: httpx.Response, kind: str, detail: str | None = None) -> None:
    """The answer is the problem of this kind, with this sentence unless any will do."""
    status, title, _ = KINDS[kind]
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert (body["type"], body["title"], body["status"]) == (f"/problems/{kind}", title, status)
    assert body["detail"]
    assert detail is None or body["detail"] == detail
    assert set(body) - {"type", "title", "status", "detail"} == ({"errors"} if kind == "invalid-request" else set())
