"""What /data/catalogue answers."""

import datetime as dt

from pydantic import BaseModel, Field


class CatalogueColumn(BaseModel):
    """A column of a table."""

    name: str = Field(description="Its name.", examples=["niveau_nappe_eau"])
    type: str = Field(description="Its type in PostgreSQL.", examples=["double precision"])
    nullable: bool = Field(description="Whether it may be null.")
    unit: str | None = Field(
        description="Unit of a number, `column …` that has it, `1` for none; null for the rest.", examples=["m NGF"]
    )
    description: str = Field(description="What it holds.", examples=["Level of the groundwater: high is wet."])


class Reference(BaseModel):
    """A foreign key."""

    columns: list[str] = Field(description="Columns of this table.", examples=[["code_bss"]])
    table: str = Field(description="The table that they refer to.", examples=["info_nappe"])
    referred: list[str] = Field(description="Columns of that table.", examples=[["code_bss"]])


class Producer(BaseModel):
    """Whom to name, and how recent what comes from there is."""

    name: str = Field(description="The producers, and where they publish.")
    url: str = Field(description="The page of the data.")
    data_read: dt.datetime | None = Field(description="When something new of it was last read (UTC).")
    collected: dt.datetime | None = Field(description="When it was last collected completely (UTC).")
    late: bool = Field(description="Whether the data is older than it is usually published.")


class CatalogueTable(BaseModel):
    """A table."""

    name: str = Field(description="Its name, as `/data/export/{table}` takes it.", examples=["nappe"])
    version: int | None = Field(description="Number of the last package of data in it; it rises.")
    built: dt.datetime | None = Field(description="When it was last built (UTC).")
    rows: int | None = Field(description="Rows after the last build.")
    description: str = Field(description="What a row is.")
    producers: list[Producer] = Field(description="Where its data comes from.")
    columns: list[CatalogueColumn] = Field(description="Its columns, in their order.")
    key: list[str] = Field(description="The columns of its primary key.", examples=[["code_bss", "date_mesure"]])
    references: list[Reference] = Field(description="Its foreign keys.")


class Catalogue(BaseModel):
    """The tables that are served."""

    licence: str = Field(description="Licence of all the data.")
    licence_url: str = Field(description="Its text.")
    tables: list[CatalogueTable] = Field(description="The tables, by name.")
