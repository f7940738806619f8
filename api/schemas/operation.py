"""Bodies of the routes for whoever watches the service."""

from pydantic import BaseModel, Field


class ProblemKind(BaseModel):
    """What an error means."""

    type: str = Field(description="As in the error.", examples=["/problems/not-found"])
    status: int = Field(description="The HTTP status it comes with.", examples=[404])
    title: str = Field(description="The kind in a few words.", examples=["Not found"])
    advice: str = Field(description="What to do about it.")
