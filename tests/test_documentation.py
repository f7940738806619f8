"""The documents name every setting with its default, every column of the register, and no file that is missing."""

import re
from pathlib import Path
from typing import Any

import pytest

from api.models.sim2 import Sim2Variables
from api.models.user import user_metadata
from api.settings import PREFIX as API_PREFIX
from api.settings import Settings as ApiSettings
from ingestion.settings import PREFIX, ROOT, Settings
from ingestion.sources.meteo.sim2_csv import VARIABLES

LONGEST_TABLE = 25  # lines, in README
README = (ROOT / "README.md").read_text()
SETTINGS = {
    name: default.strip()
    for names, default in re.findall(r"^\| (`[^|]+`) \| ([^|]+) \|.*\|$", (ROOT / "docs/settings.md").read_text(), re.M)
    for name in re.findall(r"`([^`]+)`", names)
}
FIELDS = [
    pytest.param(field.validation_alias or prefix + name.upper(), field.default, id=f"{prefix}{name}")
    for settings, prefix in ((Settings, PREFIX), (ApiSettings, API_PREFIX))
    for name, field in settings.model_fields.items()
]


@pytest.mark.parametrize(("variable", "default"), FIELDS)
def test_a_setting_is_documented_with_its_default(variable: str, default: Any) -> None:
    assert variable in SETTINGS
    if isinstance(default, int | float) and not isinstance(default, bool) and not variable.startswith("PG"):
        assert SETTINGS[variable] == f"`{default}`"


def test_no_document_is_longer_than_it_is_read() -> None:
    tables = re.findall(r"(?:^\|.*\n)+", README, re.M)
    assert max(table.count("\n") for table in tables) <= LONGEST_TABLE


def test_the_register_of_processing_is_true_to_the_tables() -> None:
    """Both ways: a column that lands is named with its purpose and its end, and none is named that is gone."""
    text = (ROOT / "docs/rgpd.md").read_text()
    table = text.partition("| data | where | why | how long |")[2].partition("\n\n")[0]
    named = {
        (where.strip(" `"), column)
        for _, data, where, why, how_long, _ in (line.split("|") for line in table.splitlines()[2:])
        for column in re.findall(r"`(\w+)`", data)
        if why.strip() and how_long.strip()
    }
    assert named == {(table.fullname, column.name) for table in user_metadata.sorted_tables for column in table.c}


def test_the_api_and_the_collection_name_the_same_variables() -> None:
    assert tuple(Sim2Variables.model_fields) == VARIABLES


def test_no_document_names_a_missing_file() -> None:
    documents = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *Path(ROOT / "docs").rglob("*.md"))
    for document in documents:
        # what a reader of the guide is told to make
        there = re.sub(r"[Nn]ew file\s`[^`]+`", "", document.read_text())
        for word in there.replace("`", " ").split():
            if word.startswith(("docs/", "dbt_project/models/")) and "{" not in word and "<" not in word:
                assert (ROOT / word.rstrip(".,:;")).exists() or "NNNN" in word, word
