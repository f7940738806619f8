"""What enters the lake: a package by dlt, with its own name in its rows, and what the lake remembers of it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import dlt
import pyarrow as pa
import pyarrow.parquet as pq
from dlt.common.storages.load_package import load_package_state
from dlt.extract import DltResource
from dlt.pipeline.exceptions import PipelineStepFailed

from ingestion.errors import HydrothequeError
from ingestion.lake.packages import Lake
from ingestion.providers.data_gouv import RemoteFile
from ingestion.sources.source import FileSource, Parsed, Source

Content: TypeAlias = "pa.Table | list[Path]"


def write(pipeline: dlt.Pipeline, source: Any) -> None:
    """Run a dlt pipeline over Arrow tables and Parquet files.

    Raises the error of our own at the bottom of dlt's, or HydrothequeError with the last cause in one line.
    """
    try:
        pipeline.run(source, loader_file_format="parquet")
    except PipelineStepFailed as error:
        cause: BaseException = error
        while cause.__cause__ is not None and not isinstance(cause, HydrothequeError):
            cause = cause.__cause__
        if isinstance(cause, HydrothequeError):
            raise cause from None
        raise HydrothequeError(f"{pipeline.pipeline_name}: {' '.join(str(cause).split())}") from error


def known_pieces(pipeline: dlt.Pipeline, source: str, lake: Lake) -> dict[str, Any]:
    """Return what the lake remembers of each piece (file, station) that `source` has read."""
    lake.forget_incomplete()
    pipeline.sync_destination()
    pieces: dict[str, Any] = pipeline.state.get("sources", {}).get(source, {}).get("pieces", {})
    return pieces


def write_file(
    pipeline: dlt.Pipeline, source: FileSource, file: RemoteFile, parsed: Parsed, piece: dict[str, Any]
) -> None:
    """Write a file as one package: its tables, the lines refused, and the record of the reading."""
    record = {
        "url": file.url,
        "modifie_le": file.modified,
        "longueur": file.length,
        "etag": file.etag,
        "lignes": parsed.rows,
        "refusees": parsed.refused.num_rows,
        "colonnes_nouvelles": ",".join(parsed.new_columns),
    }
    types = {each.name: each.type for each in source.tables["lecture"].columns}
    record = {name: value for name, value in (record | parsed.reading).items() if name in types}
    reading = pa.Table.from_pylist([record], schema=pa.schema({name: types[name] for name in record}))
    tables = {**parsed.tables, "rejet": parsed.refused, "lecture": reading}
    write_package(pipeline, source, tables, {file.name: piece}, nom_du_fichier=file.name)


def write_package(
    pipeline: dlt.Pipeline, source: Source, tables: Mapping[str, Content], remembered: dict[str, Any], **stamps: str
) -> None:
    """Write tables (Arrow, or Parquet files as they are) as one package, with what the lake remembers of its pieces."""

    def items(name: str, content: Content) -> Iterator[Any]:
        remember(remembered)
        if isinstance(content, list):
            yield from imported(content)
        elif content.num_rows:
            yield stamped(source, name, content, **stamps)

    @dlt.source(name=source.state_name)
    def package() -> Iterator[DltResource]:
        for name, content in tables.items():
            yield dlt.resource(items, name=name, write_disposition="append")(name, content)

    write(pipeline, package())


def stamped(source: Source, name: str, table: pa.Table, **stamps: str) -> Any:
    """Return the rows of a raw table as a dlt item, with the columns of the package: `paquet`, `lu_le`, `stamps`."""
    given = {"paquet": load_package_state()["load_id"], "lu_le": datetime.now(UTC), **stamps}
    for column in source.tables[name].columns:
        if column.name in given and column.name not in table.column_names:
            table = table.append_column(column.name, pa.array([given[column.name]] * table.num_rows, column.type))
    return dlt.mark.with_table_name(table, name)


def pieces() -> dict[str, Any]:
    """Return what the lake remembers of each piece, inside a dlt resource: dlt writes it with the package."""
    found: dict[str, Any] = dlt.current.source_state().setdefault("pieces", {})
    return found


def remember(new: dict[str, Any]) -> None:
    """Note pieces and their package in the lake's memory, inside a dlt resource; a piece that is None is forgotten."""
    package, known = load_package_state()["load_id"], pieces()
    for name, piece in new.items():
        if piece is None:
            known.pop(name, None)
        else:
            known[name] = {**piece, "paquet": package} if isinstance(piece, dict) else piece


def imported(files: list[Path]) -> Iterator[Any]:
    """Yield the dlt items that take Parquet files of one table into a package as they are."""
    schema = nullable_schema(files)
    for path in files:
        if rows := pq.read_metadata(path).num_rows:
            yield dlt.mark.with_file_import(str(path), "parquet", rows, hints=schema.empty_table())


def nullable_schema(files: list[Path]) -> pa.Schema:
    """Return the columns of a table's files, all nullable: no null in one file says nothing about the next."""
    schema = pa.unify_schemas([pq.read_schema(path) for path in files])
    return pa.schema([field.with_nullable(True) for field in schema])
