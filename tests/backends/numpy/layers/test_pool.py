"""Pooling means torch.nn.MaxPool2d and AvgPool2d, ties, NaN and padding included."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actreg.backends.numpy.layers.pool import AvgPool2d, MaxPool2d

CASES = {
    "tiling": ((2, 2), (2, 2), (0, 0)),
    "overlapping": ((3, 3), (1, 1), (0, 0)),
    "padded": ((3, 3), (2, 2), (1, 1)),
    "oblong": ((1, 3), (2, 1), (0, 1)),
    "gaps": ((2, 2), (3, 3), (1, 1)),
    "many cells": ((17, 16), (1, 1), (8, 8)),
}
POOLS = {"max": (MaxPool2d, "MaxPool2d"), "avg": (AvgPool2d, "AvgPool2d")}


@pytest.mark.parametrize("batch", [0, 1, 4])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize(("pool", "theirs"), POOLS.values(), ids=POOLS)
def test_it_means_torchs_layer(pool, theirs, case, batch, agrees_with_torch):
    """Output and gradients are torch's, for values that repeat: among equal maxima the first takes the gradient."""
    nn = pytest.importorskip("torch").nn
    x = np.random.default_rng(0).integers(-2, 3, (batch, 3, 7, 6)).astype(np.float64)
    agrees_with_torch(pool(*case), getattr(nn, theirs)(*case), x)


SPECIAL = {
    "NaN": [np.nan, 1.0, 2.0, 3.0],
    "NaN last": [1.0, 2.0, 3.0, np.nan],
    "two NaN": [0.0, np.nan, 5.0, np.nan],
    "all -inf": [-np.inf] * 4,
    "inf twice": [1.0, np.inf, np.inf, -np.inf],
    "zeros of both signs": [-0.0, 0.0, -0.0, 0.0],
}


@pytest.mark.parametrize("padding", [(0, 0), (1, 1)], ids=["unpadded", "padded"])
@pytest.mark.parametrize("cell", SPECIAL.values(), ids=SPECIAL)
def test_special_values_go_where_torch_sends_them(cell, padding, agrees_with_torch):
    """NaN propagates and takes the gradient; -inf is found beside the padding."""
    nn = pytest.importorskip("torch").nn
    x = np.array(cell).reshape(1, 1, 2, 2)
    agrees_with_torch(MaxPool2d((2, 2), (2, 2), padding), nn.MaxPool2d(2, 2, padding), x)


def test_an_infinite_gradient_stays_with_the_winner(run):
    """inf · 0 makes no NaN in the cells that did not win."""
    x = np.arange(4.0).reshape(1, 1, 2, 2)
    _, pullback = MaxPool2d((2, 2), (2, 2), (0, 0)).vjp((x,), {}, run())
    found = pullback(np.full((1, 1, 1, 1), np.inf), True).inputs[0]
    np.testing.assert_array_equal(found.ravel(), [0, 0, 0, np.inf])


@settings(max_examples=40, deadline=None)
@given(st.data())
@pytest.mark.parametrize("pool", [MaxPool2d, AvgPool2d])
def test_the_pullback_is_the_adjoint(is_adjoint, pool, data):
    """Central differences agree where no two values are equal, for any sizes."""
    kernel = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    stride = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    padding = tuple(data.draw(st.integers(0, k // 2)) for k in kernel)
    size = tuple(data.draw(st.integers(max(1, k - 2 * p), 6)) for k, p in zip(kernel, padding, strict=True))
    shape = (data.draw(st.integers(0, 3)), data.draw(st.integers(1, 3)), *size)
    x = np.random.default_rng(0).permutation(int(np.prod(shape))).astype(np.float64).reshape(shape)
    is_adjoint(pool(kernel, stride, padding), (x,))
