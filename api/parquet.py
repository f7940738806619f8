"""A query's rows as Parquet: `python -m api.parquet`, what is wanted on stdin as JSON, the file on stdout.

A process of its own: Arrow's libraries and buffers are not the API's to carry, encoding takes no time from other
requests, and to end it is to end its connection. libpq's variables say where PostgreSQL is.
"""

import io
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from typing_extensions import Buffer

ROWS_OF_A_GROUP = 50_000
_BATCH_BYTES = 2_000_000


class _Pipe(io.RawIOBase):
    """Standard output, with the place in the file that a pipe does not know."""

    def __init__(self) -> None:
        self._place = 0

    def writable(self) -> bool:
        return True

    def write(self, data: "Buffer") -> int:
        written = sys.stdout.buffer.write(data)
        self._place += written
        return written

    def tell(self) -> int:
        return self._place

    def flush(self) -> None:
        sys.stdout.buffer.flush()


def _groups(batches: pa.RecordBatchReader) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(each.num_rows for each in held) >= ROWS_OF_A_GROUP:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)


def write(query: str, metadata: dict[str, str]) -> None:
    """Write the file, a group of rows as soon as it is full."""
    with adbc.connect("postgresql://", autocommit=True) as connection, connection.cursor() as cursor:
        cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(_BATCH_BYTES)})
        cursor.execute(query)
        batches = cursor.fetch_record_batch()
        schema = batches.schema.with_metadata(metadata)
        with _Pipe() as pipe, pq.ParquetWriter(pipe, schema, compression="zstd") as writer:
            for group in _groups(batches):
                writer.write_table(group.replace_schema_metadata(metadata))


def main() -> None:
    """Write what is wanted; an error is one line on stderr, its SQLSTATE first, and exit code 1."""
    try:
        write(**json.load(sys.stdin))
    except BrokenPipeError:
        sys.exit(1)  # nobody reads any more
    except (adbc.Error, OSError, pa.ArrowException) as error:
        text = str(error).strip().splitlines()[0]
        sys.stderr.write(f"{getattr(error, 'sqlstate', None) or '-'} {text}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
