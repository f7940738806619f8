"""Passwords and keys for compose.yaml, made at the first start.

    python -m flows.image.local_secrets /run/hydrotheque

Each reader has a folder (`setup`, `owner`, `api`) with a file for each variable.
"""

import secrets
import sys
from pathlib import Path

FOLDERS = {
    "setup": {
        "HYDROTHEQUE_ADMIN_PASSWORD": "administrator",
        "PGPASSWORD": "owner",
        "HYDROTHEQUE_API_SERVICE_PASSWORD": "api_service",
        "HYDROTHEQUE_ANALYSTE_PASSWORD": "analyste",
    },
    "owner": {"PGPASSWORD": "owner"},
    "api": {"PGPASSWORD": "api_service", "HYDROTHEQUE_API_SECRET_KEY": "signing key"},
}


def make(root: Path) -> None:
    """Write the missing files, and leave the others. A secret has one value in all folders."""
    values: dict[str, str] = {}
    for folder, files in FOLDERS.items():
        for name, secret in files.items():
            path = root / folder / name
            if path.exists():
                values[secret] = path.read_text()
    for folder, files in FOLDERS.items():
        (root / folder).mkdir(parents=True, exist_ok=True)
        for name, secret in files.items():
            path = root / folder / name
            if not path.exists():
                new = path.with_name(f".{name}")
                new.touch(mode=0o600)
                new.write_text(values.setdefault(secret, secrets.token_urlsafe(48)))
                new.replace(path)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
