"""Dropout: zeros at the given rate, the expectation kept, nothing in evaluation."""

from __future__ import annotations

import numpy as np
import pytest

from actreg.backends.numpy.layers.base import Run
from actreg.backends.numpy.layers.dropout import Dropout


def _drawn(p: float, x: np.ndarray, seed: int = 0):
    return Dropout(p).vjp((x,), {}, Run(True, np.random.default_rng(seed)))


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_it_drops_at_the_rate_and_scales_the_rest(p):
    """Every value is 0 or x / (1 - p), in the right proportion."""
    y, _ = _drawn(p, np.full((100, 1000), 2.0))
    assert np.mean(y == 0.0) == pytest.approx(p, abs=0.01)
    np.testing.assert_allclose(y[y != 0.0], 2.0 / (1.0 - p), rtol=1e-15)


def test_its_gradient_has_the_same_mask():
    """What was dropped passes no gradient, the rest passes it scaled."""
    x = np.random.default_rng(1).standard_normal((20, 30))
    y, pullback = _drawn(0.4, x)
    np.testing.assert_allclose(pullback(x, True).inputs[0], y, rtol=1e-15)


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
def test_evaluation_is_the_identity(p, run):
    """Nothing is drawn, dropped or scaled."""
    x = np.random.default_rng(1).standard_normal((4, 5))
    quiet = run(False)
    before = quiet.generator.bit_generator.state
    y, pullback = Dropout(p).vjp((x,), {}, quiet)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(Dropout(p).evaluate((x,), {}), x)
    np.testing.assert_array_equal(pullback(x, True).inputs[0], x)
    assert quiet.generator.bit_generator.state == before


def test_everything_can_be_dropped():
    """p = 1 gives zeros, and no division by zero."""
    y, pullback = _drawn(1.0, np.ones((3, 4)))
    assert not y.any()
    assert not pullback(np.ones((3, 4)), True).inputs[0].any()


def test_the_draw_depends_on_seed_and_shape_alone():
    """Neither dtype nor order in memory changes which elements stay; the seed does."""
    x = np.ones((8, 3, 4, 5))
    kept = _drawn(0.5, x)[0] != 0.0
    np.testing.assert_array_equal(_drawn(0.5, x.astype(np.float32))[0] != 0.0, kept)
    np.testing.assert_array_equal(_drawn(0.5, np.asfortranarray(x))[0] != 0.0, kept)
    assert np.any((_drawn(0.5, x, seed=1)[0] != 0.0) != kept)
