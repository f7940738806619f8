"""What several routes share."""

import datetime as dt
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import AfterValidator, BaseModel, Field, model_validator


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


def printable(value: str) -> str:
    """The text, if it holds no control characters."""
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
    AfterValidator(printable),
]
CodesBss = Annotated[
    list[CodeBss] | None,
    Field(
        min_length=1,
        max_length=250,  # what an address holds
        description="Codes of piezometers, 250 at most; repeat the parameter.",
        examples=[["07548X0009/F"]],
    ),
]
Departement = Annotated[
    str | None,
    Field(
        pattern=r"^(2[AB]|[0-9]{2,3})$",
        description="Code of the département: two characters, three overseas.",
        examples=["75"],
    ),
]
MAX_OFFSET = 100_000
Offset = Annotated[int, Query(ge=0, le=2**31 - 1, description="How many results to skip.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many results to give at most, 1 to 1000.")]


class Paging(BaseModel):
    """Which part of the results is wanted: `offset` results are skipped, or `after` takes up where a page ended."""

    limit: int = Field(default=100, ge=1, le=1000, description="How many results to give at most, 1 to 1000.")
    offset: int = Field(
        default=0,
        ge=0,
        le=MAX_OFFSET,
        description=f"How many results to skip, {MAX_OFFSET:,} at most: then use `after`.",
    )
    after: str | None = Field(
        default=None, max_length=500, description="`next` of the page before, to go on behind it; without `offset`."
    )

    @model_validator(mode="after")
    def _one_way(self) -> "Paging":
        if self.after is not None and self.offset:
            raise ValueError("after and offset are two ways to say where to begin: give one")
        return self

    def conditions(self) -> dict[str, Any]:
        """What is asked for, without the place in it."""
        asked = {name: getattr(self, name) for name in type(self).model_fields if name not in Paging.model_fields}
        return {name: tuple(value) if isinstance(value, list) else value for name, value in asked.items()}


class Period(Paging):
    """Which days are wanted, both ends included."""

    start_date: dt.date | None = Field(default=None, description="First day.", examples=["2024-01-01"])
    end_date: dt.date | None = Field(default=None, description="Last day, included.", examples=["2024-12-31"])

    @model_validator(mode="after")
    def _in_order(self) -> "Period":
        if self.start_date and self.end_date and self.start_date > self.end_date:
            raise ValueError("start_date is after end_date")
        return self


class Months(Period):
    """Which months are wanted: from the one of `start_date` to the one of `end_date`."""

    def conditions(self) -> dict[str, Any]:
        """What is asked for; a month goes by its first day."""
        first = self.start_date and self.start_date.replace(day=1)
        return super().conditions() | {"start_date": first}


Row = TypeVar("Row")


class Page(BaseModel, Generic[Row]):
    """Part of the results, in an order that does not change between two pages of the same data."""

    total: int = Field(description="Number of results in all.")
    limit: int = Field(description="Results asked for at most.")
    offset: int = Field(description="Results skipped; 0 with `after`.")
    next: str | None = Field(description="Send it as `after` to get the next page; null on the last one.")
    results: list[Row]


def said(description: str, model: type[BaseModel] = Problem, **headers: str) -> dict[str, Any]:
    """One entry of a route's `responses`: what the status means, its body and its headers."""
    entry: dict[str, Any] = {"model": model, "description": description}
    if headers:
        entry["headers"] = {
            name.replace("_", "-"): {"schema": {"type": "string"}, "description": text}
            for name, text in headers.items()
        }
    return entry
