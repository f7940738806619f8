"""What several routes share."""

from typing import Annotated, Any

from fastapi import Query
from pydantic import AfterValidator, BaseModel, Field


class Problem(BaseModel):
    """What went wrong, after RFC 9457."""

    type: str = Field(
        description="What kind of error this is: compare this. GET it to read what it means.",
        examples=["/problems/not-found"],
    )
    title: str = Field(description="The kind in a few words.", examples=["Not found"])
    status: int = Field(description="The HTTP status again.", examples=[404])
    detail: str = Field(description="One sentence: what was wrong and, where it helps, what to do.")


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str = Field(description="The field; empty for the whole body.")
    message: str = Field(description="What is wrong with it.")


class InvalidInput(Problem):
    """The request was not understood."""

    errors: list[FieldError] = Field(description="The same, field by field.")


class Status(BaseModel):
    """The state of the service."""

    status: str = Field(description="`ok`.", examples=["ok"])


def _no_control_characters(value: str) -> str:
    if not value.isprintable():
        raise ValueError("control characters are not allowed")
    return value


CodeBss = Annotated[
    str,
    Field(
        min_length=1,
        max_length=40,
        description="National code (BSS) of the piezometer, such as 07548X0009/F.",
        examples=["07548X0009/F"],
    ),
    AfterValidator(_no_control_characters),
]
Offset = Annotated[int, Query(ge=0, le=2**31 - 1, description="How many results to skip.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many results to give at most, 1 to 1000.")]


def said(description: str, model: type[BaseModel] = Problem, **headers: str) -> dict[str, Any]:
    """One entry of a route's `responses`: what the status means, its body and its headers."""
    entry: dict[str, Any] = {"model": model, "description": description}
    if headers:
        entry["headers"] = {
            name.replace("_", "-"): {"schema": {"type": "string"}, "description": text}
            for name, text in headers.items()
        }
    return entry
