"""What the image and compose.yaml are made of: the pins, what is copied, the secrets, the gates."""

import re
from pathlib import Path

import pytest
import yaml

from api.settings import PREFIX as API_PREFIX
from api.settings import Settings as ApiSettings
from flows.image.local_secrets import make
from ingestion.settings import PREFIX, ROOT, Settings

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "hydrotheque"}


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))


def settings() -> set[str]:
    own = {str(field.validation_alias or PREFIX + name.upper()) for name, field in Settings.model_fields.items()}
    return own | {
        str(field.validation_alias or API_PREFIX + name.upper()) for name, field in ApiSettings.model_fields.items()
    }


def test_the_image_has_what_was_tested_and_no_tool_of_developers() -> None:
    image, all_of_them = pins("requirements-runtime.lock"), pins("requirements.lock")
    assert len(image) > 100
    assert image.items() <= all_of_them.items()
    assert not image.keys() & {"pytest", "mypy", "ruff", "sqlfluff", "hypothesis", "dbt-spark", "hatchling"}


def test_what_is_copied_to_the_image_is_let_through_and_there() -> None:
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    names = {name for line in copied for name in line.split()}
    assert names == let_through
    assert all((ROOT / name).exists() for name in names)


def test_an_example_names_settings_that_there_are() -> None:
    named = re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert len(named) > 10
    assert set(named) <= settings()
    passed = {name for service in OURS.values() for name in service.get("environment", {})}
    ours = {name for name in passed if name.startswith(("HYDROTHEQUE_", "PG"))}
    assert ours - {"HYDROTHEQUE_SECRETS_FOLDER"} <= settings()


def test_what_an_example_says_of_the_collection_reaches_what_collects() -> None:
    example = (ROOT / ".env.example").read_text().split("# A PostgreSQL of your own")[0]
    named = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE))
    for name in ("first-run", "worker"):
        environment = OURS[name]["environment"]
        assert {variable for variable in named if environment.get(variable, "").startswith(f"${{{variable}:-")} == named


@pytest.mark.parametrize("name", OURS)
def test_a_service_has_no_more_rights_than_it_needs(name: str) -> None:
    service = OURS[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert not any("PASSWORD" in variable or "SECRET_KEY" in variable for variable in service.get("environment", {}))


def test_a_service_waits_for_what_it_needs_to_be_healthy() -> None:
    for name, service in COMPOSE["services"].items():
        for other, gate in service.get("depends_on", {}).items():
            ends = COMPOSE["services"][other].get("restart") == "no"
            assert gate["condition"] == ("service_completed_successfully" if ends else "service_healthy"), name


def test_secrets_are_made_once_shared_by_name_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    make(tmp_path)
    first = {path.relative_to(tmp_path): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    (tmp_path / "api" / "PGPASSWORD").unlink()
    make(tmp_path)
    assert {path: (tmp_path / path).read_text() for path in first} == first
    assert first[Path("api/PGPASSWORD")] == first[Path("setup/HYDROTHEQUE_API_SERVICE_PASSWORD")]
    assert first[Path("owner/PGPASSWORD")] == first[Path("setup/PGPASSWORD")]
    assert len(set(first.values())) == 5
    assert min(map(len, first.values())) >= 48
    assert {(tmp_path / path).stat().st_mode & 0o777 for path in first} == {0o600}
