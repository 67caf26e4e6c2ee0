"""The type checker and the linter, run as tests: `make test` misses nothing that `make lint` finds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(*module_and_arguments: str) -> None:
    """Runs ``python -m …`` in the repository's root and fails with all its findings."""
    command = [sys.executable, "-m", *module_and_arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_types_are_right() -> None:
    """mypy finds nothing, in its strict mode, in the core, the plugins and the scripts."""
    run("mypy")


def test_style_is_right() -> None:
    """ruff finds nothing."""
    run("ruff", "check", ".")
