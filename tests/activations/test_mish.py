"""Mish: one exponential for x·tanh(softplus(x))."""

from __future__ import annotations

import numpy as np

import actreg


def test_equals_its_definition_where_that_can_be_computed():
    """Against tanh(log1p(exp(x))) in float64."""
    x = np.linspace(-30.0, 30.0, 1201)
    np.testing.assert_allclose(actreg.get("mish")(x), x * np.tanh(np.log1p(np.exp(x))), rtol=2e-15)


def test_minimum_is_where_the_paper_has_it():
    """About -0.31 at about -1.19, where the derivative is 0; D. Misra, 2019."""
    act = actreg.get("mish")
    x = np.linspace(-3.0, 0.0, 30001)
    y = act(x)
    assert abs(x[np.argmin(y)] + 1.1924) < 1e-4
    assert abs(y.min() + 0.30884) < 1e-5
    assert abs(float(act.derivative(np.array(-1.192431214515495)))) < 1e-15
