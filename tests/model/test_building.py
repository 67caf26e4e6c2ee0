"""From a spec to a network on NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from actreg.errors import SpecError, UnknownNameError
from actreg.model import ModelSpec, build, initial_weights, plan_of
from actreg.registry import Registry

SPEC: dict[str, Any] = {
    "actreg": 1,
    "input": [3],
    "vars": {"act": "relu"},
    "layers": [{"linear": 4}, {"act": "$act"}, {"linear": 2}],
    "seed": 5,
}


def output(net: Any, registry: Registry, x: np.ndarray) -> np.ndarray:
    """The network's output in evaluation mode."""
    return registry.backend("numpy").outputs(net, x)["linear_2"]


def test_a_network_computes_what_the_spec_says(registry: Registry, read: Callable[..., ModelSpec]) -> None:
    """Against the same formula written out, with the same weights."""
    weights = initial_weights(plan_of(read(SPEC)))
    x = np.random.default_rng(0).normal(size=(5, 3))
    hidden = np.maximum(x @ weights["linear_1.weight"].T + weights["linear_1.bias"], 0)
    expected = hidden @ weights["linear_2.weight"].T + weights["linear_2.bias"]
    for spec in (SPEC, read(SPEC)):
        net = build(spec, dtype="float64", registry=registry)
        np.testing.assert_allclose(output(net, registry, x), expected, rtol=1e-14, atol=1e-15)


def test_overrides_and_seed_reach_the_network(registry: Registry, read: Callable[..., ModelSpec]) -> None:
    """Of a mapping and of a spec that was read."""
    x = np.random.default_rng(0).normal(size=(5, 3))
    plain = output(build(SPEC, dtype="float64", registry=registry), registry, x)
    for spec in (SPEC, read(SPEC)):
        swapped = build(spec, dtype="float64", registry=registry, overrides={"act": "tanh"})
        assert not np.allclose(output(swapped, registry, x), plain)
    other = build(SPEC, dtype="float64", registry=registry, seed=6)
    assert not np.allclose(output(other, registry, x), plain)


def test_the_dtype_is_the_specs(registry: Registry) -> None:
    """train: dtype, or float32."""
    for train, dtype in (({}, "float32"), ({"train": {"dtype": "float64"}}, "float64")):
        net = build({**SPEC, **train}, registry=registry)
        weights = registry.backend("numpy").weights(net)
        assert {str(array.dtype) for array in weights.values()} == {dtype}


def test_mistakes_come_before_anything_is_built(registry: Registry) -> None:
    """A spec with a mistake, a backend that does not exist."""
    with pytest.raises(SpecError):
        build({**SPEC, "layers": ["lineer"]}, registry=registry)
    with pytest.raises(UnknownNameError, match="numpyy"):
        build(SPEC, backend="numpyy", registry=registry)
