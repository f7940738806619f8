"""Hub'Eau, niveaux_nappes v1 and hydrometrie v2: questions asked, answers read as Arrow tables."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, quote, urlsplit

import pyarrow as pa
import pyarrow.compute as pc
from pyrate_limiter import Duration, Limiter, Rate

from ingestion.errors import GuardError, SourceError
from ingestion.providers import http
from ingestion.providers.records import (
    CHRONIQUE,
    CHRONIQUE_TR,
    OBSERVATION,
    STATION,
    STATION_HYDRO,
    UNREADABLE,
    new_fields_as_text,
    read_as_text,
    read_envelope,
)

CAP = 20_000  # page x size may not pass it: one page of this size, or the question is cut
URL_LENGTH = 2_083
DEPARTEMENTS = (
    *(f"{number:02d}" for number in range(1, 96) if number != 20),
    "2A",
    "2B",
    "971",
    "972",
    "973",
    "974",
    "976",
)


# Not new fields: `geometry` repeats x and y, UNREADABLE is added by us.
KNOWN_ELSEWHERE = {"geometry", UNREADABLE}


@dataclass(frozen=True)
class Operation:
    """An address of Hub'Eau, the record that it answers, and the most rows of an answer."""

    path: str
    record: pa.StructType
    size: int = CAP


OPERATIONS = {
    "stations": Operation("/api/v1/niveaux_nappes/stations", STATION),
    "chroniques": Operation("/api/v1/niveaux_nappes/chroniques", CHRONIQUE),
    "chroniques_tr": Operation("/api/v1/niveaux_nappes/chroniques_tr", CHRONIQUE_TR),
    "referentiel/stations": Operation("/api/v2/hydrometrie/referentiel/stations", STATION_HYDRO, 10_000),
    "observations_tr": Operation("/api/v2/hydrometrie/observations_tr", OBSERVATION),
}


@dataclass(frozen=True)
class Answer:
    """The rows of one answer, how many the question has in all, and the address of the page after it."""

    count: int
    rows: pa.Table
    next: str | None = None


@dataclass
class HubEau:
    """The provider at an address, at the pace kept with it; `accept` lets doubtful answers through. `clock` is the
    instant of its last answer, by its own clock.

    Raises SourceError for an answer that is not Hub'Eau's envelope; GuardError for one with fewer rows than it
    announces, after other tries, or with a field of another type.
    """

    base_url: str
    limiter: Limiter | None = None
    accept: bool = False
    clock: datetime = field(default_factory=lambda: datetime.now(UTC))

    def ask(self, operation: str, **parameters: str | int) -> Answer:
        """Ask for the first rows of an operation (one of OPERATIONS), as many as an answer holds."""
        return self._page(operation, parameters)

    def follow(self, operation: str, **parameters: str | int) -> Iterator[Answer]:
        """Yield the answers to a question whose rows the provider gives page after page, by a cursor.

        Raises SourceError when a page does not lead to the next; GuardError when the pages end before all the rows
        that the first announced.
        """
        cursors = {""}
        answer = self._page(operation, parameters)
        announced, held = answer.count, answer.rows.num_rows
        yield answer
        while answer.next:
            cursor = parse_qs(urlsplit(answer.next).query).get("cursor", [""])[0]
            if cursor in cursors or not answer.rows.num_rows:
                raise SourceError(
                    f"{self.base_url}{OPERATIONS[operation].path}: the cursor of the page after {held} of "
                    f"{announced} rows leads nowhere ({answer.next}); nothing of this question was kept"
                )
            cursors.add(cursor)
            answer = self._page(operation, parameters | {"cursor": cursor}, announced - held)
            held += answer.rows.num_rows
            yield answer
        if held < announced and not self.accept:
            url = f"{self.base_url}{OPERATIONS[operation].path}?{_query(parameters)}"
            raise GuardError(f"{url} announced {announced} rows and ended after {held}")

    def _page(self, operation: str, parameters: dict[str, str | int], left: int | None = None) -> Answer:
        """Ask once; `left` is how many rows the pages before have left, None for a first page."""
        asked = OPERATIONS[operation]
        url = f"{self.base_url}{asked.path}?" + _query(parameters | {"size": asked.size})
        try:
            return self._ask(url, asked, left)
        except IncompleteError as error:
            if self.accept:
                return error.answer
            raise GuardError(str(error)) from None

    @http.persistent
    def _ask(self, url: str, asked: Operation, left: int | None) -> Answer:
        if self.limiter:
            self.limiter.try_acquire("hubeau")
        response = http.get_once(url)
        answer = self._read(url, http.json_body(response).replace(b"\\u0000", b""), asked.record)  # text has no NUL
        self.clock = http.clock(response)
        got = answer.rows.num_rows
        # Values may come in while the pages are read: later ones may hold more than was announced, never fewer.
        if got != min(answer.count, asked.size) if left is None else got < min(left, asked.size):
            raise IncompleteError(url, answer, left)
        return answer

    def _read(self, url: str, body: bytes, record: pa.StructType) -> Answer:
        try:
            envelope = read_envelope(body, record)
        except pa.ArrowInvalid as error:
            if "changed from" not in str(error) or b'"data"' not in body:
                raise SourceError(f"{url} did not answer Hub'Eau's envelope ({error}); nothing was kept") from None
            if not self.accept:
                raise GuardError(f"{url}: {error}") from None
            found, following, text_rows = read_as_text(body, record)
            return Answer(found, text_rows, following)
        count = envelope["count"][0].as_py() if "count" in envelope.column_names else None
        if count is None:
            raise SourceError(f"{url} answered without `count`; nothing was kept")
        rows = new_fields_as_text(pa.Table.from_struct_array(pc.list_flatten(envelope["data"])), record)
        return Answer(count, rows, envelope["next"][0].as_py())


