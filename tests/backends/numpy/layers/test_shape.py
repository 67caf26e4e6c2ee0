"""Flatten moves values and gradients, and changes none."""

from __future__ import annotations

import numpy as np
import pytest

from actreg.backends.numpy.layers.shape import Flatten


@pytest.mark.parametrize("shape", [(2, 3, 4), (1, 5), (0, 3, 2), (4,), (2, 3, 0)], ids=str)
@pytest.mark.parametrize("order", ["C", "F"])
def test_flatten_reads_in_c_order(shape, order, run):
    """All axes but the first become one, whatever the order in memory; the gradient gets the shape back."""
    x = np.asarray(np.random.default_rng(0).standard_normal(shape), order=order)
    y, pullback = Flatten().vjp((x,), {}, run())
    np.testing.assert_array_equal(y, np.ascontiguousarray(x).reshape(shape[0], int(np.prod(shape[1:]))))
    np.testing.assert_array_equal(pullback(y, True).inputs[0], x)
