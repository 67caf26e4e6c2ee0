"""Initial weights depend on seed and name alone."""

from __future__ import annotations

from collections.abc import Callable

import ml_dtypes
import numpy as np
import pytest

from actreg.model import ModelSpec, initial_weights, plan_of

Layers = Callable[..., ModelSpec]


def test_neither_order_nor_neighbours_matter(layers: Layers) -> None:
    """The same parameter, by name and shape, in two networks."""
    one = initial_weights(plan_of(layers("[{linear: 8, as: a}, {linear: 8, as: b}]")))
    two = initial_weights(plan_of(layers("[{linear: 8, as: b}, batch_norm, {linear: 8, as: a}]")))
    for name in one:
        np.testing.assert_array_equal(one[name], two[name])
    assert not np.array_equal(one["a.weight"], one["b.weight"])


def test_the_seed_decides(layers: Layers) -> None:
    """The spec's, or another one given."""
    plan = plan_of(layers("[linear: 8]"))
    weight = initial_weights(plan)["linear_1.weight"]
    np.testing.assert_array_equal(weight, initial_weights(plan, seed=0)["linear_1.weight"])
    assert not np.array_equal(weight, initial_weights(plan, seed=1)["linear_1.weight"])


def test_values_have_the_declared_distribution(layers: Layers) -> None:
    """Uniform within 1/sqrt(fan_in); norms begin as the identity."""
    weights = initial_weights(plan_of(layers("[linear: 400, batch_norm, prelu]", "[100]")))
    weight = weights["linear_1.weight"]
    assert weight.shape == (400, 100)
    assert weight.dtype == np.float64
    assert 0.0999 < np.abs(weight).max() <= 0.1
    assert abs(weight.std() - 0.1 / np.sqrt(3)) < 1e-3
    assert abs(weight.mean()) < 1e-3
    assert np.all(weights["batch_norm_1.running_var"] == 1)
    assert weights["prelu_1.weight"].tolist() == [0.25]


def test_tables_start_normal_and_gains_scale(layers: Layers) -> None:
    """A table of tokens or positions by its standard deviation, a matrix by its gain, 0 included."""
    table = "embedding: {rows: 500, features: 80, std: 0.5}"
    text = f"[{table}, linear: {{out_features: 9, gain: 3}}, linear: {{out_features: 9, gain: 0}}]"
    weights = initial_weights(plan_of(layers(text, "{shape: [4], dtype: int64}")))
    drawn = weights["embedding_1.weight"]
    assert abs(drawn.std() - 0.5) < 0.01
    assert abs(drawn.mean()) < 0.01
    assert abs(np.mean(drawn > 0.5) - 0.1587) < 0.01
    assert 2.9 < np.abs(weights["linear_1.weight"]).max() * np.sqrt(80) <= 3.0
    assert np.abs(weights["linear_1.bias"]).max() * np.sqrt(80) <= 1.0
    assert not weights["linear_2.weight"].any()


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_a_narrower_dtype_is_rounded_once(layers: Layers, dtype: str) -> None:
    """No representable neighbour is nearer to the float64 draw."""
    plan = plan_of(layers("[linear: 300]", "[100]"))
    wide = initial_weights(plan)["linear_1.weight"]
    narrow = initial_weights(plan, dtype=dtype)["linear_1.weight"]
    assert narrow.dtype == np.dtype(getattr(ml_dtypes, dtype, dtype))
    error = np.abs(narrow.astype(np.float64) - wide)
    bits = narrow.view(np.uint32 if dtype == "float32" else np.uint16)
    for step in (-1, 1):
        other = (bits + np.array(step, dtype=np.int64)).astype(bits.dtype).view(narrow.dtype).astype(np.float64)
        assert np.all(error <= np.abs(other - wide))
