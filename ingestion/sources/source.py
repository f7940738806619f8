"""What a source declares: where its data stand in the lake, its raw tables, and how it is read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa

from ingestion.control.followed import list_file
from ingestion.providers.data_gouv import RemoteFile
from ingestion.providers.hubeau import HubEau
from ingestion.report import Options, Reporter
from ingestion.settings import Settings

INSTANT = pa.timestamp("us", "UTC")
_DELETE_INSERT = {"disposition": "merge", "strategy": "delete-insert"}
STATIONS = "stations"  # the piece that is the list of the stations


@dataclass(frozen=True)
class Keyed:
    """A package replaces the rows with the same key. Of several in one load, the highest `newest` stands."""

    key: tuple[str, ...]
    newest: str = ""

    @property
    def hints(self) -> dict[str, Any]:
        """dlt's hints of the raw table."""
        sort = {"columns": {self.newest: {"dedup_sort": "desc"}}} if self.newest else {}
        return {"write_disposition": _DELETE_INSERT, "primary_key": self.key, **sort}


@dataclass(frozen=True)
class Scope:
    """A package replaces the rows that meet a condition, in the transaction of the insert."""

    condition: str

    @property
    def hints(self) -> dict[str, Any]:
        """dlt's hints of the raw table."""
        return {"write_disposition": _DELETE_INSERT | {"destination_scope": self.condition}}


SAME_FILE = Scope("nom_du_fichier = (SELECT nom_du_fichier FROM {staging_table} LIMIT 1)")
SAME_PACKAGE = Scope("paquet IN (SELECT paquet FROM {staging_table})")


@dataclass(frozen=True)
class Window:
    """A reading replaces the rows of the same series (`keys`) from its start (lu_depuis) on."""

    keys: tuple[str, ...]
    instant: str

    @property
    def hints(self) -> dict[str, Any]:
        """dlt's hints of the raw table."""
        keys = ", ".join(self.keys)
        same = " AND ".join(f"lu.{key} = {{table}}.{key}" for key in self.keys)
        return Scope(
            f"EXISTS (SELECT 1 FROM (SELECT {keys}, min(lu_depuis) AS depuis FROM {{staging_table}} GROUP BY {keys}) "
            f"AS lu WHERE {same} AND {{table}}.{self.instant} >= lu.depuis)"
        ).hints


@dataclass(frozen=True)
class RawTable:
    """A raw table: its columns as stored, what a package replaces in it, and the columns of its index."""

    columns: pa.Schema
    replaces: Keyed | Scope | Window = SAME_PACKAGE
    index: tuple[str, ...] = ()


def texts(*names: str) -> pa.Schema:
    """Return columns of text."""
    return pa.schema([(name, pa.string()) for name in names])


# The records of a source that has no columns of its own in them. A record carries its package.
RECORDS = {
    "rejet": RawTable(texts("motif", "reference", "texte", "paquet")),
    "lecture": RawTable(
        pa.schema(
            {
                "paquet": pa.string(),
                "url": pa.string(),
                "modifie_le": INSTANT,
                "lignes": pa.int64(),
                "refusees": pa.int64(),
                "colonnes_nouvelles": pa.string(),
                "lu_le": INSTANT,
            }
        )
    ),
}


@dataclass
class Collecting:
    """A collection under way: its settings, the owner's connection, what the operator asked, where to report."""

    settings: Settings
    connection: psycopg.Connection
    options: Options
    reporter: Reporter

    def resource(self, domain: str, name: str, resource: str, last_year: int | None = None) -> RemoteFile:
        """Return a file of data.gouv.fr by the id of its resource, and note it in control.source_fichier."""
        url = f"{self.settings.data_gouv_url}/fr/datasets/r/{resource}"
        list_file(self.connection, domain, name, url, last_year)
        return RemoteFile(name, url)


@dataclass(frozen=True)
class Retention:
    """How long values stay in the raw schema one by one.

    `days` reads the setting, `instants` names the column by raw table (lecture included), `marts` what keeps them.
    """

    days: Callable[[Settings], int]
    instants: dict[str, str]
    marts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A domain: its folder in the lake (container/folder), its raw tables, and the producers the licence names.

    Packages are loaded one by one, or about `rows_at_once` rows at once where they are many and small. `state` is the
    name under which the lake remembers the pieces; the domain when empty.
    """

    domain: str
    folder: str
    producers: str
    tables: dict[str, RawTable]
    rows_at_once: int = 0
    retention: Retention | None = None
    state: str = ""

    @property
    def schema(self) -> str:
        """Schema of the raw tables."""
        return f"raw_{self.domain}"

    @property
    def state_name(self) -> str:
        """Name of the dlt source."""
        return self.state or self.domain


@dataclass(frozen=True)
class Parsed:
    """A file as read: tables (Arrow, or Parquet files) by raw table, their rows, and the lines refused.

    `figures` are remembered and compared by the guards (ingestion/control/guards.py), as the rows are; `reading`
    are the columns of `lecture` that the domain adds.
    """

    tables: dict[str, pa.Table | list[Path]]
    rows: int
    refused: pa.Table = field(default_factory=RECORDS["rejet"].columns.empty_table)
    figures: dict[str, Any] = field(default_factory=dict)
    reading: dict[str, Any] = field(default_factory=dict)
    new_columns: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FileSource(Source):
    """A source of files, each kept when its version changed; see collect_files.

    `selection` is what of the settings chooses the lines: a change of it reads a file again.
    """

    wanted: Callable[[Collecting], Iterable[RemoteFile]]
    parse: Callable[[Path, RemoteFile, Settings], Parsed]
    partition: Callable[[RemoteFile], str] = lambda file: str(datetime.now(UTC).year)
    selection: Callable[[Settings], dict[str, Any] | None] = lambda settings: None


@dataclass(frozen=True)
class Series:
    """What is read of one station: from a day or an instant on, about how many rows, and whether that is all of it."""

    code: str
    since: Any  # a date (piezometrie) or an instant (capteurs)
    expected: int
    complete: bool = False
    quantity: str = ""

    @property
    def key(self) -> str:
        """Name of the piece in the lake's memory."""
        return f"{self.code} {self.quantity}".rstrip()


@dataclass(frozen=True)
class Stations:
    """The stations followed, by raw table, and those refused; a package is made when one of `compared` changed."""

    tables: dict[str, pa.Table]
    refused: pa.Table
    compared: tuple[pa.Table, ...]
    missing: tuple[str, ...]
    new_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """What an answer has that the lake has not: tables by raw table, and the pieces to remember (None: forget)."""

    tables: dict[str, pa.Table]
    pieces: dict[str, Any]
    rows: int
    stations: dict[str, int] = field(default_factory=dict)
    new_columns: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SeriesSource(Source):
    """A source of series by station, asked of Hub'Eau; see collect_series.

    Series of one request begin within `spread`, and have `rows_per_request` rows in all where that is bounded.
    """

    stations: Callable[[Collecting, HubEau], Stations]
    plan: Callable[[Stations, dict[str, Any], Collecting, datetime], Iterable[Series]]
    ask: Callable[[HubEau, list[Series], datetime], pa.Table]
    read: Callable[[pa.Table, list[Series], dict[str, Any], Collecting, datetime], Reading]
    title: Callable[[list[Series]], str]
    spread: Callable[[Settings], timedelta]
    rows_per_request: int | None = None
    lost_since: Callable[[dict[str, Any], datetime], tuple[datetime, datetime] | None] = lambda known, now: None
    expects_values: Callable[[dict[str, Any] | None, datetime], bool] = lambda piece, now: False
