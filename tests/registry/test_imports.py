"""The core and its listings load no array library."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAMS = {
    "import": "import actreg",
    "names": "import actreg; actreg.names(); actreg.names(kind='gated', backend='numpy')",
    "get": "import actreg; actreg.get('leaky_relu', negative_slope=0.1); actreg.get('keras:LeakyReLU')",
    "explain": "import actreg; str(actreg.explain('swish'))",
    "errors": "import actreg\ntry: actreg.get('relo')\nexcept actreg.UnknownNameError: pass",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_no_array_library_is_loaded(program: str) -> None:
    """In a fresh process: neither numpy nor torch nor jax, nor YAML."""
    check = "; import sys; print([m for m in ('numpy', 'torch', 'jax', 'yaml', 'rich') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program.replace("\n", "\n") + "\n" + check.removeprefix("; ")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
