"""Bodies of the /user routes."""

import datetime as dt
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, EmailStr, Field, SecretStr, StrictBool

PASSWORD_MIN, PASSWORD_MAX = 12, 128
# Raise it when CONSENT says something else: what each person agreed to is kept by its version.
CONSENT_VERSION = "2"
CONSENT = (
    "I agree that the API keeps my name, my e-mail address, a hash of my password, the date of this consent and the "
    "date of my last login, in order to give me access, until I withdraw it, delete my account, or have not logged in "
    "for one year."
)


def _fits(password: SecretStr) -> SecretStr:
    if not PASSWORD_MIN <= len(password.get_secret_value()) <= PASSWORD_MAX:
        raise ValueError(f"a password has {PASSWORD_MIN} to {PASSWORD_MAX} characters")
    return password


class UserCreate(BaseModel):
    """Who registers."""

    model_config = ConfigDict(
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "username": "camille",
                    "email": "camille@example.com",
                    "password": "nappe-phreatique-2024",
                    "consent_given": True,
                }
            ]
        },
    )

    username: str = Field(
        min_length=3,
        max_length=50,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="3 to 50 letters without accent, digits, `.`, `_` or `-`; upper and lower case are the same.",
    )
    email: EmailStr = Field(max_length=254, description="Upper and lower case are the same.")
    password: Annotated[SecretStr, AfterValidator(_fits)] = Field(
        description=f"{PASSWORD_MIN} to {PASSWORD_MAX} characters of any kind. Only an argon2id hash of it is kept.",
        json_schema_extra={"minLength": PASSWORD_MIN, "maxLength": PASSWORD_MAX},
    )
    consent_given: StrictBool = Field(
        default=False,
        description=f"`true`: {CONSENT} (version {CONSENT_VERSION}). Nobody is registered without.",
    )


class UserPublic(BaseModel):
    """A registered person, without anything secret."""

    model_config = ConfigDict(
        from_attributes=True,
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "id": 1,
                    "username": "camille",
                    "email": "camille@example.com",
                    "is_active": True,
                    "consent_given": True,
                    "created_at": "2024-01-15T10:00:00Z",
                }
            ]
        },
    )

    id: int = Field(description="Number of the user.")
    username: str = Field(description="The name to log in with.")
    email: str = Field(description="E-mail address.")
    is_active: bool = Field(description="Whether the user may log in.")
    consent_given: bool = Field(description="Whether a consent is held.")
    created_at: dt.datetime = Field(description="When the person registered, UTC.")


class Token(BaseModel):
    """What a login gives."""

    access_token: str = Field(description="Send it with every request under /data: `Authorization: Bearer <token>`.")
    token_type: str = Field(default="bearer", description="Always `bearer`.")
