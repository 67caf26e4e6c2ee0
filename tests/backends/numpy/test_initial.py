"""A network's arrays fit its plan, or every misfit is named."""

from __future__ import annotations

import numpy as np
import pytest

from actreg.backends.numpy.initial import owned_arrays
from actreg.errors import WeightsError

FLOAT32 = np.dtype(np.float32)


@pytest.fixture
def made(plan, weights):
    """A plan of two nodes, and weights that fit it."""
    two = plan((3,), ("stem", "linear", {"out": 4}), ("norm", "batch_norm", {}))
    return two, weights(two)


def test_arrays_are_copies_in_the_networks_dtype(made):
    """By node and parameter, rounded, in memory of their own and in C order."""
    plan, given = made
    given["stem.weight"] = np.asfortranarray(given["stem.weight"])
    arrays = owned_arrays(plan, given, FLOAT32)
    assert {node: set(own) for node, own in arrays.items()} == {
        "stem": {"weight", "bias"},
        "norm": {"weight", "bias", "running_mean", "running_var"},
    }
    for name, array in given.items():
        node, own = name.split(".")
        kept = arrays[node][own]
        assert kept.dtype == FLOAT32
        assert kept.flags.c_contiguous
        np.testing.assert_array_equal(kept, array.astype(np.float32))


def test_arrays_of_the_same_dtype_are_copied_too(made):
    """The caller's array can change without changing the network's."""
    plan, given = made
    arrays = owned_arrays(plan, given, np.dtype(np.float64))
    assert not np.shares_memory(arrays["stem"]["weight"], given["stem.weight"])


def test_every_misfit_is_named_at_once(made):
    """Missing, misspelt, misshapen and integer arrays, in one error."""
    plan, given = made
    given["stem.wieght"] = given.pop("stem.weight")
    given["norm.bias"] = np.zeros((4, 1))
    given["norm.weight"] = np.ones(4, dtype=int)
    with pytest.raises(WeightsError) as caught:
        owned_arrays(plan, given, FLOAT32)
    message = str(caught.value)
    assert "stem.weight of shape (4, 3) is missing" in message
    assert "stem.wieght belongs to no node; did you mean 'stem.weight'?" in message
    assert "norm.bias must have shape (4,), not (4, 1)" in message
    assert "norm.weight must be floating-point, not int64" in message


def test_values_beyond_the_dtype_overflow_quietly(made):
    """A float64 weight too large for float32 becomes inf, without a warning."""
    plan, given = made
    given["stem.bias"][0] = 1e300
    assert owned_arrays(plan, given, FLOAT32)["stem"]["bias"][0] == np.inf
