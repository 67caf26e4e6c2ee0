"""Layers that move values: where each value goes, and where its gradient comes from."""

from __future__ import annotations

import numpy as np
import pytest

from actreg.backends.numpy.layers.move import Mean, Permute, Reshape, Select

X = np.arange(24.0).reshape(1, 2, 3, 4)
CASES = {
    "reshape": (Reshape((6, 4)), X.reshape(1, 6, 4)),
    "permute": (Permute((3, 1, 2)), X.transpose(0, 3, 1, 2)),
    "select": (Select(2, 2), X[:, :, 2]),
    "select the first": (Select(0, 1), X[:, 0]),
    "mean": (Mean(3), X.mean(axis=3)),
}


@pytest.mark.parametrize(("layer", "expected"), CASES.values(), ids=CASES)
def test_values_go_where_numpy_sends_them(layer, expected, run):
    """Also for an array that lies otherwise in memory."""
    for x in (X, np.asfortranarray(X), np.concatenate([X, X + 1])[:1]):
        np.testing.assert_array_equal(layer.evaluate((x,), {}), expected)


@pytest.mark.parametrize("batch", [0, 1, 3])
@pytest.mark.parametrize("layer", [layer for layer, _ in CASES.values()], ids=CASES)
def test_the_pullback_is_the_adjoint(layer, batch, is_adjoint):
    """Central differences agree."""
    is_adjoint(layer, (np.random.default_rng(0).standard_normal((batch, 2, 3, 4)),))
