"""`hydrotheque export`: a table as a file."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.upkeep import export as exports
from ingestion.settings import get_settings
from ingestion.warehouse import initialise, open_warehouse

app = typer.Typer()


class ExportFormat(StrEnum):
    """A format of an exported table."""

    PARQUET = "parquet"
    CSV = "csv"

    @classmethod
    def of(cls, output: Path | None) -> "ExportFormat":
        """Return the format of a file's suffix; Parquet by default."""
        return cls.CSV if output and output.suffix.lower() == ".csv" else cls.PARQUET


@app.command()
def export(
    table: Annotated[str, typer.Argument(help="A table of marts or snapshots")],
    format_: Annotated[ExportFormat | None, typer.Option("--format", help="Defaults to the suffix of OUTPUT")] = None,
    output: Annotated[Path | None, typer.Option(help="Defaults to TABLE.parquet or TABLE.csv in this folder")] = None,
) -> None:
    """Write a table to a Parquet or csv file, with its licence, producers and columns beside it."""
    settings = get_settings()
    initialise(settings, open_warehouse(settings))
    done = exports.export(settings, table, (format_ or ExportFormat.of(output)).value, output)
    size = done.file.stat().st_size / 1e6
    typer.echo(f"{done.table}: {done.rows:,} rows, {size:,.1f} MB in {done.file}; licence and columns in {done.note}")
