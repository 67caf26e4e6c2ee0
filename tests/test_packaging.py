"""What `pip install` brings: one version, pinned dependencies, extras that anybody can install."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from actreg.version import __version__

ROOT = Path(__file__).parent.parent
PROJECTS = [ROOT / "pyproject.toml", *sorted(ROOT.glob("plugins/*/pyproject.toml"))]
OURS = {"actreg"} | {path.parent.name for path in PROJECTS[1:]}


def project(path: Path) -> dict[str, Any]:
    """The [project] table of a pyproject.toml."""
    table: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))["project"]
    return table


def plain(requirement: str) -> str:
    """The name that a requirement is for, as package indexes compare it."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match is not None
    return re.sub(r"[-_.]+", "-", match.group()).lower()


CORE = project(PROJECTS[0])
LINES = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if line and line[0] != "#"]
EXTRAS = sorted(CORE["optional-dependencies"])


def test_version_is_told_once() -> None:
    """The package's own version is its metadata's."""
    assert CORE["version"] == __version__


@pytest.mark.parametrize("extra", EXTRAS)
def test_extras_name_only_published_packages(extra: str) -> None:
    """No extra asks an index for a package that lives in this repository alone."""
    assert OURS.isdisjoint(plain(requirement) for requirement in CORE["optional-dependencies"][extra])


@pytest.mark.parametrize("line", LINES)
def test_constraints_are_exact_versions(line: str) -> None:
    """Every constraint pins one version and names no index, address or path."""
    assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", line)


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.parent.name)
def test_every_dependency_is_pinned(path: Path) -> None:
    """Whatever a distribution asks for, `constraints.txt` says which version was tested."""
    table = project(path)
    groups = [table["dependencies"], *table.get("optional-dependencies", {}).values()]
    pinned = {plain(line) for line in LINES}
    assert {plain(requirement) for group in groups for requirement in group} - OURS <= pinned


def test_core_needs_no_torch() -> None:
    """Training on NumPy works on a machine without torch: the core asks for no other array library."""
    assert not {"torch", "jax", "numba", "scikit-learn"} & {plain(requirement) for requirement in CORE["dependencies"]}
