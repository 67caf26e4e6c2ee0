"""The suite bites from outside: wrong packages, installed, in pytest; a fresh package gets the suite by one line."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

GELU = '''
import math
import actreg

class Mine(actreg.Elementwise):
    """GELU, x·Φ(x)."""
    info = actreg.Info(name="gelu")

    def forward(self, xp, x):
        FORMULA

    def reference(self, mp, x):
        return x * mp.erfc(-x / mp.sqrt(2)) / 2

    def reference_derivative(self, mp, x):
        return mp.erfc(-x / mp.sqrt(2)) / 2 + x * mp.npdf(x)

    def laws(self):
        return actreg.Laws(limits=(-0.0, math.inf), at_zeros=(-0.0, 0.0))

@actreg.hookimpl
def actreg_activations():
    return [Mine]
'''
EXACT = "return xp.gate(x, 0.5 * xp.erfc(-x * math.sqrt(0.5)))"
BY_TANH = "return xp.gate(x, 0.5 * (1.0 + xp.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))))"

KERNEL = """
import numpy as np
import actreg

def bind(act, device, dtype):
    def forward(x, out=None):
        y = np.tanh(x.astype(np.longdouble)).astype(x.dtype)
        if out is None:
            return y
        FILL
        return out

    def pullback(x, y, grad):
        return {"x": (grad / np.cosh(x.astype(np.longdouble)) ** 2).astype(x.dtype)}

    return actreg.Bound(forward, pullback)

@actreg.hookimpl
def actreg_kernels():
    return [actreg.Kernel("tanh", "numpy", bind, "mine.tanh", dtypes=frozenset({"float32"}), priority=99)]
"""

BACKEND = """
import actreg
from actreg.backends.numpy.backend import NumpyBackend

class Mine(NumpyBackend):
    name, modules = "mine", ()
    kinds = frozenset({"elementwise"})

    def apply(self, act, x, parameters, *, out=None, generator=None):
        import numpy as np
        y = super().apply(act, x, parameters, out=out, generator=generator)
        y[np.abs(y) < LIMIT] = 0
        return y

@actreg.hookimpl
def actreg_backends():
    return [Mine]
"""

PACKAGES = [
    ("tanh-gelu", GELU.replace("FORMULA", BY_TANH), GELU.replace("FORMULA", EXACT), "gelu on numpy", "value"),
    ("deaf-kernel", KERNEL.replace("FILL", "pass"), KERNEL.replace("FILL", "out[...] = y"), "tanh on numpy", "out"),
    (
        "flushing-backend",
        BACKEND.replace("LIMIT", "1e-38"),
        BACKEND.replace("LIMIT", "0"),
        "tanh on mine",
        "subnormals",
    ),
]


def dist_info(site: Path, distribution: str, entry_points: str) -> None:
    """What pip leaves of a distribution."""
    info = site / f"{distribution.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(entry_points, encoding="utf-8")


def run_pytest(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """pytest with our entry point and that folder on its path, as it is found in an environment of somebody else's."""
    points = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]["pytest11"]
    dist_info(site, "actreg", "[pytest11]\n" + "".join(f"{name} = {value}\n" for name, value in points.items()))
    path = os.pathsep.join([str(site), str(ROOT)])
    command = [sys.executable, "-m", "pytest", "-q", "-rfEx", "-p", "no:cacheprovider", *arguments]
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(command, cwd=site, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.parametrize(("name", "wrong", "honest", "cell", "by"), PACKAGES, ids=[case[0] for case in PACKAGES])
def test_a_wrong_package_is_caught_in_pytest(name, wrong, honest, cell, by, tmp_path):
    """By the law that it breaks; the honest package of the same make passes that law."""
    for kind, source, status in (("wrong", wrong, 1), ("honest", honest, 0)):
        site = tmp_path / kind
        site.mkdir()
        (site / f"{kind}_package.py").write_text(source, encoding="utf-8")
        dist_info(site, f"{kind}-{name}", f"[actreg]\nplugin = {kind}_package\n")
        only = ("--actreg-dtype=float32", f"--actreg-check={by}", "--pyargs", "actreg.conformance")
        backend = "mine" if "mine" in cell else "numpy"
        done = run_pytest(site, f"--actreg-plugin={kind}-{name}", f"--actreg-backend={backend}", *only)
        assert done.returncode == status, done.stdout
        assert (f"FAILED actreg.conformance::{cell} in float32: {by}: " in done.stdout) is bool(status)


BUILDER = '''
"""Builds a wheel with nothing but the standard library, so that pip needs no network."""
import zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "fresh_acts-1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.write("fresh_acts.py")
        info = "fresh_acts-1.0.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: fresh-acts\\nVersion: 1.0\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/entry_points.txt", "[actreg]\\nfresh = fresh_acts\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
'''


@pytest.mark.slow
def test_a_fresh_package_gets_the_suite_by_one_line(tmp_path):
    """Written in an empty folder, installed with pip, tested by one line in a test module, and by one command."""
    project, site = tmp_path / "fresh", tmp_path / "site"
    project.mkdir()
    (project / "fresh_acts.py").write_text(
        GELU.replace("FORMULA", EXACT).replace('"gelu"', '"fresh"'), encoding="utf-8"
    )
    (project / "builder.py").write_text(BUILDER, encoding="utf-8")
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "builder"\nbackend-path = ["."]\n', encoding="utf-8"
    )
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site)]
    done = subprocess.run([*pip, str(project)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    line = 'import actreg\ntest_fresh = actreg.conformance.suite("fresh-acts", backends=["numpy"])\n'
    (site / "test_fresh.py").write_text(line, encoding="utf-8")
    done = run_pytest(
        site, "-W", "error", "test_fresh.py", "--actreg-plugin=fresh-acts", "--actreg-backend=numpy", "--pyargs",
        "actreg.conformance",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    passed = int(done.stdout.split(" passed")[0].split()[-1])
    assert passed > 150
