"""HTTP to the providers: connections reused, transient faults tried again, errors that name the address."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ParamSpec, TypeVar

import requests
import tenacity
from requests.adapters import HTTPAdapter

from ingestion.errors import SourceError
from ingestion.report import received

TIMEOUT = (10, 120)  # seconds to connect, and between two bytes
ATTEMPTS = 4
LONGEST_WAIT = 300
_backoff = tenacity.wait_exponential_jitter(multiplier=0.5, max=60, jitter=1)
_session = requests.Session()
for _scheme in ("http://", "https://"):
    _session.mount(_scheme, HTTPAdapter(pool_maxsize=16))

P = ParamSpec("P")
T = TypeVar("T")


class TransientError(SourceError):
    """A fault that another try may mend; `wait` is what the provider asks for, in seconds."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, TransientError) else None
    return min(asked, LONGEST_WAIT) if asked is not None else _backoff(state)


def persistent(function: Callable[P, T]) -> Callable[P, T]:
    """Call the function again after a TransientError: `ATTEMPTS` times, with backoff, jitter and Retry-After."""
    return tenacity.retry(
        retry=tenacity.retry_if_exception_type(TransientError),
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=_wait,
        reraise=True,
    )(function)


def get_once(url: str, *, method: str = "GET", **options: Any) -> requests.Response:
    """Send one request; return the response, whose status is below 400.

    Raises TransientError for 429, 5xx and a connection that fails, SourceError for any other refusal.
    """
    with connection_errors(url):
        response = _session.request(method, url, timeout=TIMEOUT, **options)
    if not options.get("stream"):
        received.add(len(response.content))
    if response.status_code < 400:
        return response
    text = " ".join(response.text[:200].split())
    message = f"{url} answered {response.status_code} {response.reason}: {text}"
    if response.status_code == 429 or response.status_code >= 500:
        raise TransientError(message, _seconds(response.headers.get("Retry-After")))
    raise SourceError(message)


get = persistent(get_once)


@contextmanager
def connection_errors(url: str, what: str = "cannot be reached") -> Iterator[None]:
    """Turn what goes wrong on the way into a TransientError of one line."""
    try:
        yield
    except requests.RequestException as error:
        raise TransientError(f"{url} {what}: {_reason(error)}") from None


def json_body(response: requests.Response) -> bytes:
    """Return the body of a JSON answer.

    Raises TransientError when the provider answers something else, as a page of its maintenance.
    """
    if "json" not in response.headers.get("Content-Type", ""):
        raise not_what_was_asked(response, "JSON")
    return response.content


def clock(response: requests.Response) -> datetime:
    """Return the instant of an answer by the provider's clock (its header Date), or by ours."""
    try:
        return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return datetime.now(UTC)


def not_what_was_asked(response: requests.Response, wanted: str) -> TransientError:
    """Make the error for an answer of another kind than `wanted`."""
    kind = response.headers.get("Content-Type", "no content type")
    return TransientError(
        f"{response.url} answered {kind} where {wanted} was expected; nothing was kept, try again later"
    )


def _seconds(retry_after: str | None) -> float | None:
    """Read Retry-After: seconds, or a date (RFC 9110, 10.2.3)."""
    if not retry_after:
        return None
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _reason(error: BaseException) -> str:
    while (inner := error.__cause__ or error.__context__ or getattr(error, "reason", None)) and inner is not error:
        error = inner
    return str(error) or type(error).__name__
