"""What no plan shows of terraform/ (lifecycle, provisioners, what is written where); and the plans, with Terraform."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ingestion.settings import ROOT
from tests.conftest import REAL

pytestmark = pytest.mark.program
TERRAFORM = ROOT / "terraform"
CHECK = REAL.parent / "tools" / "terraform-check" / "check"
SOURCES = sorted(path for path in TERRAFORM.rglob("*.tf") if ".terraform" not in path.parts)
_BLOCK = re.compile(r'^(\w+) "([^"]+)"(?: "([^"]+)")? \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
# What holds data, or is needed to reach it again. A container's data is the account's; it is named all the same.
DATA_STORES = {
    "azurerm_resource_group",
    "azurerm_storage_account",
    "azurerm_storage_container",
    "azurerm_postgresql_flexible_server",
    "azurerm_key_vault",
    "azurerm_container_registry",
}


def blocks(kind: str) -> list[tuple[Path, str, str, str]]:
    """The blocks of a kind (`resource`, `variable` …): file, first label, second label, body."""
    return [
        (path, first, second, body)
        for path in SOURCES
        for found, first, second, body in _BLOCK.findall(path.read_text())
        if found == kind
    ]


def names_given(example: Path) -> set[str]:
    return set(re.findall(r"^(?:# )?([a-z_]+) +=", example.read_text(), re.MULTILINE))


def test_every_data_store_is_protected_from_destruction() -> None:
    stores = [(path, kind, name, body) for path, kind, name, body in blocks("resource") if kind in DATA_STORES]
    assert {kind for _, kind, _, _ in stores} == DATA_STORES
    for path, kind, name, body in stores:
        assert re.search(r"lifecycle \{[^}]*prevent_destroy = true", body), f"{path}: {kind}.{name}"


def test_every_data_store_and_what_runs_has_a_diagnostic_setting() -> None:
    logged = DATA_STORES - {"azurerm_resource_group", "azurerm_storage_container"} | {
        "azurerm_container_app_environment",  # of all that runs in it
        "azurerm_databricks_workspace",
    }
    sources = [(path, kind, name) for path, kind, name, _ in blocks("resource") if kind in logged]
    assert {kind for _, kind, _ in sources} == logged
    for path, kind, name in sources:
        settings = [
            body
            for other, setting, _, body in blocks("resource")
            if setting == "azurerm_monitor_diagnostic_setting" and other.parent == path.parent
        ]
        assert any(f"{kind}.{name}.id" in body for body in settings), f"{path}: {kind}.{name}"


def test_nothing_but_the_provider_does_anything() -> None:
    for path in SOURCES:
        text = path.read_text()
        for forbidden in ("null_resource", "terraform_data", "provisioner", "local-exec", "remote-exec", "external"):
            assert not re.search(rf"""["{{ ]{forbidden}["{{ ]""", re.sub(r"#.*", "", text)), f"{path}: {forbidden}"
        assert set(re.findall(r'\bsource\s+= "([^"./]+/[^"]+)"', text)) <= {"hashicorp/azurerm"}, path


def test_secrets_are_ephemeral_and_written_only() -> None:
    secret = re.compile(r"password|secret_key|_pwd$|prefect_auth|^secrets$|^values$")
    not_the_value = {"admin_password_version", "secrets_to_write", "secret_versions", "secret_names"}
    found = [(path, name, body) for path, name, _, body in blocks("variable") if secret.search(name)]
    assert len(found) > 8
    for path, name, body in found:
        if name not in not_the_value:
            assert re.search(r"ephemeral\s+= true", body), f"{path}: {name}"
            assert re.search(r"sensitive\s+= true", body), f"{path}: {name}"
    for path, kind, name, body in blocks("resource"):
        for argument in ("value", "administrator_password", "admin_password", "password"):
            if kind in {"azurerm_key_vault_secret", "azurerm_postgresql_flexible_server"}:
                assert not re.search(rf"^\s+{argument}\s+=", body, re.MULTILINE), f"{path}: {kind}.{name}: {argument}"
        assert not re.search(r"^\s+secret \{", body, re.MULTILINE), f"{path}: {kind}.{name} keeps a secret in the state"
    for path, name, _, body in blocks("output"):
        assert not re.search(r"access_key|connection_string|password", body) or "sensitive" in body, f"{path}: {name}"


def test_no_rule_is_open_to_the_world() -> None:
    for path, kind, name, body in blocks("resource"):
        assert "0.0.0.0/0" not in body or kind == "azurerm_container_app", f"{path}: {kind}.{name}"
        assert "azurerm_postgresql_flexible_server_firewall_rule" not in kind
        for rule in re.split(r'security_rule"? \{', body)[1:]:
            if '"Allow"' in rule:
                assert not re.search(r'source_address_prefix(es)?\s+= \[?"(\*|Internet)"', rule), f"{path}: {name}"


def test_every_silenced_check_says_why() -> None:
    for path in SOURCES:
        for line in re.findall(r"checkov:skip.*", path.read_text()):
            assert re.fullmatch(r"checkov:skip=CKV2?_AZURE_\d+:.{20,}", line), f"{path}: {line}"


@pytest.mark.parametrize("module", [".", "bootstrap"])
def test_a_variable_that_takes_no_other_value_says_so_by_name_and_a_test_gives_it_a_wrong_one(module: str) -> None:
    root = TERRAFORM / module
    plans = "".join(path.read_text() for path in (root / "tests").glob("*.tftest.hcl"))
    refused = set(re.findall(r"\bvar\.(\w+)", " ".join(re.findall(r"expect_failures = \[(.*?)\]", plans, re.DOTALL))))
    variables = {first: body for path, first, _, body in blocks("variable") if path.parent == root.resolve()}
    validated = {name for name, body in variables.items() if "validation {" in body}
    assert refused == validated
    free = {name for name, body in variables.items() if re.search(r"type\s+= bool", body)}
    assert validated | free == set(variables)
    for name in validated:
        messages = re.findall(r'error_message = "(.*)"', variables[name])
        assert len(messages) == variables[name].count("validation {")
        assert all(re.match(rf"{name}: .{{5,}}", message) for message in messages), messages


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_an_example_gives_every_variable_that_must_be_given_and_none_that_is_not_there(name: str) -> None:
    variables = {first: body for path, first, _, body in blocks("variable") if path.parent == TERRAFORM}
    given = names_given(TERRAFORM / "environments" / f"{name}.tfvars.example") - {
        "object_id", "principal_name", "principal_type"
    }  # fmt: skip
    assert given <= set(variables)
    assert {variable for variable, body in variables.items() if not re.search(r"^\s+default\s", body, re.M)} <= given


@pytest.mark.parametrize("module", ["bootstrap", "."])
def test_terraform_accepts_and_tests_it(module: str, tmp_path: Path) -> None:
    if not shutil.which("terraform") or not CHECK.exists():
        pytest.skip("needs terraform, and a stand-in for its provider (the workflow uses the real one)")
    copy = tmp_path / "terraform"  # apart from the repository, of which the check would copy the whole
    shutil.copytree(TERRAFORM, copy, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    done = subprocess.run([CHECK, module], cwd=copy, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^Success! [1-9]\d* passed, 0 failed", done.stdout, re.MULTILINE)
