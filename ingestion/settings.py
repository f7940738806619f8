"""Where the lake, the warehouse and the sources are: environment variables, then `.env`, then a default."""

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ingestion.errors import SettingsError

ROOT = Path(__file__).resolve().parents[1]
PREFIX = "HYDROTHEQUE_"


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _resources(value: Any) -> Any:
    """Read `2023=c89d…,2024=a631…`."""
    return dict(part.partition("=")[::2] for part in _split(value)) if isinstance(value, str) else value


CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


Departement = Annotated[str, Field(pattern=r"^(0[1-9]|1\d|2[1-9AB]|[3-8]\d|9[0-5]|97[1-46])$")]
Departements = Annotated[tuple[Departement, ...], NoDecode, BeforeValidator(_split)]
ResourceId = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]+$")]
Resources = Annotated[dict[Annotated[int, Field(ge=1990, le=2100)], ResourceId], NoDecode, BeforeValidator(_resources)]
DRINKING_WATER = {
    2021: "d2b432cc-3761-44d3-8e66-48bc15300bb5",
    2022: "a97b6074-c4dd-4ef2-8922-b0cf04dbff9a",
    2023: "c89dec4a-d985-447c-a102-75ba814c398e",
    2024: "a631e486-c790-42d0-8368-6a42b1a3dc1d",
    2025: "7e38c236-dd3c-455e-a728-f0ecb84b1a7c",
}


class Settings(BaseSettings):
    """Every setting of the collection and of the warehouse; the API has its own.

    PostgreSQL goes by libpq's own variables. Without `PGHOST` the embedded server is used.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ROOT / ".env", extra="ignore", env_ignore_empty=True, populate_by_name=True
    )

    home: Path = Field(Path(".local"), description="Folder of everything written; relative to the project")
    sources: Literal["live", "simulated"] = Field("live", description="The providers, or the local simulator")
    lake_url: str = Field("", description="Root of the lake: a folder or `az://`; default `lake` in HOME")
    azure_storage_account_name: str = Field("", validation_alias="AZURE_STORAGE_ACCOUNT_NAME")
    azure_storage_connection_string: str = Field("", validation_alias="AZURE_STORAGE_CONNECTION_STRING", repr=False)
    hubeau_url: str = Field("https://hubeau.eaufrance.fr", pattern=r"^https?://[^/]+$")
    data_gouv_url: str = Field("https://www.data.gouv.fr", pattern=r"^https?://[^/]+$")
    meteo_start_year: int = Field(2000, ge=1958, le=2100, description="First year of weather collected")
    meteo_bbox: Annotated[tuple[float, float, float, float] | None, NoDecode, BeforeValidator(_split)] = Field(
        None, description="lon_min,lat_min,lon_max,lat_max in WGS84 degrees; only the cells inside are kept"
    )
    piezo_stations: CommaList = Field((), description="Codes BSS separated by commas, or `all`")
    piezo_departements: Departements = Field((), description="Department codes separated by commas, as 07,2A,974")
    piezo_window_days: int = Field(400, ge=1, description="Days before a station's last one that are read again")
    capteur_stations: CommaList = Field((), description="Codes of hydrometric stations, sites or BSS, or `all`")
    capteur_departements: Departements = Field((), description="Department codes separated by commas, as 07,2A,974")
    capteur_overlap_hours: int = Field(12, ge=1, le=600, description="Hours before a sensor's last value read again")
    capteur_retention_days: int = Field(400, ge=62, description="Days for which values are kept one by one")
    hubeau_requests_per_second: int = Field(10, ge=0, description="Pace kept with Hub'Eau; 0: none")
    hubeau_concurrency: int = Field(4, ge=1, le=16, description="Requests to Hub'Eau under way at once")
    qualite_eau_resources: Resources = Field(
        DRINKING_WATER, description="year=id of its zip at data.gouv.fr, by commas"
    )
    qualite_eau_start_year: int = Field(2021, ge=1990, le=2100, description="First year of drinking water collected")
    communes_resource: str = Field("f5df602b-3800-44d7-b2df-fa40a0350325", pattern=r"^[0-9A-Za-z-]+$")
    communes_database_url: str = Field(
        "", repr=False, pattern=r"^(postgresql(\+psycopg)?://.+)?$", description="PostgreSQL with communes_france_2025"
    )
    max_shrink_percent: float = Field(5, ge=0, le=100, description="How much shorter a file or a series may come back")
    notify_urls: str = Field("", repr=False, description="apprise addresses that alerts go to")
    notify_refused_percent: float = Field(0.5, ge=0, le=100, description="Share of records refused that needs no alert")
    pghost: str = Field("", validation_alias="PGHOST")
    pgport: int = Field(5432, validation_alias="PGPORT", ge=1, le=65535)
    pguser: str = Field("hydrotheque", validation_alias="PGUSER")
    pgpassword: str = Field("", validation_alias="PGPASSWORD", repr=False)
    pgdatabase: str = Field("hydrotheque", validation_alias="PGDATABASE")
    api_service_password: str = Field("", repr=False, description="Password given to the role api_service")
    analyste_password: str = Field("", repr=False, description="Password given to the role analyste")
    readonly_username: str = Field("analyste", pattern=r"^[a-z_][a-z0-9_]{0,62}$", description="Login of the analysts")
    admin_login: str = Field("", description="Administrator of the server, for `hydrotheque db create` only")
    admin_password: str = Field("", repr=False)

    @model_validator(mode="after")
    def _resolve(self) -> Self:
        self.home = (ROOT / self.home.expanduser()).resolve()
        if not self.lake_url:
            self.lake_url = (self.home / "lake").as_uri()
        elif "://" not in self.lake_url:
            self.lake_url = (ROOT / Path(self.lake_url).expanduser()).resolve().as_uri()
        if self.lake_url.startswith("az://") and not self.azure_storage_account_name:
            self.azure_storage_account_name = _account_name(self.azure_storage_connection_string)
        if self.meteo_bbox:
            west, south, east, north = self.meteo_bbox
            if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
                raise ValueError(f"{PREFIX}METEO_BBOX: expected lon_min,lat_min,lon_max,lat_max in degrees, rising")
        return self


def _account_name(connection_string: str) -> str:
    parts = dict(part.strip().partition("=")[::2] for part in connection_string.split(";"))
    if not parts.get("AccountName"):
        raise ValueError(
            "AZURE_STORAGE_CONNECTION_STRING: it names no account (AccountName=…)"
            if connection_string
            else f"{PREFIX}LAKE_URL: az:// needs AZURE_STORAGE_ACCOUNT_NAME (a managed identity, or az login), "
            "or AZURE_STORAGE_CONNECTION_STRING"
        )
    return parts["AccountName"]


def load_settings(**changes: Any) -> Settings:
    """Read the settings, with `changes` (field names) over the environment.

    Raises SettingsError naming the first variable whose value makes no sense.
    """
    try:
        return Settings(**changes)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        name = field if field.startswith("PG") else f"{PREFIX}{field.upper()}" if field else ""
        known = Settings.model_fields.get(field.lower())
        shown = f" (got {first['input']!r})" if known and known.repr else ""
        message = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{name}: {message}{shown}".removeprefix(": ")) from None


@cache
def get_settings() -> Settings:
    """Return the settings of this process, read once."""
    return load_settings()
