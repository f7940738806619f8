"""A csv that is read as it comes, from a zip or a file, by DuckDB through a pipe: every column as text.

Nothing is unpacked to disk, and memory does not grow with the file. Lines that DuckDB cannot read (columns missing or
too many, an open quote, bytes that are not UTF-8) are refused with their text.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import duckdb
import pyarrow as pa

from ingestion.errors import SourceError

BLOCK = 1 << 20
MOST_REFUSED = 100_000  # what DuckDB notes of the lines it refuses; more is another file, not a few bad lines

# An error a column: of a line without its last three, one row.
_REFUSED = """
    SELECT line::BIGINT + 1 AS ligne, arg_min(column_name, column_idx) AS colonne,
        lower(arg_min(error_type::VARCHAR, column_idx)) AS motif, replace(min(csv_line), chr(0), '') AS texte
    FROM reject_errors GROUP BY line ORDER BY line
"""


def read_header(source: IO[bytes], name: str) -> tuple[list[str], str]:
    """Read the first line: the columns in lower case, and how lines end (`\\n` or `\\r\\n`).

    Raises SourceError for a line that is not UTF-8.
    """
    line = source.readline(BLOCK)
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SourceError(f"{name} is not UTF-8; the file was not kept") from None
    columns = [column.strip(' "\r\n').lower() for column in text.split(",")]
    return columns, "\\r\\n" if line.endswith(b"\r\n") else "\\n"


def check_columns(columns: Sequence[str], wanted: Sequence[str], name: str) -> None:
    """Raise SourceError naming the columns wanted that a file lacks, or one that SQL cannot name."""
    if missing := [column for column in wanted if column not in columns]:
        raise SourceError(f"{name} lacks column {', '.join(missing)}; the file was not kept")
    if unusable := [column for column in columns if not column.isidentifier() or columns.count(column) > 1]:
        raise SourceError(f"{name} has a column with no usable name: {unusable[0]!r}; the file was not kept")


@dataclass
class Feed:
    """The way of a stream to a reader that wants a path; `error` is what stopped it."""

    source: IO[bytes]
    pipe: int
    error: Exception | None = field(default=None, init=False)

    def run(self) -> None:
        """Write all of the source into the pipe, without the NULs that PostgreSQL's text cannot hold."""
        with os.fdopen(self.pipe, "wb") as pipe, suppress(BrokenPipeError):
            try:
                while block := self.source.read(BLOCK):
                    pipe.write(block.translate(None, b"\0") if b"\0" in block else block)
            except BrokenPipeError:
                raise
            except Exception as error:  # raised again where the reader can tell it from its own
                self.error = error


@contextmanager
def fed(source: IO[bytes]) -> Iterator[str]:
    """Yield a path that gives what is left of a stream, once. What went wrong with the stream is raised at the end."""
    reading, writing = os.pipe()
    feed = Feed(source, writing)
    thread = threading.Thread(target=feed.run, name="csv", daemon=True)
    thread.start()
    try:
        yield f"/dev/fd/{reading}"
    finally:
        os.close(reading)
        thread.join()
        if feed.error:
            raise feed.error


def read_texts(path: Path, name: str, needed: Sequence[str], left_out: Sequence[str] = ("",)) -> pa.Table:
    """Read a short csv: its columns as text, in its order, without those `left_out`.

    Raises SourceError for a file that is not UTF-8, lacks a column, or has a line that cannot be read.
    """
    with path.open("rb") as source, duckdb.connect() as db:
        columns, end = read_header(source, name)
        check_columns([column for column in columns if column], needed, name)
        names = [f"_{number}" if column in left_out else column for number, column in enumerate(columns)]
        with csv_errors(name), fed(source) as stream:
            rows = db.sql(f"SELECT * FROM {lines(stream, names, end)}").to_arrow_table()
        refused = refused_lines(db, name, rows.num_rows)
    if refused.num_rows:  # a list this short has no line to spare
        line = refused.slice(0, 1).to_pylist()[0]
        raise SourceError(f"{name}: line {line['ligne']} cannot be read ({line['motif']}); the file was not kept")
    return rows.select([name for name, column in zip(names, columns, strict=True) if column not in left_out])


def lines(path: str, columns: Sequence[str], end: str) -> str:
    """Return the table expression of DuckDB over a path of `fed`, all columns text, empty values null."""
    names = ", ".join(f"'{column}': 'VARCHAR'" for column in columns)
    return f"""read_csv('{path}', columns = {{{names}}}, header = false, auto_detect = false, delim = ',', quote = '"',
        escape = '"', nullstr = '', new_line = '{end}', store_rejects = true, rejects_limit = {MOST_REFUSED})"""


@contextmanager
def csv_errors(name: str) -> Iterator[None]:
    """Turn what DuckDB cannot go on from, as line ends of two kinds, into a SourceError of one line."""
    try:
        yield
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        first = str(error).splitlines()[0].removeprefix("Invalid Input Error: ")
        raise SourceError(f"{name} cannot be read as csv ({first}); the file was not kept") from None


def refused_lines(db: duckdb.DuckDBPyConnection, name: str, kept: int) -> pa.Table:
    """Return the lines that the last reading refused: ligne, colonne, motif, texte.

    Raises SourceError when more than one in a hundred are not UTF-8, as the file is in another encoding then, and when
    there are more than DuckDB notes: the others would be lost unseen.
    """
    [(encoding,)] = db.sql(
        "SELECT count(DISTINCT line) FROM reject_errors WHERE error_type::VARCHAR = 'INVALID ENCODING'"
    ).fetchall()
    if encoding * 100 > kept + encoding:
        raise SourceError(f"{name} is not UTF-8 ({encoding:,} lines of {kept + encoding:,}); the file was not kept")
    [(noted,)] = db.sql("SELECT count(*) FROM reject_errors").fetchall()
    if noted >= MOST_REFUSED:
        raise SourceError(f"{name} has {MOST_REFUSED:,} errors or more; the file was not kept")
    return db.sql(_REFUSED).to_arrow_table()
