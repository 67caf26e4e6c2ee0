"""The suite in pytest, as somebody else's package meets it: in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from actreg.conformance.checks import CHECKS

ROOT = Path(__file__).parents[2]
PLUGIN = '''
"""A package with one activation, and a kernel for it."""

from typing import Any, ClassVar

import actreg


class Tilted(actreg.Elementwise):
    """x where x > 0, x/4 below."""

    info: ClassVar[Any] = actreg.Info(name="NAME")

    def forward(self, xp, x):
        return xp.where(x > 0, x, x * SLOPE)

    def derivative(self, xp, x):
        return xp.where(x > 0, 1.0, SLOPE)

    def reference(self, mp, x):
        return x if x > 0 else x / 4

    def reference_derivative(self, mp, x):
        return mp.mpf(1) if x > 0 else mp.mpf(0.25)

    def laws(self):
        return actreg.Laws(kinks={0.0: 0.25}, monotone=True)


@actreg.hookimpl
def actreg_activations():
    return [Tilted]
'''
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def install(site: Path, distribution: str, source: str) -> None:
    """An installed distribution, as pip would leave it."""
    module = distribution.replace("-", "_")
    (site / f"{module}.py").write_text(source, encoding="utf-8")
    info = site / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[actreg]\nplugin = {module}\n", encoding="utf-8")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """run(*arguments): pytest, in a folder that knows nothing of this project, with two packages on the path."""
    site, work = tmp_path / "site", tmp_path / "work"
    site.mkdir()
    work.mkdir()
    install(site, "honest-acts", PLUGIN.replace("SLOPE", "0.25").replace("NAME", "tilted"))
    install(site, "wrong-acts", PLUGIN.replace("SLOPE", "0.2").replace("NAME", "crooked"))
    install(site, "broken-acts", "raise RuntimeError('by design')")

    def run(*arguments: str, test: str = "") -> subprocess.CompletedProcess[str]:
        if test:
            (work / "test_it.py").write_text(textwrap.dedent(test), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-p", "actreg_pytest", "-p", "no:cacheprovider", *arguments]
        path = os.pathsep.join([str(site), str(ROOT)])
        return subprocess.run(
            command, cwd=work, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path}
        )

    return run


FAST = ("--actreg-backend=numpy", "--actreg-dtype=float32")
SUITE = ("--pyargs", "actreg.conformance")


def test_a_run_without_it_imports_nothing_of_ours(run):
    """The entry point costs a run of pytest that has nothing to do with it next to nothing."""
    done = run(
        test="import sys\ndef test_it(): assert not {'actreg', 'numpy', 'torch', 'pydantic'} & set(sys.modules)\n"
    )
    assert "1 passed" in done.stdout
    points = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]["pytest11"]
    assert points == {"actreg_pytest": "actreg_pytest"}


def test_a_distribution_is_tested_by_name(run):
    """Every law is a test whose id is a sentence; warnings are errors."""
    done = run("-v", "-W", "error", "--actreg-plugin=Honest_Acts", *FAST, *SUITE)
    assert done.returncode == 0, done.stdout
    law = next(check.law for check in CHECKS if check.name == "nan").partition(". ")[0].removesuffix(".")
    assert f"tilted on numpy in float32: nan: {law} PASSED" in done.stdout
    assert "FAILED" not in done.stdout


def test_a_failure_says_everything(run):
    """What, where, the law, the input in hex and decimal, expected, got, the error, and how to see it again."""
    done = run("--actreg-plugin=wrong-acts", *FAST, *SUITE)
    assert done.returncode == 1
    lines = [line.strip() for line in done.stdout.splitlines()]
    first = lines.index("crooked on numpy in float32: value: fail")
    facts = dict(line.split(": ", 1) for line in lines[first + 1 : first + 8])
    assert facts["law"].startswith("The value lies within the tolerance of the truth")
    number, _, decimal = facts["input"].partition(" = ")
    assert float.fromhex(number) == float(decimal)
    assert float(facts["expected"].split()[0]) == float(decimal) / 4
    assert float(facts["got"].split()[0]) == pytest.approx(float(decimal) / 5, rel=1e-6)
    assert facts["error"].endswith(" ulp")
    assert any(line.startswith("reproduce: python -c 'import actreg") for line in lines)
    assert "Traceback" not in done.stdout
    assert "pytest_plugin.py:" not in done.stdout


@pytest.mark.parametrize(("mode", "workers"), [("prepend", ()), ("importlib", ("-n", "2"))], ids=["alone", "xdist"])
def test_one_line_in_a_test_module_does_the_same(run, mode, workers):
    """With either import mode, alone and under xdist, warnings being errors, and without the plugin's being loaded."""
    done = run(
        "-q", "-W", "error", "-p", "no:actreg_pytest", f"--import-mode={mode}", *workers,
        test="""
            import actreg

            test_conformance = actreg.conformance.suite("honest-acts", backends=["numpy"], dtypes=["float32"])
        """,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_the_command_works_under_xdist(run):
    """Workers collect the same laws as each other."""
    done = run("-q", "-n", "2", "--actreg-plugin=honest-acts", *FAST, "--actreg-check=nan", *SUITE)
    assert "1 passed" in done.stdout


def test_announced_failures(run):
    """They are xfailed; an unexpected success fails; an unmatched name is an error of collection."""
    module = """
        from actreg.conformance import suite

        only = {"backends": ["numpy"], "dtypes": ["float32"]}
        test_known = suite("wrong-acts", checks=["value", "nan"], expected={"value": "the slope is wrong"}, **only)
        test_gone = suite("wrong-acts", checks=["nan"], expected={"nan": "it was"}, **only)
    """
    done = run("-q", "-rx", test=module)
    assert "1 failed, 1 passed, 1 xfailed" in done.stdout
    assert "the slope is wrong" in done.stdout
    assert "it was expected to fail (it was), and passes" in done.stdout
    done = run("-q", test=module.replace('{"nan"', '{"nam"'))
    assert "'nam' matches no check of this run; did you mean 'nan'?" in done.stdout
    done = run("-q", "--actreg-plugin=wrong-acts", *FAST, "--actreg-check=value", "--actreg-expect=value=known", *SUITE)
    assert "1 xfailed" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--actreg-plugin=honest-acts",), "--actreg-plugin tests nothing without --pyargs actreg.conformance"),
        (("--actreg-plugin=honest-act", *SUITE), "did you mean 'honest-acts'?"),
        (("--actreg-plugin=broken-acts", *SUITE), "which failed: RuntimeError: by design"),
        (("--actreg-plugin=honest-acts", "--actreg-check=nam", *SUITE), "did you mean 'nan'?"),
        (("--actreg-plugin=honest-acts", "--actreg-dtype=float8", *SUITE), "provides nothing to test"),
    ],
)
def test_what_can_not_be_tested_is_no_success(run, arguments, message):
    """A misspelling, a broken plugin, a forgotten half of the command."""
    done = run(*arguments, test="def test_nothing(): pass")
    assert done.returncode not in (0, 5)
    assert message in done.stdout + done.stderr
