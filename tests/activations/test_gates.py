"""A number times a sigmoid: kept to the last subnormal, and a signed zero beyond."""

from __future__ import annotations

import math

import numpy as np
import pytest

import actreg

mpmath = pytest.importorskip("mpmath")
GATED = [("silu", {}), ("silu", {"beta": 2.0}), ("gelu", {"approximate": "sigmoid"}), ("gelu", {}), ("mish", {})]
GATED += [("gelu", {"approximate": "tanh"})]
IDS = [f"{name} {config}" for name, config in GATED]


def truth(act, x):
    """The value to fifty digits."""
    with mpmath.workdps(400):
        return act.reference(mpmath.mp, mpmath.mpf(x))


def last_number(act):
    """The lowest x whose value is at least two of the smallest subnormals, to three decimals."""
    low, high = -1000.0, -1.0
    while high - low > 1e-3:
        middle = (low + high) / 2
        low, high = (low, middle) if truth(act, middle) <= -1e-323 else (middle, high)
    return high


@pytest.mark.parametrize(("name", "config"), GATED, ids=IDS)
def test_the_tail_is_kept_to_the_last_subnormal(name, config):
    """Where x·p is a number although p is none, the value is that number, to a few of its neighbours."""
    act = actreg.get(name, **config)
    edge = last_number(act)
    for x in (edge, edge + 0.1, edge + 0.5, edge + 2.0):
        got, expected = float(act(np.array(x))), float(truth(act, x))
        assert got < 0.0
        assert got == pytest.approx(expected, rel=1e-11, abs=20 * 5e-324)


@pytest.mark.parametrize(("name", "config"), GATED, ids=IDS)
def test_limits_are_values(name, config):
    """-0 at -inf and far below, inf at inf; the derivative is 0 and 1."""
    act = actreg.get(name, **config)
    x = np.array([-np.inf, -1.7e308, 1.7e308, np.inf])
    y = act(x)
    assert [math.copysign(1.0, v) for v in y[:2]] == [-1.0, -1.0]
    np.testing.assert_array_equal(y, [0.0, 0.0, 1.7e308, np.inf])
    np.testing.assert_array_equal(act.derivative(x), [0.0, 0.0, 1.0, 1.0])
