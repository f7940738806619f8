"""The API's users, and the counts that keep passwords from being guessed.

Their metadata is their own: Alembic compares it, and only it, with the database.
"""

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    func,
    text,
    true,
)
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

SCHEMA = "app"
VERSION_TABLE = "alembic_version"

user_metadata = MetaData(schema=SCHEMA)


def _moment(comment: str) -> Any:
    """A column that holds an instant, or null."""
    return Field(default=None, sa_column=Column(DateTime(timezone=True), comment=comment))


class _AppModel(SQLModel, registry=registry(metadata=user_metadata)):
    """Base of the tables the API owns."""

    metadata = user_metadata


class User(_AppModel, table=True):
    """One row per person who registered. Only what logging in and proving the consent needs."""

    __tablename__ = "users"
    __table_args__ = (
        # Two names that differ by case only are one name.
        Index("users_username_key", text("lower(username)"), unique=True),
        Index("users_email_key", text("lower(email)"), unique=True),
    )

    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    username: str = Field(sa_type=Text)
    email: str = Field(sa_type=Text)
    hashed_password: str = Field(sa_type=Text)
    is_active: bool = Field(sa_column=Column(Boolean, nullable=False, server_default=true()))
    token_version: int = Field(
        sa_column=Column(
            Integer, nullable=False, server_default=text("1"), comment="tokens made for another version are refused"
        )
    )
    consent_version: str | None = Field(default=None, sa_column=Column(Text, comment="the text agreed to"))
    consent_given_at: dt.datetime | None = _moment("when consent was given; null = none held")
    consent_withdrawn_at: dt.datetime | None = _moment("when consent was withdrawn; null = it holds")
    last_login_at: dt.datetime | None = _moment("last login; null = never")
    deletion_warned_at: dt.datetime | None = _moment(
        "since when the account is announced as due for deletion; null = it is not"
    )
    created_at: dt.datetime = Field(
        sa_column=Column(DateTime(timezone=True), nullable=False, server_default=func.now())
    )


class Attempts(_AppModel, table=True):
    """One row per account or address that tried to log in or to register of late. It names neither: see api.limits."""

    __tablename__ = "attempts"
    __table_args__ = (Index("attempts_expires_at_idx", "expires_at"), {"prefixes": ["unlogged"]})

    key: bytes = Field(sa_column=Column(LargeBinary, primary_key=True, comment="keyed hash of what is counted"))
    attempts: int = Field(sa_column=Column(Integer, nullable=False))
    expires_at: dt.datetime = Field(
        sa_column=Column(DateTime(timezone=True), nullable=False, comment="the count is void from then on")
    )
