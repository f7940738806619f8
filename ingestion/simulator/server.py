"""The simulator as an application and as a server. Both providers stand under one base URL."""

import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from ingestion.simulator import data_gouv, hubeau, hydrometrie, temps_reel
from ingestion.simulator.published import Publications
from ingestion.simulator.sim2_files import FileStore
from ingestion.simulator.world import Scenario


def build_app(scenario: Scenario, cache_dir: Path | None = None, middleware: Sequence[Middleware] = ()) -> Starlette:
    """The two providers in the state of a scenario.

    cache_dir       where generated SIM2 files are kept from one run to the next; a folder that goes with the
                    application when None
    middleware      put in front of both providers, to inject faults
    """
    temporary = None
    if cache_dir is None:
        temporary = tempfile.TemporaryDirectory(prefix="sim2-", ignore_cleanup_errors=True)
        cache_dir = Path(temporary.name)
    store, publications = FileStore(scenario, cache_dir), Publications(scenario, cache_dir)
    routes = [
        *data_gouv.routes(store, publications),
        *hubeau.routes(scenario),
        *hydrometrie.routes(scenario),
        *temps_reel.routes(scenario),
    ]
    app = Starlette(routes=routes, middleware=list(middleware))
    app.state.store = store
    app.state.temporary = temporary
    return app


def prepare(scenario: Scenario, cache_dir: Path) -> list[Path]:
    """Make every SIM2 file of a scenario now; the first request then waits for none. Returns their paths."""
    store = FileStore(scenario, cache_dir)
    return [store.path(name) for name in store.files]


def _config(app: Starlette, log_level: str) -> uvicorn.Config:
    # Hub'Eau's answers are dated by the scenario's clock.
    return uvicorn.Config(
        app, log_level=log_level, access_log=False, lifespan="off", date_header=False, timeout_graceful_shutdown=2
    )


@contextmanager
def serving(app: Starlette, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve an application from a thread of this process; yields the base URL, without a slash at its end.

    Raises OSError when the port is taken.
    """
    server = uvicorn.Server(_config(app, "warning"))
    with socket.create_server((host, port)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), name="simulator", daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.005)
        try:
            yield f"http://{host}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def running(
    scenario: Scenario,
    host: str = "127.0.0.1",
    port: int = 0,
    cache_dir: Path | None = None,
    middleware: Sequence[Middleware] = (),
) -> Iterator[str]:
    """Serve a scenario as `serving` does."""
    app = build_app(scenario, cache_dir, middleware)
    with serving(app, host, port) as url:
        try:
            yield url
        finally:
            if app.state.temporary is not None:
                app.state.temporary.cleanup()


def serve_forever(scenario: Scenario, host: str = "127.0.0.1", port: int = 8010, cache_dir: Path | None = None) -> None:
    """Serve in this thread until interrupted; uvicorn writes the address to the log."""
    config = _config(build_app(scenario, cache_dir), "info")
    config.host, config.port = host, port
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run()
