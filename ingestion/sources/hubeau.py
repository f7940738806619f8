"""Hub'Eau, niveaux_nappes v1: questions asked, answers read as Arrow tables."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc
from pyrate_limiter import Duration, Limiter, Rate

from ingestion.errors import GuardError, SourceError
from ingestion.sources import http
from ingestion.sources.niveaux_nappes import CHRONIQUE, STATION, new_fields_as_text, read_as_text, read_envelope

PATH = "/api/v1/niveaux_nappes"
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


@dataclass(frozen=True)
class Answer:
    """The rows of one answer, and how many rows the question has in all."""

    count: int
    rows: pa.Table


@dataclass(frozen=True)
class HubEau:
    """The provider at an address, at the pace kept with it; `accept` lets doubtful answers through.

    Raises SourceError for an answer that is not Hub'Eau's envelope; GuardError for one with fewer rows than it
    announces, after other tries, or with a field of another type.
    """

    base_url: str
    limiter: Limiter | None = None
    accept: bool = False

    def ask(self, operation: str, **parameters: str | int) -> Answer:
        """Ask for the first `CAP` rows of an operation, `stations` or `chroniques`."""
        url = f"{self.base_url}{PATH}/{operation}?" + _query(parameters | {"size": CAP})
        record = STATION if operation == "stations" else CHRONIQUE
        try:
            return self._ask(url, record, self.accept)
        except IncompleteError as error:
            if self.accept:
                return error.answer
            raise GuardError(str(error)) from None

    @http.persistent
    def _ask(self, url: str, record: pa.StructType, accept: bool) -> Answer:
        if self.limiter:
            self.limiter.try_acquire("hubeau")
        body = http.json_body(http.get_once(url)).replace(b"\\u0000", b"")  # PostgreSQL's text has no NUL
        try:
            envelope = read_envelope(body, record)
        except pa.ArrowInvalid as error:
            if "changed from" not in str(error) or b'"data"' not in body:
                raise SourceError(f"{url} did not answer Hub'Eau's envelope ({error}); nothing was kept") from None
            if not accept:
                raise GuardError(f"{url}: {error}") from None
            return Answer(*read_as_text(body, record))
        count = envelope["count"][0].as_py() if "count" in envelope.column_names else None
        if count is None:
            raise SourceError(f"{url} answered without `count`; nothing was kept")
        rows = new_fields_as_text(pa.Table.from_struct_array(pc.list_flatten(envelope["data"])), record)
        if rows.num_rows != min(count, CAP):
            raise IncompleteError(url, Answer(count, rows))
        return Answer(count, rows)


class IncompleteError(http.TransientError):
    """An answer with another number of rows than it announces."""

    def __init__(self, url: str, answer: Answer) -> None:
        super().__init__(f"{url} announced {answer.count} rows and sent {answer.rows.num_rows}")
        self.answer = answer


def pace(requests_per_second: int) -> Limiter | None:
    """Return the limiter of a pace, None for no limit."""
    return Limiter(Rate(requests_per_second, Duration.SECOND)) if requests_per_second else None


def _query(parameters: dict[str, str | int]) -> str:
    return "&".join(f"{name}={quote(str(value), safe=',')}" for name, value in parameters.items())


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
    none = new_fields_as_text(pa.schema(list(STATION)).empty_table(), STATION)
    tables = [none, *(answer.rows for answer in answers)]
    rows = pa.concat_tables(tables, promote_options="permissive")
    position = pa.array(range(rows.num_rows), pa.int64())
    first = rows.append_column("position", position).group_by("code_bss").aggregate([("position", "min")])
    return rows.take(first.sort_by("code_bss")["position_min"])


def all_stations(provider: HubEau) -> pa.Table:
    """Return every station: in one answer, or department by department when there are more than it holds."""
    answer = provider.ask("stations")
    return answer.rows if answer.count <= CAP else stations(provider, (), DEPARTEMENTS)


def chroniques(provider: HubEau, codes: list[str], since: date, until: date) -> Iterator[pa.Table]:
    """Yield the measures of stations from `since` to `until`, both included.

    A question with more than `CAP` rows is cut in two: by stations, then by dates.
    """
    after = date.fromordinal(until.toordinal() + 1)  # the provider stops at 00:00 of the last date
    answer = provider.ask(
        "chroniques",
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
        yield from chroniques(provider, codes[: len(codes) // 2], since, until)
        yield from chroniques(provider, codes[len(codes) // 2 :], since, until)
    else:
        middle = date.fromordinal((since.toordinal() + until.toordinal()) // 2)
        yield from chroniques(provider, codes, since, middle)
        yield from chroniques(provider, codes, date.fromordinal(middle.toordinal() + 1), until)
