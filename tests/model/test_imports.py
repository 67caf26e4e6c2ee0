"""Checking a spec needs no array library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

PROGRAM = """
import sys
from actreg.model import read_spec, plan_of, rows, total_parameters
text = "actreg: 1\\ninput: [1, 8, 8]\\nvars: {act: silu}\\nlayers: [conv2d: {out_channels: 4, kernel: 3}, " \\
       "act: $act, batch_norm, flatten, maxout: 4, prelu: each, residual: [linear: 4, softmax], linear: 3]\\n" \\
       "data: {file: d.npz, inputs: x, targets: y}\\ntrain: {optimizer: sgd}\\n"
plan = plan_of(read_spec(text))
rows(plan), total_parameters(plan)
try:
    read_spec(text.replace("softmax", "sofmax"))
except ValueError as error:
    assert "did you mean 'softmax'" in str(error)
loaded = [name for name in ("numpy", "torch", "ml_dtypes", "safetensors") if name in sys.modules]
sys.exit(f"loaded {loaded}" if loaded else 0)
"""


def test_checking_a_spec_loads_no_array_library() -> None:
    """In a process of its own: read, plan, table, and a message about a mistake."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_importing_the_package_loads_no_yaml() -> None:
    """`import actreg` needs no reader."""
    program = "import sys, actreg, actreg.model; sys.exit('yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
