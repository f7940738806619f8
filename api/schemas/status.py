"""What /status answers."""

from datetime import datetime

from pydantic import BaseModel, Field, computed_field


class SourceStatus(BaseModel):
    """The state of a source: a row of `marts.etat_source`."""

    source: str = Field(description="The domain that is collected.", examples=["meteo"])
    last_success: datetime | None = Field(description="When it was last collected completely (UTC).")
    last_attempt: datetime | None = Field(description="When a collection was last tried (UTC).")
    failed: bool = Field(description="Whether that attempt failed; what was collected before stays.")
    rows: int | None = Field(description="Rows that the last complete collection brought.")
    refused: int | None = Field(description="Records that it refused.")
    data_read: datetime | None = Field(description="When something new of the source was last read (UTC).")
    next_run: datetime | None = Field(description="When the next collection is planned (UTC).")
    collection_late: bool = Field(description="Whether a planned collection is missing.")
    data_late: bool = Field(description="Whether the provider's data is older than it is usually published.")

    @computed_field(description="Whether either is late.")  # type: ignore[prop-decorator]  # mypy knows no such property
    @property
    def late(self) -> bool:
        """Whether either is late."""
        return self.collection_late or self.data_late


class TableStatus(BaseModel):
    """The state of a table: a row of `marts.etat_table`."""

    table: str = Field(description="The name of the table.", examples=["meteo"])
    version: int | None = Field(description="Number of the last package of data in it; it rises.")
    built: datetime | None = Field(description="When it was last built (UTC).")
    rows: int = Field(description="Rows after the last build.")


class WarehouseStatus(BaseModel):
    """How recent the data is."""

    late: bool = Field(description="Whether any source is late.")
    checked: datetime = Field(description="Now (UTC).")
    sources: list[SourceStatus] = Field(description="What is collected.")
    tables: list[TableStatus] = Field(description="What is served.")
