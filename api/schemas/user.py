"""Bodies of the /user routes."""

import datetime as dt
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, EmailStr, Field, SecretStr, StrictBool, model_validator

PASSWORD_MIN, PASSWORD_MAX = 12, 128
# Raise it when CONSENT says something else: what each person agreed to is kept by its version.
CONSENT_VERSION = "2"
CONSENT = (
    "I agree that the API keeps my name, my e-mail address, a hash of my password, the date of this consent and the "
    "date of my last login, in order to give me access, until I withdraw it, delete my account, or have not logged in "
    "for one year."
)


def _is_text(password: SecretStr) -> SecretStr:
    """JSON can say half of a surrogate pair, which is no text and has no bytes to hash."""
    try:
        password.get_secret_value().encode()
    except UnicodeEncodeError:
        raise ValueError("a password is text, and this holds half of a surrogate pair") from None
    return password


def _fits(password: SecretStr) -> SecretStr:
    if not PASSWORD_MIN <= len(password.get_secret_value()) <= PASSWORD_MAX:
        raise ValueError(f"a password has {PASSWORD_MIN} to {PASSWORD_MAX} characters")
    return password


Username = Annotated[
    str,
    Field(
        min_length=3,
        max_length=50,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="3 to 50 letters without accent, digits, `.`, `_` or `-`; upper and lower case are the same.",
    ),
]
Email = Annotated[EmailStr, Field(max_length=254, description="Upper and lower case are the same.")]
Password = Annotated[
    SecretStr,
    AfterValidator(_is_text),
    AfterValidator(_fits),
    Field(
        description=f"{PASSWORD_MIN} to {PASSWORD_MAX} characters of any kind. Only an argon2id hash of it is kept.",
        json_schema_extra={"minLength": PASSWORD_MIN, "maxLength": PASSWORD_MAX},
    ),
]
CurrentPassword = Annotated[
    SecretStr,
    AfterValidator(_is_text),
    Field(max_length=1_000, description="The password of the account, asked again."),
]


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

    username: Username
    email: Email
    password: Password
    consent_given: StrictBool = Field(
        default=False,
        description=f"`true`: {CONSENT} (version {CONSENT_VERSION}). Nobody is registered without.",
    )


class UserUpdate(BaseModel):
    """What to correct; what is not sent stays."""

    model_config = ConfigDict(
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [{"current_password": "nappe-phreatique-2024", "email": "camille.durand@example.com"}]
        },
    )

    current_password: CurrentPassword
    username: Username | None = None
    email: Email | None = None
    password: Password | None = None

    @model_validator(mode="after")
    def _something_changes(self) -> "UserUpdate":
        if not (self.username or self.email or self.password):
            raise ValueError("nothing to change: send username, email or password")
        return self


class UserDelete(BaseModel):
    """The password, so that a token left behind cannot delete the account."""

    model_config = ConfigDict(
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"current_password": "nappe-phreatique-2024"}]},
    )

    current_password: CurrentPassword


class Consent(BaseModel):
    """The consent to what the API keeps now."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"consent_given": True}]})

    consent_given: StrictBool = Field(description=f"`true`: {CONSENT} (version {CONSENT_VERSION}).")


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


class UserMe(UserPublic):
    """The account of who asks."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 1,
                    "username": "camille",
                    "email": "camille@example.com",
                    "is_active": True,
                    "consent_given": True,
                    "created_at": "2024-01-15T10:00:00Z",
                    "consent_version": CONSENT_VERSION,
                    "consent_given_at": "2024-01-15T10:00:00Z",
                    "last_login_at": "2024-02-01T08:30:00Z",
                    "deletion_warned_at": None,
                    "deleted_from": "2025-02-01T08:30:00Z",
                }
            ]
        }
    )

    consent_version: str | None = Field(description="The version of the text consented to.")
    consent_given_at: dt.datetime | None = Field(description="When the consent was given, UTC.")
    last_login_at: dt.datetime | None = Field(description="Last login, UTC.")
    deletion_warned_at: dt.datetime | None = Field(
        description="Since when the account is announced as due for deletion, UTC; null when it is not."
    )
    deleted_from: dt.datetime = Field(
        description="When the account will be deleted unless somebody logs in before, UTC: a year after the last login."
    )


class UserRecord(BaseModel):
    """The row of the account, column by column."""

    id: int = Field(description="Number of the user.")
    username: str = Field(description="The name to log in with.")
    email: str = Field(description="E-mail address.")
    is_active: bool = Field(description="Whether the operator lets the user log in.")
    token_version: int = Field(description="Raised whenever the tokens made so far are refused.")
    consent_version: str | None = Field(description="The version of the text consented to.")
    consent_given_at: dt.datetime | None = Field(description="When the consent was given, UTC.")
    consent_withdrawn_at: dt.datetime | None = Field(description="When it was withdrawn, UTC.")
    last_login_at: dt.datetime | None = Field(description="Last login, UTC.")
    deletion_warned_at: dt.datetime | None = Field(description="Since when the deletion is announced, UTC.")
    created_at: dt.datetime = Field(description="When the person registered, UTC.")


class AttemptsHeld(BaseModel):
    """A count of attempts."""

    what: str = Field(
        description="`login`, `password` (asked again of who is logged in) or `registration`.", examples=["login"]
    )
    attempts: int = Field(description="How many there were of late.")
    expires_at: dt.datetime = Field(description="When the count is void, UTC.")


class UserExport(BaseModel):
    """Everything that is held about the person who asks."""

    exported_at: dt.datetime = Field(description="When this was read, UTC.")
    account: UserRecord = Field(description="The row of the account.")
    password: str = Field(
        description="How the password is kept. The hash is not given out: who finds it in a file could try passwords.",
        examples=["argon2id hash"],
    )
    consent: str = Field(description="The text of the current version of the consent.")
    attempts: list[AttemptsHeld] = Field(
        description="Attempts to log in, to give the password again and to register that are counted at present."
    )


class Token(BaseModel):
    """What a login gives."""

    access_token: str = Field(description="Send it with every request under /data: `Authorization: Bearer <token>`.")
    token_type: str = Field(default="bearer", description="Always `bearer`.")
