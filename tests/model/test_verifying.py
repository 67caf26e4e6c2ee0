"""Backends compared layer by layer: right ones agree, a wrong one is named by its first wrong layer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

import actreg
from actreg.backends.numpy.backend import NumpyBackend
from actreg.contracts.plan import Node, Plan
from actreg.errors import InputError, UnknownNameError
from actreg.model import departure, probes
from actreg.model import verifying as module
from actreg.model.initial import initial_weights
from actreg.model.plan import plan_of
from actreg.model.provenance import provenance
from actreg.model.read import read_spec
from actreg.model.verifying import verify
from actreg.model.weights import save
from actreg.registry import Registry

HEAVY = {"gpt2_small", "mobilenet_v3_small", "resnet18_cifar", "vit_tiny"}
CONFIGS = [
    pytest.param(path, id=path.stem, marks=[pytest.mark.exhaustive] if path.stem in HEAVY else [])
    for path in sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
]
SPEC = """actreg: 1
input: [6]
layers:
  - linear: 5
  - batch_norm
  - {leaky_relu: 0.1, as: bent}
  - residual: [layer_norm, {linear: 5, as: inner}, tanh]
  - {leaky_relu: 0.1, as: last}
  - linear: 3
"""


class Sabotaged(NumpyBackend):
    """Computes everything as NumPy does, but for one layer."""

    name: ClassVar[str] = "sabotaged"
    target: ClassVar[str] = ""
    change: ClassVar[Any] = None

    def network(
        self, plan: Plan, weights: Mapping[str, Any], *, device: str | None = None, dtype: str = "float32"
    ) -> Any:
        """The network of a plan in which the target is another layer, or has other weights."""
        assert self.target in {node.name for node in plan.nodes}
        nodes = tuple(self.change(node) if node.name == self.target else node for node in plan.nodes)
        return super().network(replace(plan, nodes=nodes), self.altered(weights), device=device, dtype=dtype)

    def altered(self, weights: Mapping[str, Any]) -> Mapping[str, Any]:
        """The weights, where the target's bias is forgotten."""
        bias = f"{self.target}.bias"
        if self.change is not same or bias not in weights:
            return weights
        return {**weights, bias: np.zeros_like(weights[bias])}


def same(node: Node) -> Node:
    return node


def slope(node: Node) -> Node:
    return replace(node, activation=actreg.get("leaky_relu", negative_slope=0.1001))


def epsilon(node: Node) -> Node:
    return replace(node, options={**node.options, "eps": 1e-3})


