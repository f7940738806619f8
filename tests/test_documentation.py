"""README names every setting, and the two lists of SIM2's variables agree."""

from pathlib import Path

import pytest

from api.models.sim2 import Sim2Variables
from api.settings import PREFIX as API_PREFIX
from api.settings import Settings as ApiSettings
from ingestion.settings import PREFIX, ROOT, Settings
from ingestion.sources.sim2_csv import VARIABLES

README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_is_documented(name: str) -> None:
    variable = Settings.model_fields[name].validation_alias or PREFIX + name.upper()
    assert f"`{variable}`" in README


@pytest.mark.parametrize("name", ApiSettings.model_fields)
def test_a_setting_of_the_api_is_documented(name: str) -> None:
    variable = ApiSettings.model_fields[name].validation_alias or API_PREFIX + name.upper()
    assert f"`{variable}`" in README


def test_the_api_and_the_collection_name_the_same_variables() -> None:
    assert tuple(Sim2Variables.model_fields) == VARIABLES


def test_no_document_names_a_missing_file() -> None:
    for document in (README, *(path.read_text() for path in Path(ROOT / "docs").rglob("*.md"))):
        for word in document.replace("`", " ").split():
            if word.startswith(("docs/", "dbt_project/models/")) and "{" not in word and "<" not in word:
                assert (ROOT / word.rstrip(".,:;")).exists(), word
