"""The entry point of the image: secrets into the environment, a job at its hour only, then the command.

    python -m flows.image.entrypoint hydrotheque collect meteo

HYDROTHEQUE_SECRETS_FOLDER     folder of files, each a variable by its name; as Docker and Kubernetes mount secrets
HYDROTHEQUE_KEY_VAULT_URL      address of a vault, read as the managed identity
HYDROTHEQUE_KEY_VAULT_SECRETS  its secrets: VARIABLE=name-in-the-vault, separated by commas
HYDROTHEQUE_JOB                name of a job: it ends with one line of JSON, which the alerts read
HYDROTHEQUE_ONLY_AT_HOUR       hour in Paris at which a job runs; at other hours it exits with 0 at once

A variable of the environment wins over a secret.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
SETTING_WRONG = 2  # the exit code of ingestion.errors.SettingsError
TRIES = 3  # a new role takes minutes to reach the vault; the platform restarts the container


class StartError(Exception):
    """The command cannot be started; the message is one line that names the variable."""


def main(command: list[str]) -> int:
    """Start the command: it replaces this process, unless it is a job."""
    try:
        if not command:
            raise StartError("no command to start: name one, such as `hydrotheque run`")
        for name, value in read_secrets():
            os.environ.setdefault(name, value)
        job = os.environ.get("HYDROTHEQUE_JOB")
        if not job:
            os.execvp(command[0], command)  # noqa: S606 - the image's own command, no shell
        return run_job(job, command)
    except StartError as error:
        sys.stderr.write(f"hydrotheque: {error}\n")
        return SETTING_WRONG
    except FileNotFoundError:
        sys.stderr.write(f"hydrotheque: {command[0]}: no such command\n")
        return 127


def read_secrets() -> Iterator[tuple[str, str]]:
    """Yield the variables of the secrets: from files, then from the vault."""
    if folder := os.environ.get("HYDROTHEQUE_SECRETS_FOLDER"):
        yield from _from_folder(Path(folder))
    url = os.environ.get("HYDROTHEQUE_KEY_VAULT_URL", "")
    wanted = os.environ.get("HYDROTHEQUE_KEY_VAULT_SECRETS", "")
    if url and wanted:
        yield from _from_vault(url, wanted)


def run_job(job: str, command: list[str]) -> int:
    """Run a command to its end, log its result as a line of JSON, and return its exit status."""
    hour = os.environ.get("HYDROTHEQUE_ONLY_AT_HOUR", "")
    if hour and not is_hour(hour, datetime.now(PARIS)):
        _log(job=job, skipped=f"it is not {hour}:00 in Paris")
        return 0
    began = time.monotonic()
    with subprocess.Popen(command) as process:  # noqa: S603 - the image's own command, no shell
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda received, _: process.send_signal(received))
        code = process.wait()
    code = 128 - code if code < 0 else code  # a shell's exit status after a signal
    _log(job=job, exit_code=code, seconds=round(time.monotonic() - began, 1))
    return code


def is_hour(hour: str, now: datetime) -> bool:
    """Return whether it is that hour. Raises StartError for a value that is no hour."""
    if not (hour.isdecimal() and int(hour) < 24):
        raise StartError(f"HYDROTHEQUE_ONLY_AT_HOUR: {hour!r} is no hour from 0 to 23")
    return now.hour == int(hour)


def _from_folder(folder: Path) -> Iterator[tuple[str, str]]:
    try:
        for path in sorted(folder.iterdir()):
            yield path.name, path.read_text().rstrip("\n")
    except OSError as error:
        raise StartError(f"HYDROTHEQUE_SECRETS_FOLDER: {error.filename}: {error.strerror}") from None


def _from_vault(url: str, wanted: str) -> Iterator[tuple[str, str]]:
    # Slow to import, and only a container on Azure needs them.
    from azure.core.exceptions import AzureError, HttpResponseError  # noqa: PLC0415
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415
    from azure.keyvault.secrets import SecretClient  # noqa: PLC0415

    try:
        vault = SecretClient(url, DefaultAzureCredential(), retry_total=TRIES, connection_timeout=10, read_timeout=10)
        for pair in wanted.split(","):
            variable, _, name = pair.strip().partition("=")
            try:
                yield variable, vault.get_secret(name).value or ""
            except HttpResponseError as error:
                raise StartError(f"{variable}: the vault {url} answers {error.status_code} for secret {name}") from None
    except (AzureError, ValueError) as error:  # ValueError: the address is not that of a vault
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise StartError(f"HYDROTHEQUE_KEY_VAULT_URL: {url} cannot be read: {reason}") from None


def _log(**line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
