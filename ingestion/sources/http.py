"""HTTP to the providers: one session with retries, and errors that name the address."""

from typing import Any

import requests
from dlt.sources.helpers.requests import Client

from ingestion.errors import SourceError

# Retries connection errors, time-outs, 429 and 5xx with exponential backoff; honours Retry-After.
_client = Client(request_timeout=(10, 120), request_max_attempts=4, request_backoff_factor=0.5)


def get(url: str, *, method: str = "GET", **options: Any) -> requests.Response:
    """Send a request; return the response, whose status is below 400.

    Raises SourceError with the address and what came back instead.
    """
    try:
        return _client.session.request(method, url, **options)
    except requests.RequestException as error:
        if error.response is None:
            raise SourceError(f"{url} cannot be reached: {_reason(error)}") from None
        text = " ".join(error.response.text[:200].split())
        status = f"{error.response.status_code} {error.response.reason}"
        raise SourceError(f"{url} answered {status}: {text}") from None


def get_json_bytes(url: str, **options: Any) -> bytes:
    """Return the body of a JSON answer.

    Raises SourceError when the provider answers something else, as a page of its maintenance.
    """
    response = get(url, **options)
    if "json" not in response.headers.get("Content-Type", ""):
        raise not_what_was_asked(response, "JSON")
    return response.content


def not_what_was_asked(response: requests.Response, wanted: str) -> SourceError:
    """Make the error for an answer of another kind than `wanted`."""
    kind = response.headers.get("Content-Type", "no content type")
    return SourceError(f"{response.url} answered {kind} where {wanted} was expected; nothing was kept, try again later")


def _reason(error: BaseException) -> str:
    while (inner := error.__cause__ or error.__context__ or getattr(error, "reason", None)) and inner is not error:
        error = inner
    return str(error) or type(error).__name__
