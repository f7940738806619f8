"""What is refused before the API serves anything."""

import secrets
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from api.settings import Settings, SettingsError, load

Run = Callable[..., subprocess.CompletedProcess[str]]
SERVE = ("-m", "uvicorn", "api.main:app", "--port", "0")
GOOD = secrets.token_urlsafe(48)
HOW = 'make one with python -c "import secrets; print(secrets.token_urlsafe(48))"'


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, f"HYDROTHEQUE_API_SECRET_KEY is not set: {HOW} and put it in the environment or in .env"),
        ({"SECRET_KEY": ""}, "HYDROTHEQUE_API_SECRET_KEY is not set: "),
        ({"SECRET_KEY": GOOD[:31]}, "HYDROTHEQUE_API_SECRET_KEY is too short: HS256 needs 32 "),
        ({"SECRET_KEY": GOOD[:63], "ALGORITHM": "HS512"}, "HYDROTHEQUE_API_SECRET_KEY is too short: HS512 needs 64 "),
        ({"SECRET_KEY": "k" * 64}, "HYDROTHEQUE_API_SECRET_KEY is too regular; "),
        ({"SECRET_KEY": "q9-Zr_2xKw" * 5}, "HYDROTHEQUE_API_SECRET_KEY is too regular; "),
        ({"SECRET_KEY": f"{GOOD}abcdef"}, "HYDROTHEQUE_API_SECRET_KEY is too regular; "),
        ({"SECRET_KEY": f"ChangeMe-{GOOD}"}, "HYDROTHEQUE_API_SECRET_KEY is a placeholder; "),
        ({"SECRET_KEY": "your-super-secret-key-of-32-characters"}, "HYDROTHEQUE_API_SECRET_KEY is a placeholder; "),
        ({"SECRET_KEY": "", "ENVIRONMENT": "development"}, "HYDROTHEQUE_API_SECRET_KEY is not set: "),
        ({"SECRET_KEY": GOOD, "ENVIRONMENT": "staging"}, "HYDROTHEQUE_API_ENVIRONMENT is wrong: "),
        ({"SECRET_KEY": GOOD, "CORS_ORIGINS": "*"}, "HYDROTHEQUE_API_CORS_ORIGINS is wrong: '*' is no origin"),
        ({"SECRET_KEY": GOOD, "CORS_ORIGINS": "https://a.fr/x"}, "HYDROTHEQUE_API_CORS_ORIGINS is wrong: "),
        ({"SECRET_KEY": GOOD, "TRUSTED_PROXIES": "10.0.0.1/8"}, "HYDROTHEQUE_API_TRUSTED_PROXIES is wrong: "),
        ({"SECRET_KEY": GOOD, "MAX_BODY_BYTES": "10"}, "HYDROTHEQUE_API_MAX_BODY_BYTES is wrong: "),
        ({"SECRET_KEY": GOOD, "ATTEMPTS_PER_ACCOUNT": "0"}, "HYDROTHEQUE_API_ATTEMPTS_PER_ACCOUNT is wrong: "),
        ({"SECRET_KEY": GOOD, "LOG_LEVEL": "loud"}, "HYDROTHEQUE_API_LOG_LEVEL is wrong: "),
        ({"SECRET_KEY": GOOD, "ALGORITHM": "none"}, "HYDROTHEQUE_API_ALGORITHM is wrong: "),
        ({"SECRET_KEY": GOOD, "ALGORITHM": "RS256"}, "HYDROTHEQUE_API_ALGORITHM is wrong: "),
        (
            {"SECRET_KEY": GOOD, "ACCESS_TOKEN_EXPIRE_MINUTES": "soon"},
            "HYDROTHEQUE_API_ACCESS_TOKEN_EXPIRE_MINUTES is ",
        ),
        ({"SECRET_KEY": GOOD, "ACCESS_TOKEN_EXPIRE_MINUTES": "0"}, "HYDROTHEQUE_API_ACCESS_TOKEN_EXPIRE_MINUTES is "),
    ],
)
def test_what_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str], said: str) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in variables.items():
        monkeypatch.setenv(f"HYDROTHEQUE_API_{name}", value)
    with pytest.raises(SettingsError) as raised:
        load()
    message = str(raised.value)
    assert message.startswith(said)
    assert "\n" not in message
    if secret := variables.get("SECRET_KEY"):
        assert secret not in message


@pytest.mark.parametrize("key", ["", "change-me-change-me-change-me-change-me-change-me"])
def test_one_line_and_exit_code_two(run_python: Run, key: str) -> None:
    done = run_python(*SERVE, HYDROTHEQUE_API_SECRET_KEY=key)
    assert done.returncode == 2
    assert done.stderr.startswith("HYDROTHEQUE_API_SECRET_KEY is ")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_a_weak_key_is_let_pass_in_development(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYDROTHEQUE_API_SECRET_KEY", "dev")
    monkeypatch.setenv("HYDROTHEQUE_API_ENVIRONMENT", "development")
    assert load().secret_key.get_secret_value() == "dev"


@pytest.mark.parametrize("make", [lambda: secrets.token_urlsafe(48), lambda: secrets.token_hex(32)])
def test_keys_that_are_made_are_strong(make: Callable[[], str]) -> None:
    assert all(Settings(secret_key=SecretStr(make())) for _ in range(1_000))


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYDROTHEQUE_API_SECRET_KEY", GOOD)
    monkeypatch.setenv("HYDROTHEQUE_API_TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1")
    monkeypatch.setenv("HYDROTHEQUE_API_CORS_ORIGINS", "https://a.example,http://localhost:3000")
    found = load()
    assert found.trusted_proxies == ("10.0.0.0/8", "127.0.0.1/32")
    assert found.cors_origins == ("https://a.example", "http://localhost:3000")


def test_dotenv_is_read_and_the_environment_wins(run_python: Run, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        f"HYDROTHEQUE_API_SECRET_KEY={GOOD}\nHYDROTHEQUE_API_ACCESS_TOKEN_EXPIRE_MINUTES=7\nHYDROTHEQUE_LAKE_URL=x\n"
    )
    show = ("-c", "from api.settings import load; print(load().access_token_expire_minutes)")
    assert run_python(*show, cwd=tmp_path).stdout == "7\n"
    both = run_python(*show, cwd=tmp_path, HYDROTHEQUE_API_ACCESS_TOKEN_EXPIRE_MINUTES="9")
    assert both.stdout == "9\n"


def test_a_dotenv_that_is_no_text(run_python: Run, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00")
    done = run_python(*SERVE, cwd=tmp_path)
    assert done.returncode == 2
    assert ".env cannot be read" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_secret_is_not_printed(run_python: Run) -> None:
    show = ("-c", "from api.settings import load; print(repr(load()), load())")
    done = run_python(*show, HYDROTHEQUE_API_SECRET_KEY=GOOD)
    assert done.returncode == 0
    assert GOOD not in done.stdout
