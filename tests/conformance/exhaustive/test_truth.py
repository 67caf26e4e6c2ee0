"""The fast truth: every formula held to arbitrary precision, every constant to mpmath."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

import actreg
from actreg.conformance.cases import cases_of
from actreg.conformance.exhaustive import roots, truth
from actreg.conformance.exhaustive.certify import LIMIT, certify
from actreg.errors import CapabilityError

REGISTRY = actreg.Registry()
NAMES = sorted({*truth.FORMULAS} & {*REGISTRY.names()})
CASES = [
    case
    for name in NAMES
    for case in cases_of(REGISTRY.find(name), REGISTRY)
    # A fast formula takes its parameters from the configuration.
    if case.scalars is not None and not case.moved and not getattr(case.act, "trainable", False)
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_fast_truth_is_good_to_a_thousandth_of_an_ulp(case):
    """At the table's points and at hard ones, infinities, NaN and kinks included."""
    found = certify(case, 600, seed=7)
    assert found.points > 600
    assert found.good, found


def test_a_wrong_truth_is_not_certified(monkeypatch):
    """A derivative without its series beside the root is off by more than is admitted."""
    monkeypatch.setattr(roots.Root, "patch", lambda self, slope, x, scale=1.0: slope)
    found = certify(cases_of(REGISTRY.find("silu"), REGISTRY)[0], 2000)
    assert found.derivative_ulp > LIMIT
    assert found.value_ulp <= LIMIT


def test_every_function_of_one_variable_has_a_fast_truth():
    """What is left out works along an axis, or is random."""
    without = {name for name in REGISTRY.names() if REGISTRY.find(name).kind == "elementwise"} - {*truth.FORMULAS}
    assert without == set()


def test_a_function_without_a_fast_truth_is_refused():
    """The error says what there is."""
    with pytest.raises(CapabilityError, match=r"softmax has no fast truth.*tanh"):
        truth.evaluate(REGISTRY.get("softmax"), np.zeros(1))


def _silu(x):
    e = mpmath.exp(-x)
    return (1 + e + x * e) / (1 + e) ** 2


def _gelu(x):
    return mpmath.ncdf(x) + x * mpmath.npdf(x)


def _gelu_tanh(x):
    scale, cubic = 2 * mpmath.sqrt(2 / mpmath.pi), mpmath.mpf(0.044715)
    s = 1 / (1 + mpmath.exp(-scale * (x + cubic * x**3)))
    return s + x * s * (1 - s) * scale * (1 + 3 * cubic * x**2)


def _mish(x):
    s = mpmath.log1p(mpmath.exp(x))
    return mpmath.tanh(s) + x * mpmath.sech(s) ** 2 / (1 + mpmath.exp(-x))


@pytest.mark.parametrize(
    ("root", "slope"),
    [(roots.SILU, _silu), (roots.GELU, _gelu), (roots.GELU_TANH, _gelu_tanh), (roots.MISH, _mish)],
    ids=["silu", "gelu", "gelu_tanh", "mish"],
)
def test_roots_and_series_are_those_of_the_derivatives(root, slope):
    """The root to 106 bits, the coefficients to float64's precision."""
    with mpmath.workdps(60):
        exact = mpmath.findroot(slope, root.high)
        assert abs(exact - root.high - root.low) < mpmath.mpf(2) ** -104
        for ours, theirs in zip(root.series, mpmath.taylor(slope, exact, len(root.series))[1:], strict=True):
            assert ours == pytest.approx(float(theirs), rel=1e-13)
