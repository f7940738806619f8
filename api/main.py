"""The application: `uvicorn api.main:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import FastAPI
from fastapi.routing import APIRoute

from api import errors, openapi, reader
from api.database import Database
from api.headers import SecurityHeaders
from api.routes import data, health, user
from api.schemas.common import said
from api.security import dummy_hash
from api.settings import Settings, load_or_exit

VERSION = "0.1.0"


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    database: Database = app.state.database
    to_thread.current_default_thread_limiter().total_tokens = app.state.settings.pool_size
    dummy_hash()  # before the first login, which would otherwise take longer than the others
    await database.open()
    yield
    await database.close()


def _operation_id(route: APIRoute) -> str:
    return route.name


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the application. Without settings it reads them, or leaves the process with exit code 2."""
    app = FastAPI(
        title=openapi.TITLE,
        description=openapi.DESCRIPTION,
        version=VERSION,
        license_info=openapi.LICENCE,
        openapi_tags=openapi.TAGS,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        generate_unique_id_function=_operation_id,
        responses={503: said("The database does not answer.", Retry_After="Seconds to wait.")},
    )
    app.state.settings = settings or load_or_exit()
    app.state.database = Database(
        app.state.settings.pool_size,
        app.state.settings.pool_timeout_seconds,
        app.state.settings.statement_timeout_seconds,
    )
    # The data first: routes are tried in their order, and these are asked for most.
    for module in (data, user, health):
        app.include_router(module.router)
    app.add_middleware(SecurityHeaders)
    errors.install(app)
    reader.install(app)
    openapi.install(app)
    return app


def __getattr__(name: str) -> FastAPI:
    """`app`, made when it is first asked for: importing this module reads no setting."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    made = globals()["app"] = create_app()
    return made
