"""Azurite, Microsoft's stand-in for Azure's storage, from npm; and the fixtures that share it."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.azure.identity import Identity, endpoint, make_certificate

VERSION = "3.35.0"
ACCOUNT = "devstoreaccount1"
# Not a secret: Microsoft publishes it, and Azurite knows no other.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@dataclass(frozen=True)
class Azurite:
    """A running Azurite: its port on 127.0.0.1, and how a client with the key reaches it."""

    port: int
    scheme: str = "http"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}/{ACCOUNT}"

    @property
    def connection_string(self) -> str:
        return (
            f"DefaultEndpointsProtocol={self.scheme};AccountName={ACCOUNT};AccountKey={KEY};"
            f"BlobEndpoint={self.scheme}://{self.host};"
        )


@pytest.fixture(scope="session")
def azurite_program() -> Path:
    """The program, installed once for all runs of this machine."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("Azurite needs Node and npm")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "hydrotheque-tests" / f"azurite-{VERSION}"
    program = cache / "node_modules" / ".bin" / "azurite-blob"
    if not program.exists():
        cache.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", "--prefix", str(cache), "--no-audit", "--no-fund", f"azurite@{VERSION}"]
        done = subprocess.run(install, check=False, capture_output=True, text=True, timeout=300)
        if done.returncode:
            pytest.skip(f"npm could not install Azurite: {done.stderr.strip().splitlines()[-1:]}")
    return program


@pytest.fixture(scope="session")
def azurite(azurite_program: Path) -> Iterator[Azurite]:
    """Azurite over HTTP, with its key."""
    server = Azurite(free_port())
    with running(azurite_program, server):
        yield server


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def azurite_with_identities(azurite_program: Path, certificate: tuple[Path, Path]) -> Iterator[Azurite]:
    """Azurite over HTTPS, which takes Entra's tokens: for storage, not out of date; it checks no signature."""
    server = Azurite(free_port(), "https")
    options = ("--oauth", "basic", "--cert", str(certificate[0]), "--key", str(certificate[1]))
    with running(azurite_program, server, *options):
        yield server


@pytest.fixture
def identity(certificate: tuple[Path, Path]) -> Iterator[Identity]:
    """A managed identity's endpoint."""
    with endpoint(certificate[0]) as identity:
        yield identity


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(program: Path, server: Azurite, *options: str) -> Iterator[None]:
    """Run Azurite, in memory, until the block ends."""
    command = [program, "--blobHost", "127.0.0.1", "--blobPort", str(server.port), "--inMemoryPersistence", "--silent"]
    command += ["--skipApiVersionCheck", "--disableTelemetry", *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 60
        while not _answers(server.port):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"Azurite does not start: {process.stderr.read() if process.stderr else ''}")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
