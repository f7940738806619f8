"""The shape of the code: imports without a circle, small modules and functions, no name of a library."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from ingestion.settings import ROOT

PACKAGES = ("ingestion", "flows", "api")
SMALL = PACKAGES
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 250, 45


@cache
def modules() -> dict[str, Path]:
    """The project's files by the name that an import gives them, without the simulator."""
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}
    return {name: path for name, path in names.items() if "simulator" not in name.split(".")}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports at its own import: of `from package import module`, the module."""
    functions = [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    in_functions = {inner for function in functions for inner in ast.walk(function)}
    for node in set(ast.walk(tree(path))) - in_functions:
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{name.name}" for name in node.names]
            yield from (name if name in modules() else node.module for name in names)


def test_no_file_imports_one_that_imports_it_back() -> None:
    known = modules()
    graph = {name: set(imports(path)) & known.keys() - {name} for name, path in known.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError, which has the circle


@pytest.mark.parametrize("package", SMALL)
def test_modules_and_functions_are_small(package: str) -> None:
    large = []
    for name, path in modules().items():
        if name.split(".")[0] == package:
            if (lines := len(path.read_text().splitlines())) > MOST_LINES:
                large.append(f"{name}: {lines} lines")
            for node in ast.walk(tree(path)):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    lines = (node.end_lineno or 0) - node.lineno + 1
                    large += [f"{name}.{node.name}: {lines} lines"] * (lines > MOST_LINES_OF_A_FUNCTION)
    assert large == []


def test_no_module_has_the_name_of_a_library() -> None:
    imported = {each.split(".")[0] for path in modules().values() for each in imports(path)}
    libraries = (imported & packages_distributions().keys()) - set(PACKAGES)
    assert {name for name in modules() if name.split(".")[-1] in libraries} == set()
