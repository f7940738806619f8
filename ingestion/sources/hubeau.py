"""Hub'Eau, niveaux_nappes v1: questions asked, answers read as Arrow tables."""

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as pj
from pyrate_limiter import Duration, Limiter, Rate

from ingestion.errors import GuardError, SourceError
from ingestion.sources import http
from ingestion.sources.coordinates import LAMBERT2, WGS84, convert

PATH = "/api/v1/niveaux_nappes"
UNREADABLE = "enregistrement_illisible"
CAP = 20_000  # page x size may not pass it: one page of this size, or the question is cut
URL_LENGTH = 2_083
ALL = ("all",)
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

STATION = pa.struct(
    [(name, pa.string()) for name in ("code_bss", "urn_bss", "date_debut_mesure", "date_fin_mesure")]
    + [(name, pa.string()) for name in ("code_commune_insee", "nom_commune")]
    + [("x", pa.float64()), ("y", pa.float64())]
    + [(name, pa.list_(pa.string())) for name in ("codes_bdlisa", "urns_bdlisa")]
    + [("bss_id", pa.string()), ("altitude_station", pa.string()), ("nb_mesures_piezo", pa.int64())]
    + [(name, pa.string()) for name in ("code_departement", "nom_departement", "libelle_pe")]
    + [("profondeur_investigation", pa.float64())]
    + [(name, pa.list_(pa.string())) for name in ("codes_masse_eau_edl", "noms_masse_eau_edl", "urns_masse_eau_edl")]
    + [("date_maj", pa.string())]
)
CHRONIQUE = pa.struct(
    [(name, pa.string()) for name in ("code_bss", "urn_bss", "date_mesure")]
    + [("timestamp_mesure", pa.int64()), ("niveau_nappe_eau", pa.float64()), ("profondeur_nappe", pa.float64())]
    + [
        (name, pa.string())
        for name in (
            "mode_obtention",
            "statut",
            "qualification",
            "code_continuite",
            "nom_continuite",
            "code_producteur",
            "nom_producteur",
            "code_nature_mesure",
            "nom_nature_mesure",
        )
    ]
)
REJET = pa.schema([(name, pa.string()) for name in ("objet", "reference", "motif", "texte")])


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
        body = http.json_body(http.get_once(url))
        try:
            envelope = _read(body, record)
        except pa.ArrowInvalid as error:
            if "changed from" not in str(error) or b'"data"' not in body:
                raise SourceError(f"{url} did not answer Hub'Eau's envelope ({error}); nothing was kept") from None
            if not accept:
                raise GuardError(f"{url}: {error}") from None
            return _read_as_text(body, record)
        count = envelope["count"][0].as_py() if "count" in envelope.column_names else None
        if count is None:
            raise SourceError(f"{url} answered without `count`; nothing was kept")
        rows = pa.Table.from_struct_array(pc.list_flatten(envelope["data"]))
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


def _read(body: bytes, record: pa.StructType) -> pa.Table:
    """Read an envelope; the fields of the record have its types, and new ones are inferred."""
    schema = pa.schema([("count", pa.int64()), ("data", pa.list_(record))])
    return pj.read_json(
        io.BytesIO(body),
        read_options=pj.ReadOptions(use_threads=False, block_size=len(body) + 1),
        parse_options=pj.ParseOptions(
            explicit_schema=schema, newlines_in_values=True, unexpected_field_behavior="infer"
        ),
    )


def _read_as_text(body: bytes, record: pa.StructType) -> Answer:
    """Read an envelope whose fields have other types: a value that cannot be one of the type is null.

    The record such a value stands in is kept as text in the column `UNREADABLE`, for which it is refused.
    """
    nested = {field.name for field in record if pa.types.is_list(field.type)}
    texts = json.dumps([{field.name: ["VARCHAR"] if field.name in nested else "VARCHAR" for field in record}])
    types = {"double": "DOUBLE", "int64": "BIGINT"}
    casts = {f.name: f'TRY_CAST(r."{f.name}" AS {types[str(f.type)]})' for f in record if str(f.type) in types}
    columns = ", ".join(f'{casts.get(f.name, f"r.{f.name}")} AS "{f.name}"' for f in record)
    failed = " OR ".join(f'(r."{name}" IS NOT NULL AND {cast} IS NULL)' for name, cast in casts.items())
    query = f"""SELECT {columns}, CASE WHEN {failed} THEN to_json(r)::VARCHAR END AS {UNREADABLE}
        FROM (SELECT unnest(from_json(json_extract($body::JSON, '$.data'), $texts)) AS r)"""
    with duckdb.connect() as db:
        rows = db.sql(query, params={"body": body.decode(), "texts": texts}).to_arrow_table()
    return Answer(json.loads(body)["count"], rows)


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


