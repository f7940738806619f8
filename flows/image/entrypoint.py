"""What the image starts: secrets into the environment, a job at its hour only, then the command.

    python -m flows.image.entrypoint hydrotheque collect meteo

HYDROTHEQUE_SECRETS_FOLDER     folder of files, each a variable by its name; as Docker and Kubernetes mount secrets
HYDROTHEQUE_KEY_VAULT_URL      vault read as the managed identity, and
HYDROTHEQUE_KEY_VAULT_SECRETS  what is read of it: VARIABLE=name-in-the-vault, separated by commas
HYDROTHEQUE_JOB                name of a job: its end is one line of JSON, which the alerts look for
HYDROTHEQUE_ONLY_AT_HOUR       hour in Paris at which a job goes on; at another it ends well, having done nothing

A variable that is set already wins over a secret.
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
SETTING_WRONG = 2  # as ingestion.errors.SettingsError
TRIES = 3  # a role that was just given takes minutes to reach the vault; the platform starts the container again


class StartError(Exception):
    """The command cannot be started; the message is one line that names the variable."""


def main(command: list[str]) -> int:
    """Start the command; it takes the place of this process, unless it is a job."""
    try:
        if not command:
            raise StartError("no command to start: name one, such as `hydrotheque run`")
        for name, value in secrets():
            os.environ.setdefault(name, value)
        job = os.environ.get("HYDROTHEQUE_JOB")
        if not job:
            os.execvp(command[0], command)  # noqa: S606 - the image's own command, no shell
        return run_job(job, command)
    except StartError as error:
        sys.stderr.write(f"hydrotheque: {error}\n")
        return SETTING_WRONG
    except FileNotFoundError:
        sys.stderr.write(f"hydrotheque: {command[0]}: there is no such command\n")
        return 127


def secrets() -> Iterator[tuple[str, str]]:
    """Yield the variables that are secrets: from files, then from the vault."""
    if folder := os.environ.get("HYDROTHEQUE_SECRETS_FOLDER"):
        yield from _of_folder(Path(folder))
    url = os.environ.get("HYDROTHEQUE_KEY_VAULT_URL", "")
    wanted = os.environ.get("HYDROTHEQUE_KEY_VAULT_SECRETS", "")
    if url and wanted:
        yield from _from_vault(url, wanted)


def run_job(job: str, command: list[str]) -> int:
    """Run a command to its end and say in a line of JSON how it ended; return its exit status."""
    hour = os.environ.get("HYDROTHEQUE_ONLY_AT_HOUR", "")
    if hour and not is_hour(hour, datetime.now(PARIS)):
        _say(job=job, skipped=f"it is not {hour}:00 in Paris")
        return 0
    began = time.monotonic()
    with subprocess.Popen(command) as process:  # noqa: S603 - the image's own command, no shell
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda received, _: process.send_signal(received))
        code = process.wait()
    code = 128 - code if code < 0 else code  # as a shell tells of a signal
    _say(job=job, exit_code=code, seconds=round(time.monotonic() - began, 1))
    return code


def is_hour(hour: str, now: datetime) -> bool:
    """Tell whether it is that hour; raises StartError for what is no hour."""
    if not (hour.isdecimal() and int(hour) < 24):
        raise StartError(f"HYDROTHEQUE_ONLY_AT_HOUR: {hour!r} is no hour from 0 to 23")
    return now.hour == int(hour)


def _of_folder(folder: Path) -> Iterator[tuple[str, str]]:
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


def _say(**line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