@pytest.fixture
def sabotaged(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A registry with a backend that is wrong in one layer."""

    def make(target: str, change: Any) -> Registry:
        monkeypatch.setattr(Sabotaged, "target", target)
        monkeypatch.setattr(Sabotaged, "change", staticmethod(change))
        plugin = SimpleNamespace(actreg_backends=actreg.hookimpl(lambda: [Sabotaged]))
        return Registry([plugin])

    return make


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("target", "change"),
    [
        ("bent", slope),
        ("last", slope),
        ("batch_norm_1", epsilon),
        ("residual_1.layer_norm_1", epsilon),
        ("residual_1.inner", same),
        ("linear_2", same),
    ],
)
def test_a_sabotaged_layer_is_named(sabotaged: Any, target: str, change: Any, dtype: str) -> None:
    """A slope off by a thousandth, another epsilon, a forgotten bias: exactly that layer departs first."""
    found = verify(SPEC, backends=["numpy", "sabotaged"], dtypes=[dtype], registry=sabotaged(target, change))
    (comparison,) = found.comparisons
    assert not found.ok
    assert comparison.first is not None
    assert comparison.first.name == target
    assert comparison.first.ulp > comparison.first.allowed
    assert f"{target} (" in str(comparison)
    assert found.as_dict()["comparisons"][0]["first_departure"] == target


def test_a_backend_agrees_with_itself_to_the_bit(sabotaged: Any) -> None:
    """The same kernels under another name: no layer departs by anything."""
    registry = sabotaged("bent", same)
    found = verify(SPEC, backends=["numpy", "sabotaged"], registry=registry)
    assert found.ok
    assert [layer.ulp for layer in found.comparisons[0].layers] == [0.0] * 9


@pytest.mark.parametrize("path", CONFIGS)
def test_numpy_and_torch_agree_on_the_shipped_specs(path: Path) -> None:
    """In single and double precision, far inside what is allowed; the large ones take minutes."""
    pytest.importorskip("torch")
    found = verify(path, backends=["numpy", "torch"], dtypes=["float32", "float64"])
    assert found.ok, [str(comparison) for comparison in found.comparisons]
    assert max(layer.ulp / layer.allowed for one in found.comparisons for layer in one.layers) < 0.5


def test_batches_change_nothing_but_memory(sabotaged: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same departures from batches of two samples; the tolerance has other random movements."""
    registry = sabotaged("last", slope)
    whole = verify(SPEC, backends=["numpy", "sabotaged"], registry=registry).comparisons[0]
    monkeypatch.setattr(module, "BATCH", 2 * sum(np.prod(layer.shape) for layer in whole.layers))
    parts = verify(SPEC, backends=["numpy", "sabotaged"], registry=registry).comparisons[0]
    assert parts.first is not None
    assert parts.first.name == "last"
    assert parts.first.ulp == pytest.approx(whole.first.ulp if whole.first else 0, rel=0.01)


def overflowing(node: Node) -> Node:
    return replace(node, options={**node.options, "eps": -1e30})


def test_what_is_not_finite_on_one_side_is_json_all_the_same(sabotaged: Any) -> None:
    """An infinite departure is null."""
    found = verify(SPEC, backends=["numpy", "sabotaged"], registry=sabotaged("batch_norm_1", overflowing))
    assert found.comparisons[0].layers[1].ulp == float("inf")
    plain = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert plain["comparisons"][0]["layers"][1]["ulp"] is None


def test_a_weight_file_and_given_samples(tmp_path: Path, sabotaged: Any) -> None:
    """The file's weights in its dtype, on the caller's samples, more than a batch of them."""
    spec = read_spec(SPEC)
    plan = plan_of(spec)
    registry = sabotaged("last", slope)
    path = tmp_path / "net.safetensors"
    save(path, spec, plan, initial_weights(plan, dtype="float64"), provenance(plan, registry, "numpy"))
    x = np.random.default_rng(0).standard_normal((70, 6))
    (comparison,) = verify(path, backends=["numpy", "sabotaged"], inputs=x, registry=registry).comparisons
    assert (comparison.samples, comparison.dtype) == (70, "float64")
    assert comparison.first is not None
    assert comparison.first.name == "last"
    positive = verify(path, backends=["numpy", "sabotaged"], inputs=np.full((2, 6), 1e9), registry=registry)
    assert positive.comparisons[0].samples == 2


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"backends": ["numpy"]}, InputError, "two backends are needed"),
        ({"backends": ["numpy", "nunpy"]}, UnknownNameError, "did you mean 'numpy'"),
        ({"backends": ["numpy", "numpy"], "inputs": np.zeros((3, 5))}, InputError, r"take.* \(n, 6\)"),
        ({"backends": ["numpy", "numpy"], "inputs": np.zeros((0, 6))}, InputError, "at least one"),
    ],
)
def test_what_cannot_be_compared_is_refused(options: Any, error: type[Exception], message: str) -> None:
    """One backend alone, an unknown one, samples of another shape."""
    with pytest.raises(error, match=message):
        verify(SPEC, **options)


def test_distances_count_what_is_not_finite() -> None:
    """NaN is NaN's equal, an infinity is its own, and nothing else."""
    a = np.array([[np.nan, np.inf], [np.nan, 1.0], [np.inf, 0.0], [1.0, -0.0]])
    b = np.array([[np.nan, np.inf], [0.0, 1.0], [-np.inf, 0.0], [1.5, 0.0]])
    np.testing.assert_array_equal(departure.distance(a, b), [0.0, np.inf, np.inf, 0.5])


def test_a_wobble_loosens_only_where_the_layer_is_ill_conditioned() -> None:
    """A sample that moves by much is allowed much; the others no more than the median."""
    unit = np.full(5, 1e-7)
    allowed = departure.allowances(unit, 2, np.array([1e-7, 1e-7, 1e-7, 1e-7, 1e-3]))
    np.testing.assert_allclose(allowed[:4], 8e-7 + 16e-7)
    assert allowed[4] > 1e-2


def test_probes_are_the_same_again_and_spread() -> None:
    """From a fixed seed; scales and variances that start at one differ from channel to channel, and stay positive."""
    plan = plan_of(read_spec(SPEC))
    np.testing.assert_array_equal(probes.samples(plan, "float32", 4, 0), probes.samples(plan, "float32", 4, 0))
    weights = probes.spread_weights(plan, "float32")
    for name in ("batch_norm_1.running_var", "batch_norm_1.weight", "batch_norm_1.running_mean"):
        assert len(set(weights[name].tolist())) == 5
    assert (weights["batch_norm_1.running_var"] > 0.5).all()


IDS = "actreg: 1\ninput: {shape: [5], dtype: int64}\nlayers: [embedding: {rows: 7, features: 4}, mean: 1, linear: 2]\n"


def test_networks_over_tokens_are_compared_on_ids() -> None:
    """Random ids, the first and the last; given ones are checked."""
    pytest.importorskip("torch")
    found = verify(IDS, backends=["numpy", "torch"])
    assert found.ok
    assert found.comparisons[0].samples == 10
    assert verify(IDS, backends=["numpy", "torch"], inputs=np.full((1, 5), 6.0)).ok
    with pytest.raises(InputError, match="whole numbers from 0 to 6"):
        verify(IDS, backends=["numpy", "torch"], inputs=np.full((1, 5), 7))
