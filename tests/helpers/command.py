"""The `hydrotheque` command in this process: what it prints and the status it leaves with, without its start-up."""

import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import NamedTuple

import pytest

from flows.cli import main
from ingestion.settings import get_settings


class Done(NamedTuple):
    """What a command left: subprocess.CompletedProcess has the same names."""

    returncode: int
    stdout: str
    stderr: str


def hydrotheque(*arguments: object, **environment: str) -> Done:
    """Run the command with arguments and further environment variables."""
    printed, errors = StringIO(), StringIO()
    status = 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed), redirect_stderr(errors):
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["hydrotheque", *map(str, arguments)])
        get_settings.cache_clear()
        try:
            main()
        except SystemExit as left:
            status = int(left.code or 0)
        finally:
            get_settings.cache_clear()
    return Done(status, printed.getvalue(), errors.getvalue())
