"""How the image starts a command: its secrets, the hour of a job, how its end is told."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import jwt
import pytest

from flows.image.entrypoint import PARIS
from ingestion.settings import ROOT
from tests.azure.identity import Identity, serving

PRINT = [sys.executable, "-c", "import os, sys; print(os.environ.get(sys.argv[1], 'not set'))"]
SECRETS = {"owner-password": "the owner's, with = and ,", "secret-key": "the key's"}


def start(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flows.image.entrypoint", *command],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | environment,
        timeout=60,
    )


class Vault:
    """A vault that knows two secrets, is busy at the first call, and names the resource that tokens are for."""

    url = resource = ""


@pytest.fixture
def vault(certificate: tuple[Path, Path]) -> Iterator[Vault]:
    vault, answered = Vault(), []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            if not token or jwt.decode(token, options={"verify_signature": False})["aud"] != vault.resource:
                self.answer(401)
                return
            answered.append(self.path)
            name = self.path.partition("?")[0].removeprefix("/secrets/").rstrip("/")
            self.answer(503 if len(answered) == 1 else 200 if name in SECRETS else 404, SECRETS.get(name))

        def answer(self, status: int, secret: str | None = None) -> None:
            body = json.dumps({"value": secret, "id": f"{vault.url}/secrets/name/1"}).encode()
            self.send_response(status)
            login = "https://login.microsoftonline.com/00000000-0000-0000-0000-000000000001"
            self.send_header("WWW-Authenticate", f'Bearer authorization="{login}", resource="{vault.resource}"')
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler, certificate) as vault.url:
        # The SDK trusts a vault whose host ends in the resource's: x.vault.azure.net asks for https://vault.azure.net.
        vault.resource = vault.url.replace("127.", "")
        yield vault


def test_secrets_come_from_the_vault_as_the_managed_identity(vault: Vault, identity: Identity) -> None:
    environment = identity.environment | {
        "HYDROTHEQUE_KEY_VAULT_URL": f"{vault.url}/",
        "HYDROTHEQUE_KEY_VAULT_SECRETS": "PGPASSWORD=owner-password, HYDROTHEQUE_API_SECRET_KEY=secret-key",
    }
    assert start(*PRINT, "PGPASSWORD", **environment).stdout == "the owner's, with = and ,\n"
    assert start(*PRINT, "PGPASSWORD", PGPASSWORD="given", **environment).stdout == "given\n"
    assert identity.resources == {vault.resource}


def test_a_vault_that_asks_for_tokens_of_another_service_gets_none(vault: Vault, identity: Identity) -> None:
    vault.resource = "https://storage.azure.com"
    environment = identity.environment | {
        "HYDROTHEQUE_KEY_VAULT_URL": vault.url,
        "HYDROTHEQUE_KEY_VAULT_SECRETS": "PGPASSWORD=owner-password",
    }
    done = start(*PRINT, "PGPASSWORD", **environment)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"hydrotheque: HYDROTHEQUE_KEY_VAULT_URL: {vault.url} cannot be read: ")
    assert identity.resources == set()


def test_a_secret_that_the_vault_lacks_stops_the_start(vault: Vault, identity: Identity) -> None:
    environment = identity.environment | {
        "HYDROTHEQUE_KEY_VAULT_URL": vault.url,
        "HYDROTHEQUE_KEY_VAULT_SECRETS": "HYDROTHEQUE_API_SECRET_KEY=secret-key,PGPASSWORD=no-such-secret",
    }
    done = start(*PRINT, "PGPASSWORD", **environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"hydrotheque: PGPASSWORD: the vault {vault.url} answers 404 for secret no-such-secret\n"


def test_a_vault_that_cannot_be_reached_is_one_line(identity: Identity) -> None:
    environment = identity.environment | {
        "HYDROTHEQUE_KEY_VAULT_URL": "https://127.0.0.1:1",
        "HYDROTHEQUE_KEY_VAULT_SECRETS": "PGPASSWORD=owner-password",
    }
    done = start(*PRINT, "PGPASSWORD", **environment)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("hydrotheque: HYDROTHEQUE_KEY_VAULT_URL: https://127.0.0.1:1 cannot be read: ")


def test_secrets_come_from_a_folder_of_files(tmp_path: Path) -> None:
    (tmp_path / "PGPASSWORD").write_text("of a file\n")
    folder = {"HYDROTHEQUE_SECRETS_FOLDER": str(tmp_path)}
    assert start(*PRINT, "PGPASSWORD", **folder).stdout == "of a file\n"
    done = start(*PRINT, "PGPASSWORD", HYDROTHEQUE_SECRETS_FOLDER=str(tmp_path / "none"))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "HYDROTHEQUE_SECRETS_FOLDER" in done.stderr


@pytest.mark.parametrize("code", [0, 3])
def test_a_job_tells_how_it_ended(code: int) -> None:
    done = start(sys.executable, "-c", f"print('working'); raise SystemExit({code})", HYDROTHEQUE_JOB="get-csv")
    assert done.returncode == code
    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["job"], last["exit_code"]) == ("get-csv", code)
    assert last["seconds"] >= 0


def test_a_job_goes_on_at_its_hour_in_paris_only() -> None:
    hour = datetime.now(PARIS).hour
    at_its_hour = start(*PRINT, "PGHOST", HYDROTHEQUE_JOB="j", HYDROTHEQUE_ONLY_AT_HOUR=str(hour))
    hour = datetime.now(PARIS).hour
    another = start(*PRINT, "PGHOST", HYDROTHEQUE_JOB="j", HYDROTHEQUE_ONLY_AT_HOUR=str((hour + 12) % 24))
    assert "not set" in at_its_hour.stdout
    assert (another.returncode, list(json.loads(another.stdout))) == (0, ["job", "skipped"])
    wrong = start(*PRINT, "PGHOST", HYDROTHEQUE_JOB="j", HYDROTHEQUE_ONLY_AT_HOUR="midnight")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)


def test_a_job_that_is_told_to_stop_passes_it_on_and_tells_of_it() -> None:
    command = [sys.executable, "-m", "flows.image.entrypoint", sys.executable, "-c"]
    command.append("import time; print('ready', flush=True); time.sleep(60)")
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"HYDROTHEQUE_JOB": "mensuel"}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    rest = process.communicate(timeout=30)[0]
    assert time.monotonic() - began < 30
    assert process.returncode == 128 + signal.SIGTERM
    assert json.loads(rest)["exit_code"] == 128 + signal.SIGTERM


def test_nothing_to_start_and_no_such_command_are_one_line() -> None:
    assert start().stderr == "hydrotheque: no command to start: name one, such as `hydrotheque run`\n"
    done = start("no-such-program")
    assert (done.returncode, done.stderr) == (127, "hydrotheque: no-such-program: no such command\n")
