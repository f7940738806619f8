"""Every route of the document, asked what it takes and what it does not: no 5xx, no answer outside the document.

`HYDROTHEQUE_EXAMPLES` requests are drawn at random, 300 unless it is set, over all routes and with and without a token;
the examples of the document and the bounds of each parameter come on top.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import psycopg
import pytest
import requests
import schemathesis
from schemathesis.openapi.checks import UnsupportedMethodResponse  # noqa: F401  (loads the checks of OpenAPI)
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance

from tests.api.operations import DOCUMENT, OPEN, OPERATIONS

EXAMPLES = int(os.environ.get("HYDROTHEQUE_EXAMPLES", "300"))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
SOME = hypothesis.settings(
    max_examples=max(1, EXAMPLES // (2 * len(OPERATIONS))),
    derandomize=EXAMPLES <= 300,
    deadline=None,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
NOT_CHECKED = [
    # 422 for what JSON Schema cannot say: two dates in the wrong order, a point where there is no cell.
    positive_data_acceptance,
    # The text "no" or the number 0 is taken for false: values of an address are text anyway.
    negative_data_rejection,
    # Asks each question again without and with a wrong token: `test_token` does so with every kind.
    ignored_auth,
]


class Visitor:
    """Somebody who is logged in, and registers again whenever a request has ended that."""

    def __init__(self, server: Any, somebody: Callable[[], tuple[dict[str, Any], str]]) -> None:
        self._url, self._somebody = server.url, somebody
        self._session = requests.Session()
        self._token = ""
        self.asked = 0

    def ask(self, case: schemathesis.Case, *, token: bool) -> schemathesis.Response:
        """The answer, after all checks."""
        if token and not self._token:
            self._token = self._somebody()[1]
        headers = {"Authorization": f"Bearer {self._token}"} if token else None
        self.asked += 1
        answer = case.call_and_validate(
            self._url, self._session, headers, excluded_checks=NOT_CHECKED, allow_redirects=False
        )
        if answer.status_code == 401:
            self._token = ""
        return answer


@pytest.fixture(scope="module")
def visitor(server: Any, somebody: Callable[..., Any], migrated: Any) -> Iterator[Visitor]:
    """Whoever registered meanwhile is gone afterwards: some took names that the document's examples take."""
    with psycopg.connect(migrated.url, autocommit=True) as owner:
        before = owner.execute("select coalesce(max(id), 0) from app.users").fetchone()
        yield Visitor(server, somebody)
        owner.execute("delete from app.users where id > %s", before)


@SCHEMA.parametrize()
@pytest.mark.parametrize("token", [True, False], ids=["a token", "no token"])
@SOME
def test_requests_at_random(case: schemathesis.Case, visitor: Visitor, token: bool) -> None:
    answer = visitor.ask(case, token=token)
    open_to_all = (case.operation.method.upper(), case.operation.path) in OPEN
    assert token or open_to_all or answer.status_code >= 400, "a route that asks for a token answered without one"


def test_as_many_were_asked_as_meant(visitor: Visitor) -> None:
    """A route without parameters takes few different requests; those that the document suggests make up for it."""
    assert visitor.asked >= EXAMPLES
