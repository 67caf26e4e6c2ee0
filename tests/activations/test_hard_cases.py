"""Where an activation as written down loses everything: overflow, cancellation, limits, halves."""

from __future__ import annotations

import math

import numpy as np
import pytest

import actreg

INF = math.inf
# Values as published or by hand: name, options, inputs, results.
CASES = [
    ("hard_swish", {}, [1e38, 1.7e308, -4.0, 3.0, -1.5], [1e38, 1.7e308, -0.0, 3.0, -0.375]),
    ("hard_sigmoid", {}, [-INF, -3.0, 0.0, 3.0, 1e308], [0.0, 0.0, 0.5, 1.0, 1.0]),
    ("softsign", {}, [-INF, INF, 1e308, -3.0], [-1.0, 1.0, 1.0, -0.75]),
    ("tanh_shrink", {}, [1e-5, -1e-100, -0.0, INF], [1e-15 / 3 * (1 - 0.4e-10), -1e-300 / 3, -0.0, INF]),
    ("log_sigmoid", {}, [-1e308, -40.0, 40.0, INF], [-1e308, -40.0, -math.exp(-40.0), -0.0]),
    ("log_softmax", {}, [[0.0, -200.0], [1e4, -1e4]], [[-math.exp(-200.0), -200.0], [-0.0, -2e4]]),
    ("celu", {"alpha": 100.0}, [-5e-324, 1.5, -INF], [-5e-324, 1.5, -100.0]),
    ("selu", {}, [20.0, -INF], [21.01401974710961, -1.7580993408473766]),
    ("sine", {"omega": 30.0}, [math.pi / 60, 0.0], [1.0, 0.0]),
    ("glu", {"gate": "second"}, [10.0, 20.0, 0.0, 100.0], [5.0, 20.0]),
    ("geglu", {"gate": "first"}, [1.0, 2.0, -3.0, 4.0], [-2.5240342, 7.8179989]),
    ("geglu", {"gate": "second"}, [1.0, 2.0, -3.0, 4.0], [-0.0040497, 7.9997466]),
    ("swiglu", {"gate": "interleaved"}, [1.0, -3.0, 2.0, 4.0], [-2.1931757, 7.0463766]),
    ("swiglu", {"gate": "first"}, [-INF, 2.0], [-0.0]),
    ("identity", {}, [-0.0, INF, 5e-324], [-0.0, INF, 5e-324]),
]


@pytest.mark.parametrize(("name", "config", "x", "expected"), CASES, ids=[f"{c[0]} {c[1]}" for c in CASES])
def test_values(name, config, x, expected):
    """To the digits given, signs of zeros included."""
    got = actreg.get(name, **config)(np.array(x))
    np.testing.assert_allclose(got, expected, rtol=2e-15 if name not in ("geglu", "swiglu") else 1e-5, atol=0)
    np.testing.assert_array_equal(np.signbit(got), np.signbit(expected))


@pytest.mark.parametrize("name", ["glu", "swiglu", "geglu"])
def test_the_gate_must_be_named(name):
    """A wrong half runs without an error, so there is no default."""
    with pytest.raises(actreg.ConfigError, match="gate"):
        actreg.get(name)


def test_softsign_keeps_its_slope_where_its_square_overflows():
    """1/(1 + 1e155)² is a subnormal number."""
    assert float(actreg.get("softsign").derivative(np.array(1e155))) == pytest.approx(1e-310, rel=1e-12)


def test_sine_is_finite_where_the_angle_overflows():
    """omega·x is infinite there, x is not; at infinity there is no value."""
    y = actreg.get("sine", omega=30.0)(np.array([1.7e308, -1.7e308, INF]))
    assert np.abs(y[:2]).max() <= 1.0
    assert np.isnan(y[2])
