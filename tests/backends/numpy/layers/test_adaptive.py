"""Adaptive pooling means torch.nn.AdaptiveAvgPool2d and AdaptiveMaxPool2d, uneven bins, ties and NaN included."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actreg.backends.numpy.layers.adaptive import AdaptiveAvgPool2d, AdaptiveMaxPool2d

POOLS = {"avg": (AdaptiveAvgPool2d, "AdaptiveAvgPool2d"), "max": (AdaptiveMaxPool2d, "AdaptiveMaxPool2d")}
SIZES = {"all": (1, 1), "even": (7, 3), "uneven": (3, 4), "as it is": (7, 6), "more than there is": (9, 8)}


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize(("pool", "theirs"), POOLS.values(), ids=POOLS)
def test_it_means_torchs_layer(pool, theirs, size, batch, agrees_with_torch):
    """Output and gradients are torch's, for values that repeat."""
    nn = pytest.importorskip("torch").nn
    x = np.random.default_rng(0).integers(-2, 3, (batch, 3, 7, 6)).astype(np.float64)
    agrees_with_torch(pool(size), getattr(nn, theirs)(size), x)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("pool", "theirs"), POOLS.values(), ids=POOLS)
def test_special_values_stay_in_their_bins(pool, theirs, bad, agrees_with_torch):
    """A bin without them is as it was; the last NaN takes the gradient."""
    nn = pytest.importorskip("torch").nn
    x = np.random.default_rng(0).standard_normal((1, 1, 4, 4))
    x[0, 0, 0, :2] = bad
    agrees_with_torch(pool((2, 2)), getattr(nn, theirs)((2, 2)), x)


@pytest.mark.parametrize("pool", [AdaptiveAvgPool2d, AdaptiveMaxPool2d])
def test_an_empty_batch(pool, run):
    """No images in, none out, and none back."""
    y, pullback = pool((2, 3)).vjp((np.empty((0, 3, 5, 4)),), {}, run())
    assert y.shape == (0, 3, 2, 3)
    assert pullback(y, True).inputs[0].shape == (0, 3, 5, 4)


@settings(max_examples=30, deadline=None)
@given(st.data())
@pytest.mark.parametrize("pool", [AdaptiveAvgPool2d, AdaptiveMaxPool2d])
def test_the_pullback_is_the_adjoint(is_adjoint, pool, data):
    """Central differences agree where no two values are equal, for any sizes."""
    shape = tuple(data.draw(st.integers(low, 6)) for low in (0, 1, 1, 1))
    size = data.draw(st.tuples(st.integers(1, 7), st.integers(1, 7)))
    x = np.random.default_rng(0).permutation(int(np.prod(shape))).astype(np.float64).reshape(shape)
    is_adjoint(pool(size), (x,))
