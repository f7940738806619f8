"""README names every setting, the register of processing every column, and the two lists of SIM2's variables agree."""

import re
from pathlib import Path

import pytest

from api.models.sim2 import Sim2Variables
from api.models.user import user_metadata
from api.settings import PREFIX as API_PREFIX
from api.settings import Settings as ApiSettings
from ingestion.settings import PREFIX, ROOT, Settings
from ingestion.sources.meteo.sim2_csv import VARIABLES

README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_is_documented(name: str) -> None:
    variable = Settings.model_fields[name].validation_alias or PREFIX + name.upper()
    assert f"`{variable}`" in README


@pytest.mark.parametrize("name", ApiSettings.model_fields)
def test_a_setting_of_the_api_is_documented(name: str) -> None:
    variable = ApiSettings.model_fields[name].validation_alias or API_PREFIX + name.upper()
    assert f"`{variable}`" in README


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
    for document in (README, *(path.read_text() for path in Path(ROOT / "docs").rglob("*.md"))):
        there = re.sub(r"[Nn]ew file\s`[^`]+`", "", document)  # what a reader of the guide is told to make
        for word in there.replace("`", " ").split():
            if word.startswith(("docs/", "dbt_project/models/")) and "{" not in word and "<" not in word:
                assert (ROOT / word.rstrip(".,:;")).exists(), word
