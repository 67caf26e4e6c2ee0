"""The matrix and the run: cells folded honestly, JSON that any parser reads."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest

import actreg
from actreg.backends.numpy.backend import NumpyBackend
from actreg.conformance.agreement import agreement, worst
from actreg.conformance.record import Record
from actreg.conformance.report import closed, matrix, text
from actreg.conformance.run import Run, began

GOOD = Record(
    "elu", "default", "numpy", "cpu", "float32", "value", "A law.", "pass", "the formula", grade="correctly rounded",
    max_ulp=0.5, points=9,
)  # fmt: skip
WIDE = replace(GOOD, config="alpha=2.0", grade="bounded", max_ulp=12.0)
SLOPE = replace(GOOD, check="gradient", max_ulp=0.75, grade="faithful")
SKIP = replace(GOOD, check="threads", verdict="skipped", grade="", max_ulp=None, capability="threads")


@pytest.mark.parametrize(
    ("records", "grade", "forward", "backward"),
    [
        ([GOOD, SLOPE], "correctly rounded", 0.5, 0.75),
        ([GOOD, WIDE, SLOPE], "bounded", 12.0, 0.75),
        ([GOOD, replace(SLOPE, verdict="fail")], "failed", 0.5, 0.75),
        ([GOOD, replace(SLOPE, verdict="stale")], "failed", 0.5, 0.75),
        ([replace(GOOD, check="parameters along an axis", grade="", max_ulp=None)], "by slices", None, None),
        ([replace(GOOD, check="nan", grade="", max_ulp=None)], "ungraded", None, None),
        ([SKIP], "untested", None, None),
    ],
)
def test_a_cell_is_as_good_as_its_worst(records, grade, forward, backward):
    """The worst configuration counts; one failing law fails the cell; nothing run is no pass."""
    (row,) = matrix(records)
    assert (row.grade, row.forward, row.backward) == (grade, forward, backward)
    assert f"  {grade}  " in text([row])


def test_every_configuration_can_have_its_row():
    """In the order of the records, with its options."""
    assert [row.config for row in matrix([GOOD, WIDE, SLOPE], each=True)] == ["default", "alpha=2.0"]
    assert "elu(alpha=2.0)" in text(matrix([GOOD, WIDE], each=True))


def test_closed_capabilities_are_counted():
    """Backend by backend, with how many checks each has closed; what passed is not among them."""
    other = replace(SKIP, backend="jax", capability="onnx")
    assert closed([GOOD, SKIP, SKIP, other]) == [
        "numpy does not declare threads (2)",
        "jax does not declare onnx (1)",
    ]


def test_json_has_no_infinity():
    """JSON has none; Python writes one unless told not to."""
    run = Run.ended(began(), [replace(GOOD, max_ulp=math.inf, verdict="fail")], [], "actreg conform")
    found = json.loads(json.dumps(run.as_dict(), allow_nan=False))
    assert found["records"][0]["max_ulp"] == found["matrix"][0]["forward"] == "inf"
    assert found["versions"]["numpy"] == np.__version__
    assert found["date"].endswith("+00:00")


class Shifted(NumpyBackend):
    """NumPy, but three ulp off above 1, and without relu."""

    name: ClassVar[str] = "shifted"
    modules: ClassVar[tuple[str, ...]] = ()

    def apply(self, act: Any, x: Any, parameters: Any, *, out: Any = None, generator: Any = None) -> Any:
        y = super().apply(act, x, parameters)
        if act.info.name == "relu":
            raise ZeroDivisionError("by design")
        with np.errstate(all="ignore"):
            return np.where(x > 1, y + 3 * np.spacing(y), y)


class Package:
    """Its plugin."""

    @actreg.hookimpl
    def actreg_backends(self) -> list[Any]:
        return [Shifted]


def test_backends_are_compared_in_pairs():
    """The distance, and where; the worst configuration stands for all."""
    registry = actreg.Registry(plugins=[Package()])
    found = agreement(["leaky_relu", "softmax", "relu"], None, ["float32"], registry=registry)
    kept = {(a.activation, a.direction): a for a in worst(found)}
    assert {(a.first, a.second) for a in found} == {("numpy", "shifted")}
    assert kept["leaky_relu", "value"].max_ulp == 3.0
    assert float(kept["leaky_relu", "value"].input.split()[0]) > 1
    assert kept["leaky_relu", "derivative"].max_ulp == 0.0
    assert kept["softmax", "value"].max_ulp == 3.0
    assert (kept["relu", "value"].max_ulp, "by design" in kept["relu", "value"].input) == (math.inf, True)
    assert len([a for a in found if a.activation == "leaky_relu"]) > 2
