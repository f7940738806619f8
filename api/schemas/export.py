"""What may be asked of an export."""

import datetime as dt
from typing import Annotated, Literal

from fastapi import Path
from pydantic import AfterValidator, BaseModel, Field, model_validator

from api.schemas.common import Departement, printable

Format = Literal["csv", "ndjson", "parquet"]
TableName = Annotated[
    str, Path(max_length=63, description="A table: `/data/catalogue` lists them.", examples=["nappe_mensuelle"])
]
Code = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(printable)]


class ExportQuery(BaseModel):
    """The format, and which rows: what is given holds together. A table that lacks the column answers 422."""

    format: Format = Field(default="csv", description="`csv`, `ndjson` (a JSON object a line) or `parquet`.")
    start_date: dt.date | None = Field(default=None, description="First day.", examples=["2024-01-01"])
    end_date: dt.date | None = Field(default=None, description="Last day, included.", examples=["2024-01-31"])
    code: list[Code] | None = Field(
        default=None,
        min_length=1,
        max_length=250,  # what an address holds
        description="Codes of piezometers, sensors, communes, networks or samples, 250 at most; repeat the parameter.",
        examples=[["07548X0009/F"]],
    )
    code_departement: Departement = None

    @model_validator(mode="after")
    def _in_order(self) -> "ExportQuery":
        if self.start_date and self.end_date and self.start_date > self.end_date:
            raise ValueError("start_date is after end_date")
        return self
