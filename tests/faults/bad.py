"""A fault at a path of the providers: how often it comes, and what the operator reads."""

from dataclasses import dataclass
from typing import Any

import pytest

from ingestion.providers import http
from tests.faults.proxy import Fault

YEAR = "QUOT_SIM2_2023.csv.gz"  # the first file read
SERIES = "/chroniques"
BUSY = '{"message": "busy"}'
PAGE = "<h1>Whitelabel Error Page</h1>"
ACCEPT = "run again with --accept"


@dataclass(frozen=True)
class Bad:
    """A fault at a path, how many answers have it (or tries are made), and what the operator reads."""

    path: str
    fault: Fault
    times: int
    message: str = ""

    @property
    def domain(self) -> str:
        return "piezometrie" if self.path in (SERIES, "/stations") else "meteo"


def passing(name: str, path: str, fault: Fault, times: int = 1) -> Any:
    return pytest.param(Bad(path, fault, times), id=name)


def lasting(name: str, path: str, fault: Fault, message: str) -> Any:
    """A fault that another try might mend, and does not."""
    return pytest.param(Bad(path, fault, http.ATTEMPTS, message), id=name)


def refused(name: str, path: str, fault: Fault, message: str) -> Any:
    """A fault that no other try can mend."""
    return pytest.param(Bad(path, fault, 1, message), id=name)