class IncompleteError(http.TransientError):
    """An answer with another number of rows than it announces."""

    def __init__(self, url: str, answer: Answer, left: int | None) -> None:
        announced = answer.count if left is None else left
        super().__init__(f"{url} announced {announced} rows and sent {answer.rows.num_rows}")
        self.answer = answer


def rate_limiter(requests_per_second: int) -> Limiter | None:
    """Return a limiter of requests, None for 0."""
    return Limiter(Rate(requests_per_second, Duration.SECOND)) if requests_per_second else None


def _query(parameters: dict[str, str | int]) -> str:
    return "&".join(f"{name}={quote(str(value), safe=',')}" for name, value in parameters.items())


def new_fields(rows: pa.Table, operation: str) -> list[str]:
    """Return the names of the fields that the provider added to an operation."""
    return sorted(set(rows.column_names) - {field.name for field in OPERATIONS[operation].record} - KNOWN_ELSEWHERE)


def chunks(codes: Iterable[str], room: int = URL_LENGTH - 250) -> Iterator[list[str]]:
    """Cut a list of codes so that each part, joined by commas, fits in a URL."""
    part: list[str] = []
    length = 0
    for code in codes:
        cost = len(quote(code, safe="")) + 1
        if part and length + cost > room:
            yield part
            part, length = [], 0
        part.append(code)
        length += cost
    if part:
        yield part


def stations(provider: HubEau, codes: Iterable[str], departements: Iterable[str]) -> pa.Table:
    """Return the stations of a list of codes BSS and of departments, once each, in the order of their codes."""
    answers = [provider.ask("stations", code_bss=",".join(part)) for part in chunks(codes)]
    answers += [provider.ask("stations", code_departement=departement) for departement in departements]
    return distinct(answers, "stations", "code_bss")


def empty_rows(operation: str) -> pa.Table:
    """Return no row of an operation, with the columns of its rows."""
    record = OPERATIONS[operation].record
    return new_fields_as_text(pa.schema(list(record)).empty_table(), record)


def distinct(answers: list[Answer], operation: str, key: str) -> pa.Table:
    """Return the rows of some answers, once each, in the order of their key."""
    rows = pa.concat_tables([empty_rows(operation), *(answer.rows for answer in answers)], promote_options="permissive")
    position = pa.array(range(rows.num_rows), pa.int64())
    first = rows.append_column("position", position).group_by(key).aggregate([("position", "min")])
    return rows.take(first.sort_by(key)["position_min"])


def all_stations(provider: HubEau) -> pa.Table:
    """Return every station: in one answer, or department by department when there are more than it holds."""
    answer = provider.ask("stations")
    return answer.rows if answer.count <= CAP else stations(provider, (), DEPARTEMENTS)


def chroniques(
    provider: HubEau, codes: list[str], since: date, until: date, operation: str = "chroniques"
) -> Iterator[pa.Table]:
    """Yield the measures of stations from `since` to `until`, both included: daily ones, or those of `chroniques_tr`.

    A question with more than `CAP` rows is cut in two: by stations, then by dates.
    """
    after = date.fromordinal(until.toordinal() + 1)  # the provider stops at 00:00 of the last date
    answer = provider.ask(
        operation,
        code_bss=",".join(codes),
        date_debut_mesure=since.isoformat(),
        date_fin_mesure=after.isoformat(),
        sort="asc",
    )
    if answer.count <= CAP:
        days = answer.rows["date_mesure"]
        beyond = pc.and_(pc.match_substring_regex(days, r"^\d{4}-\d{2}-\d{2}"), pc.greater(days, f"{until}T~"))
        yield answer.rows.filter(pc.invert(pc.fill_null(beyond, False)))
    elif len(codes) > 1:
        yield from chroniques(provider, codes[: len(codes) // 2], since, until, operation)
        yield from chroniques(provider, codes[len(codes) // 2 :], since, until, operation)
    else:
        middle = date.fromordinal((since.toordinal() + until.toordinal()) // 2)
        yield from chroniques(provider, codes, since, middle, operation)
        yield from chroniques(provider, codes, date.fromordinal(middle.toordinal() + 1), until, operation)
