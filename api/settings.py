"""What the API is told from outside: HYDROTHEQUE_API_* in the environment or in `.env`.

The connection to PostgreSQL is not here: libpq reads its own PG* variables (see `api.database`).
"""

import sys
from ipaddress import ip_network
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "HYDROTHEQUE_API_"
HOW_TO_MAKE_A_KEY = 'python -c "import secrets; print(secrets.token_urlsafe(48))"'
# RFC 7518 section 3.2: an HMAC key is at least as long as the digest.
KEY_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}


# What stands in examples and in keys typed by hand. Six letters or more: a made key holds one once in a million.
_PLACEHOLDERS = (
    "change",
    "secret",
    "example",
    "password",
    "placeholder",
    "default",
    "insecure",
    "hydrotheque",
    "azerty",
)
_FEWEST_CHARACTERS = 8  # different ones: 32 random hexadecimal digits have 14 as a rule
_LONGEST_RUN = 6  # of neighbours, as in abcdef


class SettingsError(Exception):
    """A setting is missing or makes no sense. The message is one line that names the variable."""


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or value != f"{parts.scheme}://{parts.netloc}":
        raise ValueError(f"{value!r} is no origin: expected http(s)://host[:port], without a path or a *")
    return value


def _network(value: str) -> str:
    return str(ip_network(value))


Origins = Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], NoDecode, BeforeValidator(_split)]
Networks = Annotated[tuple[Annotated[str, AfterValidator(_network)], ...], NoDecode, BeforeValidator(_split)]


class Settings(BaseSettings):
    """Settings of the API; field `x` is read from HYDROTHEQUE_API_X."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    environment: Literal["production", "development"] = Field(
        default="production", description="A weak key is let pass in development only."
    )
    secret_key: SecretStr = Field(min_length=1, description="Signs the tokens; whoever has it can log in as anyone.")
    algorithm: Literal["HS256", "HS384", "HS512"] = "HS256"
    access_token_expire_minutes: int = Field(default=30, ge=1, le=1440, description="Minutes.")
    pool_size: int = Field(
        default=16, ge=1, le=1000, description="At most so many connections for data, and for users."
    )
    pool_timeout_seconds: float = Field(default=5, gt=0, le=600, description="Wait for a free connection.")
    statement_timeout_seconds: float = Field(default=5, gt=0, le=600, description="A statement is stopped then.")
    exports_at_once: int = Field(default=2, ge=1, le=100, description="Exports under way at most.")
    export_timeout_seconds: float = Field(default=600, gt=0, le=86_400, description="An export is ended then.")
    attempts_per_account: int = Field(default=10, ge=1, description="Failed logins, and registrations, per account.")
    attempts_per_address: int = Field(default=100, ge=1, description="Failed logins per address of a caller.")
    registrations_per_address: int = Field(default=20, ge=1, description="Registrations per address of a caller.")
    attempts_window_minutes: int = Field(default=15, ge=1, le=1440, description="The three above count these minutes.")
    trusted_proxies: Networks = Field(default=(), description="Networks whose X-Forwarded-For is believed.")
    cors_origins: Origins = Field(default=(), description="Origins whose pages may call the API from a browser.")
    max_body_bytes: int = Field(default=100_000, ge=1_000, description="The longest body taken.")
    metrics_token: SecretStr = Field(default=SecretStr(""), description="Opens /metrics; without one there is none.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    applicationinsights_connection_string: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="APPLICATIONINSIGHTS_CONNECTION_STRING",
        description="Sends traces, metrics and logs to Azure Monitor.",
    )

    @model_validator(mode="after")
    def _key_is_strong(self) -> "Settings":
        key = self.secret_key.get_secret_value()
        if self.environment == "production" and (fault := _weakness(key, self.algorithm)):
            raise ValueError(f"{PREFIX}SECRET_KEY {fault}; make one with {HOW_TO_MAKE_A_KEY}")
        return self


def _weakness(key: str, algorithm: str) -> str | None:
    """Why a signing key would be guessed; None when there is no reason to think so."""
    if len(key) < 32 or len(key.encode()) < KEY_BYTES[algorithm]:
        return f"is too short: {algorithm} needs {KEY_BYTES[algorithm]} characters or more"
    if any(word in key.lower() for word in _PLACEHOLDERS):
        return "is a placeholder"
    run = longest = 1
    for one, other in pairwise(key):
        run = run + 1 if ord(other) - ord(one) == 1 else 1
        longest = max(longest, run)
    if len(set(key)) < _FEWEST_CHARACTERS or longest >= _LONGEST_RUN or key in (key + key)[1:-1]:
        return "is too regular"
    return None


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
    name = str(first["loc"][0])
    variable = name if name.isupper() else PREFIX + name.removeprefix(PREFIX.lower()).upper()
    if first["type"] == "missing":
        return f"{variable} is not set: make one with {HOW_TO_MAKE_A_KEY} and put it in the environment or in .env"
    message = first["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    return f"{variable} is wrong: {message}; correct it in the environment or in .env"
