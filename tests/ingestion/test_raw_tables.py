"""The raw tables that are made before anything is collected are those that ingestion stores."""

from pathlib import Path
from typing import Any

import pytest
from fsspec.core import url_to_fs

from ingestion.lake import nullable_schema, open_lake
from ingestion.sources import SOURCES


@pytest.mark.parametrize("domain", SOURCES)
def test_a_raw_table_has_the_columns_and_types_of_its_files(warehouse: Any, domain: str) -> None:
    lake = open_lake(warehouse.settings, domain)
    files: dict[str, list[Path]] = {}
    for tables in lake.files_of(lake.complete_packages()).values():
        for table, urls in tables.items():
            files.setdefault(table, []).extend(Path(url_to_fs(url)[1]) for url in urls)
    assert files
    for table, paths in files.items():
        stored = {field.name: field.type for field in nullable_schema(paths)}
        made = {field.name: field.type for field in SOURCES[domain].tables[table].columns}
        assert {name: stored.get(name) for name in made} == made, table
        assert stored.keys() - made.keys() <= {"geometry"}  # repeats x and y: taken along like any field that is new
