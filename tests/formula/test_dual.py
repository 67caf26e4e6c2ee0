"""Dual numbers: derivatives of formulas, exact at infinities and immune to branches not taken."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actreg.backends.numpy.namespace import XP
from actreg.formula.dual import Dual, DualNamespace, plain, tangent

D = DualNamespace(XP)
Formula = Callable[[Any, Any], Any]

FORMULAS: dict[str, Formula] = {
    "sum and product": lambda xp, x: 3.0 * x * x - 2.0 * x + 1.0,
    "reflected": lambda xp, x: 1.0 - (2.0 / (3.0 + x * x)),
    "power": lambda xp, x: x**3,
    "power 0": lambda xp, x: x**0,
    "quotient": lambda xp, x: x / (1.0 + x * x),
    "abs": lambda xp, x: xp.abs(x),
    "atan": lambda xp, x: xp.atan(x),
    "cos": lambda xp, x: xp.cos(x),
    "cosh": lambda xp, x: xp.cosh(x),
    "erf": lambda xp, x: xp.erf(x),
    "erfc": lambda xp, x: xp.erfc(x),
    "exp": lambda xp, x: xp.exp(x),
    "expm1": lambda xp, x: xp.expm1(x),
    "gate": lambda xp, x: xp.gate(x, xp.sigmoid(x)),
    "log": lambda xp, x: xp.log(1.0 + x * x),
    "log1p": lambda xp, x: xp.log1p(x * x),
    "maximum": lambda xp, x: xp.maximum(x, 0.5 * x),
    "minimum": lambda xp, x: xp.minimum(x, x * x),
    "normal cdf": lambda xp, x: xp.normal_pair(x)[0],
    "normal density": lambda xp, x: xp.normal_pair(x)[1],
    "sigmoid": lambda xp, x: xp.sigmoid(x),
    "sigmoid slope": lambda xp, x: xp.sigmoid_pair(x)[1],
    "sin": lambda xp, x: xp.sin(x),
    "sinh": lambda xp, x: xp.sinh(x),
    "softplus": lambda xp, x: xp.softplus(x),
    "sqrt": lambda xp, x: xp.sqrt(1.0 + x * x),
    "tanh": lambda xp, x: xp.tanh(x),
    "tanh slope": lambda xp, x: xp.tanh_pair(x)[1],
    "where": lambda xp, x: xp.where(x > 0, x * x, xp.sin(x)),
    "sign": lambda xp, x: x * xp.sign(x),
    "floor": lambda xp, x: x * xp.floor(x),
    "negation": lambda xp, x: -(+x),
    "mish": lambda xp, x: x * xp.tanh(xp.softplus(x)),
}


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS.keys())
@given(x=st.floats(-5, 5).filter(lambda x: min(abs(x - round(x)), abs(x)) > 1e-3))
def test_the_tangent_is_the_derivative(formula: Formula, x: float) -> None:
    """Against a central difference, away from kinks."""
    at = np.array([x])
    step = 1e-5
    with np.errstate(all="ignore"):
        slope = tangent(formula(D, Dual(XP, at, 1.0)))
        expected = (formula(XP, at + step) - formula(XP, at - step)) / (2 * step) if formula else 0
    assert np.broadcast_to(slope, (1,))[0] == pytest.approx(np.broadcast_to(expected, (1,))[0], rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS.keys())
def test_the_value_is_the_formulas(formula: Formula) -> None:
    """Duals compute the same value, bit for bit."""
    at = np.linspace(-3, 3, 31)
    assert np.array_equal(
        np.broadcast_to(plain(formula(D, Dual(XP, at, 1.0))), 31), np.broadcast_to(formula(XP, at), 31)
    )


@pytest.mark.parametrize(
    ("name", "x", "slope"),
    [
        ("gate", -math.inf, 0.0),
        ("gate", math.inf, 1.0),
        ("atan", -math.inf, 0.0),
        ("sigmoid", -math.inf, 0.0),
        ("tanh", math.inf, 0.0),
        ("softplus", -math.inf, 0.0),
        ("softplus", math.inf, 1.0),
        ("erf", math.inf, 0.0),
        ("normal density", -math.inf, 0.0),
    ],
)
def test_slopes_at_infinity_are_limits(name: str, x: float, slope: float) -> None:
    """0·inf does not arise."""
    with np.errstate(all="ignore"):
        assert float(tangent(FORMULAS[name](D, Dual(XP, np.array(x), 1.0)))) == slope


def test_a_branch_not_taken_does_not_count() -> None:
    """Reverse mode gives NaN here: the derivative of sqrt at 0 is infinite."""
    with np.errstate(all="ignore"):
        result = D.where(np.array(False), D.sqrt(Dual(XP, np.array(0.0), 1.0)), Dual(XP, np.array(0.0), 1.0))
    assert float(result.tangent) == 1.0


def test_an_exponent_must_be_constant() -> None:
    """The error says how to write it."""
    x = Dual(XP, np.array(2.0), 1.0)
    with pytest.raises(TypeError, match=r"exp\(exponent \* log\(base\)\)"):
        x**x


def test_comparisons_see_values() -> None:
    """Comparing duals gives masks of values."""
    x, y = Dual(XP, np.array([1.0, 2.0]), 1.0), 1.5
    assert [bool(v) for v in (x < y)] == [True, False]
    assert [bool(v) for v in (x >= y)] == [False, True]
    assert [bool(v) for v in (x <= 1.0)] == [True, False]
    assert [bool(v) for v in (x == 1.0)] == [True, False]
    assert [bool(v) for v in (x != 1.0)] == [False, True]
    assert D.isnan(x).tolist() == [False, False]
    assert D.isinf(x).tolist() == [False, False]
