"""What is refused before the API serves anything."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
SERVE = ("-m", "uvicorn", "api.main:app", "--port", "0")
GOOD = "k" * 64
HOW = 'make one with python -c "import secrets; print(secrets.token_urlsafe(48))"'


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, f"HYDROTHEQUE_API_SECRET_KEY is not set: {HOW} and put it in the environment or in .env"),
        ({"SECRET_KEY": ""}, "HYDROTHEQUE_API_SECRET_KEY is not set: "),
        ({"SECRET_KEY": "only-31-characters-are-in-there"}, "HYDROTHEQUE_API_SECRET_KEY is too short: HS256 needs 32 "),
        ({"SECRET_KEY": GOOD[:63], "ALGORITHM": "HS512"}, "HYDROTHEQUE_API_SECRET_KEY is too short: HS512 needs 64 "),
        ({"SECRET_KEY": GOOD, "ALGORITHM": "none"}, "HYDROTHEQUE_API_ALGORITHM is wrong: "),
        ({"SECRET_KEY": GOOD, "ALGORITHM": "RS256"}, "HYDROTHEQUE_API_ALGORITHM is wrong: "),
        (
            {"SECRET_KEY": GOOD, "ACCESS_TOKEN_EXPIRE_MINUTES": "soon"},
            "HYDROTHEQUE_API_ACCESS_TOKEN_EXPIRE_MINUTES is ",
        ),
        ({"SECRET_KEY": GOOD, "ACCESS_TOKEN_EXPIRE_MINUTES": "0"}, "HYDROTHEQUE_API_ACCESS_TOKEN_EXPIRE_MINUTES is "),
    ],
)
def test_one_line_and_exit_code_two(run_python: Run, variables: dict[str, str], said: str) -> None:
    done = run_python(*SERVE, **{f"HYDROTHEQUE_API_{name}": value for name, value in variables.items()})
    assert done.returncode == 2
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    if secret := variables.get("SECRET_KEY"):
        assert secret not in done.stderr


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
