"""The type checker and the linter, run as tests: `make test` misses nothing that `make lint` finds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SNIPPET = """
import actreg
from actreg import Elementwise, default_registry

def some(act: Elementwise) -> None:
    reveal_type(actreg.get)
    reveal_type(default_registry())
    reveal_type(act)
    actreg.gett
"""


def run(*module_and_arguments: str) -> None:
    """Runs ``python -m …`` in the repository's root and fails with all its findings."""
    command = [sys.executable, "-m", *module_and_arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_types_are_right() -> None:
    """mypy finds nothing, in its strict mode, in the core, the plugins and the scripts."""
    run("mypy")


@pytest.mark.slow
def test_users_see_the_types_of_public_names(tmp_path: Path) -> None:
    """mypy, in somebody's code, knows what each name is, though it is loaded late; and that there is no other."""
    (tmp_path / "snippet.py").write_text(SNIPPET)
    command = [sys.executable, "-m", "mypy", str(tmp_path / "snippet.py")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = [line.partition(": ")[2] for line in done.stdout.splitlines()]
    assert found[:-1] == [
        'note: Revealed type is "def (Any, **config: Any) -> actreg.contracts.activation.Activation"',
        'note: Revealed type is "actreg.registry.registry.Registry"',
        'note: Revealed type is "actreg.contracts.kinds.Elementwise"',
        'error: Module has no attribute "gett"; maybe "get"?  [attr-defined]',
    ], done.stdout + done.stderr


def test_style_is_right() -> None:
    """ruff finds nothing."""
    run("ruff", "check", ".")
