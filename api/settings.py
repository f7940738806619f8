"""What the API is told from outside: HYDROTHEQUE_API_* in the environment or in `.env`.

The connection to PostgreSQL is not here: libpq reads its own PG* variables (see `api.database`).
"""

import sys
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "HYDROTHEQUE_API_"
HOW_TO_MAKE_A_KEY = 'python -c "import secrets; print(secrets.token_urlsafe(48))"'
# RFC 7518 section 3.2: an HMAC key is at least as long as the digest.
KEY_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}


class SettingsError(Exception):
    """A setting is missing or makes no sense. The message is one line that names the variable."""


class Settings(BaseSettings):
    """Settings of the API; field `x` is read from HYDROTHEQUE_API_X."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    secret_key: SecretStr = Field(description="Signs the tokens; whoever has it can log in as anyone.")
    algorithm: Literal["HS256", "HS384", "HS512"] = "HS256"
    access_token_expire_minutes: int = Field(default=30, ge=1, le=1440, description="Minutes.")
    pool_size: int = Field(
        default=16, ge=1, le=1000, description="At most so many connections for data, and for users."
    )
    pool_timeout_seconds: float = Field(default=5, gt=0, le=600, description="Wait for a free connection.")
    statement_timeout_seconds: float = Field(default=5, gt=0, le=600, description="A statement is stopped then.")

    @model_validator(mode="after")
    def _key_is_long_enough(self) -> "Settings":
        key, needed = self.secret_key.get_secret_value(), KEY_BYTES[self.algorithm]
        if len(key) < 32 or len(key.encode()) < needed:
            raise ValueError(
                f"{PREFIX}SECRET_KEY is too short: {self.algorithm} needs {needed} characters or more; "
                f"make one with {HOW_TO_MAKE_A_KEY}"
            )
        return self


def load() -> Settings:
    """Read the settings; raises SettingsError."""
    try:
        return Settings()  # type: ignore[call-arg]  # the fields come from the environment
    except ValidationError as error:
        raise SettingsError(_one_line(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{Path('.env').resolve()} cannot be read: {error}") from None


def load_or_exit() -> Settings:
    """Read the settings, or write the reason to stderr and leave with exit code 2."""
    try:
        return load()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from None


def _one_line(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    if not first["loc"]:
        return first["msg"].removeprefix("Value error, ")
    variable = PREFIX + str(first["loc"][0]).removeprefix(PREFIX.lower()).upper()
    if first["type"] == "missing":
        return f"{variable} is not set: make one with {HOW_TO_MAKE_A_KEY} and put it in the environment or in .env"
    message = first["msg"][:1].lower() + first["msg"][1:]
    return f"{variable} is wrong: {message}; correct it in the environment or in .env"
