"""The line that a failing check prints shows the failure again, in a shell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import actreg
from actreg.conformance import check

SOURCE = '''
"""A wrong activation."""

from typing import Any, ClassVar

import actreg


class Wrong(actreg.Elementwise):
    """x + weight in a single dtype, off by a thousandth, and by two in long arrays."""

    info: ClassVar[Any] = actreg.Info(name="wrong")

    def forward(self, xp, x, weight):
        return (x + weight) * (1.001 if getattr(x, "size", 1) < 5000 else 1.002)

    def derivative(self, xp, x, weight):
        return 1.0 + 0.0 * x

    def parameters(self):
        return {"weight": actreg.Param((1,), actreg.Constant(0.25), axis=0)}

    def reference(self, mp, x, weight):
        return x + mp.mpf(weight)

    def reference_derivative(self, mp, x, weight):
        return mp.mpf(2)
'''


@pytest.fixture
def wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A class with an address, which no registry knows."""
    (tmp_path / "wrong_act.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield __import__("wrong_act").Wrong
    del sys.modules["wrong_act"]


def shell(line: str, folder: Path) -> str:
    """What the line prints, with this Python first on the path."""
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    environment = {"PATH": path, "PYTHONPATH": f"{folder}:{Path(actreg.__file__).parents[1]}"}
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False, env=environment)
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("law", ["value", "derivative", "gradient", "parameter gradient", "length"])
def test_a_reproduction_shows_the_same_number(law, wrong, tmp_path):
    """Value, derivative and gradients to the bit; what depends on the array by running that check again."""
    (record,) = [r for r in check(wrong, actreg.Registry(), ["numpy"], ["float32"], [law]) if r.verdict == "fail"]
    assert record.reproduction.startswith("python -c '")
    assert record.reproduction in record.explain()
    shown = shell(record.reproduction, tmp_path)
    if law == "length":
        assert shown.startswith("wrong on numpy in float32: length: fail")
        assert record.reason in shown
    else:
        assert shown.strip() == record.got.replace(" = ", " ")
        assert record.witnesses[0].input_hex in record.reproduction


def test_a_listed_name_is_run_again_by_the_command_line():
    """What an installed plugin provides needs no Python."""
    from actreg.conformance.reproduce import of_check
    from actreg.conformance.runner import cells

    subject, _ = next(cells("softmax", actreg.default_registry(), ["numpy"], ["float32"]))
    assert of_check(subject, "limits of lines") == (
        "actreg conform softmax --backend numpy --dtype float32 --check 'limits of lines'"
    )


def test_a_class_without_an_address_gives_python():
    """There is no shell in which it could be met."""

    class Local(actreg.Elementwise):
        """Wrong."""

        info = actreg.Info(name="local")

        def forward(self, xp, x):
            return x * 1.5

        def reference(self, mp, x):
            return x

    (record,) = check(Local, actreg.Registry(), ["numpy"], ["float32"], ["value"])
    assert "Local(" in record.reproduction
    assert not record.reproduction.startswith("python -c")


@pytest.mark.parametrize("law", ["value", "gradient"])
def test_a_line_is_shown_whole_and_again(law, tmp_path, monkeypatch):
    """What depends on a line is reproduced by that line, to the bit."""
    source = '''
import actreg

class Lined(actreg.Axiswise):
    """Wrong."""
    info = actreg.Info(name="lined")

    def forward(self, xp, x):
        return x / (1.001 + xp.sum(x * x, axis=-1))

    def pullback(self, xp, x, y, grad):
        return {"x": grad * 0.5}

    def reference(self, mp, xs):
        return [x / (1 + sum(v * v for v in xs)) for x in xs]
'''
    (tmp_path / "lined_act.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    lined = __import__("lined_act").Lined
    record, *_ = [r for r in check(lined, actreg.Registry(), ["numpy"], ["float32"], [law]) if r.verdict == "fail"]
    assert record.reproduction.startswith("python -c '")
    assert f"of the line: {record.witnesses[0].line} = " in record.explain()
    assert shell(record.reproduction, tmp_path).strip() == record.got.replace(" = ", " ")
    del sys.modules["lined_act"]
