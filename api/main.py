"""The application: `uvicorn api.main:app`."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.cors import CORSMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api import VERSION, errors, logs, openapi, reader, telemetry
from api.database import Database
from api.export import Exports
from api.limits import Limiter
from api.metrics import Metrics
from api.middleware import Envelope
from api.routes import (
    data_capteurs,
    data_catalogue,
    data_communes,
    data_eau,
    data_export,
    data_meteo,
    data_piezo,
    health,
    operation,
    status,
    user,
)
from api.security import dummy_hash
from api.settings import Settings, load_or_exit


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    database: Database = app.state.database
    to_thread.current_default_thread_limiter().total_tokens = app.state.settings.pool_size
    dummy_hash()  # before the first login, which would otherwise take longer than the others
    await database.open()
    yield
    await database.close()
    if app.state.settings.applicationinsights_connection_string.get_secret_value():
        await to_thread.run_sync(telemetry.flush)


def _operation_id(route: APIRoute) -> str:
    return route.name


def create_app(settings: Settings) -> FastAPI:
    """Make the application."""
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
        responses=openapi.ANYWHERE,
        telemetry=telemetry.OF_REQUESTS,
    )
    app.state.settings = settings
    app.state.database = Database(settings.pool_size, settings.pool_timeout_seconds, settings.statement_timeout_seconds)
    app.state.exports = Exports(app.state.database, settings)
    app.state.limiter = Limiter(settings)
    app.state.metrics = Metrics()
    # The data first: routes are tried in their order, and these are asked for most.
    of_data = (data_meteo, data_piezo, data_capteurs, data_communes, data_eau, data_catalogue, data_export)
    for module in (*of_data, user, health, operation, status):
        app.include_router(module.router)
    errors.install(app)
    reader.install(app)
    openapi.install(app)
    _surround(app, settings)
    return app


def _surround(app: FastAPI, settings: Settings) -> None:
    """Add the layers around the application, the innermost first."""
    app.add_middleware(Envelope, settings.max_body_bytes, app.state.metrics)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-None-Match", "X-Request-ID"],
            expose_headers=["Content-Disposition", "ETag", "Link", "Retry-After", "X-Request-ID"],
        )
    if settings.trusted_proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies))


def __getattr__(name: str) -> FastAPI:
    """`app`, made when it is first asked for: importing this module reads no setting and leaves the logs alone.

    A setting that is missing or makes no sense ends the process with exit code 2 and one line.
    """
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    settings = load_or_exit()
    logs.configure(settings.log_level)
    telemetry.configure(settings)
    made = globals()["app"] = create_app(settings)
    gc.freeze()  # what is there now lives as long as the process: nobody need look through it for what is left over
    return made