def stations(provider: HubEau, codes: tuple[str, ...], departements: tuple[str, ...]) -> pa.Table:
    """Return the stations of a list of codes BSS (`ALL` for every one) and of departments, once each."""
    answers = [provider.ask("stations", code_bss=",".join(part)) for part in chunks(codes) if codes != ALL]
    if codes == ALL:
        everything = provider.ask("stations")
        if everything.count <= CAP:
            answers = [everything]
        else:
            departements = DEPARTEMENTS
    answers += [provider.ask("stations", code_departement=departement) for departement in departements]
    tables = [pa.schema(list(STATION)).empty_table(), *(answer.rows for answer in answers)]
    rows = pa.concat_tables(tables, promote_options="permissive")
    position = pa.array(range(rows.num_rows), pa.int64())
    first = rows.append_column("position", position).group_by("code_bss").aggregate([("position", "min")])
    return rows.take(first["position_min"].sort())


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
        within = pc.less_equal(answer.rows["date_mesure"], until.isoformat())
        yield answer.rows.filter(pc.fill_null(within, True))
    elif len(codes) > 1:
        yield from chroniques(provider, codes[: len(codes) // 2], since, until)
        yield from chroniques(provider, codes[len(codes) // 2 :], since, until)
    else:
        middle = date.fromordinal((since.toordinal() + until.toordinal()) // 2)
        yield from chroniques(provider, codes, since, middle)
        yield from chroniques(provider, codes, date.fromordinal(middle.toordinal() + 1), until)


def typed_stations(rows: pa.Table) -> pa.Table:
    """Give stations their types: dates, an instant of update, nested values as JSON text, Lambert II étendu metres.

    A date that cannot be read is null: the station is kept.
    """
    rows = nested_as_text(rows)
    for name in ("date_debut_mesure", "date_fin_mesure"):
        rows = _replace(rows, name, _date(rows[name]))
    rows = _replace(rows, "date_maj", _instant_of_update(rows["date_maj"]))
    x, y = convert(rows["x"].combine_chunks(), rows["y"].combine_chunks(), WGS84, LAMBERT2)
    return rows.append_column("x_lambert2", x).append_column("y_lambert2", y)


def typed_chroniques(rows: pa.Table, asked: list[str]) -> tuple[pa.Table, pa.Table]:
    """Give measures a real date; return them, and those refused (schema REJET): no date, or a station not asked for."""
    rows = nested_as_text(rows)
    days = _date(rows["date_mesure"])
    usable = pc.and_(days.is_valid(), pc.is_in(rows["code_bss"], pa.array(asked, pa.string())))
    if UNREADABLE in rows.column_names:
        usable = pc.and_(usable, rows[UNREADABLE].is_null())
    else:
        rows = rows.append_column(UNREADABLE, pa.nulls(rows.num_rows, pa.string()))
    kept = _replace(rows, "date_mesure", days).filter(usable).drop_columns([UNREADABLE])
    bad = rows.filter(pc.invert(usable))
    if not bad.num_rows:
        return kept, REJET.empty_table()
    with duckdb.connect() as db:
        db.register("bad", bad)
        query = f"""SELECT 'chroniques' AS objet, concat_ws(' ', code_bss, date_mesure) AS reference,
            CASE WHEN {UNREADABLE} IS NOT NULL THEN 'value of another type'
                WHEN code_bss IS NULL THEN 'code_bss missing'
                WHEN TRY_CAST(date_mesure AS DATE) IS NULL THEN 'date_mesure unreadable'
                ELSE 'station not asked for' END AS motif,
            coalesce({UNREADABLE}, to_json(bad)::VARCHAR) AS texte FROM bad"""
        return kept, db.sql(query).to_arrow_table().cast(REJET)


def nested_as_text(rows: pa.Table) -> pa.Table:
    """Write lists and structures, which a provider may add at any time, as JSON text."""
    nested = [field.name for field in rows.schema if pa.types.is_nested(field.type) or pa.types.is_null(field.type)]
    if not nested:
        return rows
    with duckdb.connect() as db:
        db.register("rows", rows)
        texts = ", ".join(f'to_json("{name}")::VARCHAR AS "{name}"' for name in nested)
        return db.sql(f"SELECT * REPLACE ({texts}) FROM rows").to_arrow_table()


def _replace(rows: pa.Table, name: str, values: pa.ChunkedArray) -> pa.Table:
    return rows.set_column(rows.schema.get_field_index(name), name, values)


def _date(text: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.strptime(text, format="%Y-%m-%d", unit="s", error_is_null=True).cast(pa.date32())


def _instant_of_update(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Read `Fri Jun 28 07:31:38 CEST 2024` as an instant; anything else is null."""
    parts = pc.extract_regex(text, r"^\w{3} (?P<day>\w{3} +\d+ [\d:]+) (?P<zone>CEST|CET|UTC|GMT) (?P<year>\d{4})$")
    moment = pc.binary_join_element_wise(pc.struct_field(parts, "day"), pc.struct_field(parts, "year"), " ")
    local = pc.strptime(moment, format="%b %d %H:%M:%S %Y", unit="us", error_is_null=True)
    zone = pc.struct_field(parts, "zone")
    hours = pc.if_else(pc.equal(zone, "CEST"), 2, pc.if_else(pc.equal(zone, "CET"), 1, 0))
    seconds = pc.multiply(hours, 3600).cast(pa.duration("s"))
    return pc.subtract(local, seconds.cast(pa.duration("us"))).cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
