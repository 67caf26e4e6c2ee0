"""Every kind of layer: torch's own module where there is one, and the NumPy backend's values and gradients."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import actreg
from actreg import InputError, Plan, SpecError
from actreg.model import initial_weights, plan_of, read_spec
from actreg.model.inplace import FREE

# Dynamo makes an instance of torch.autograd.Function when it traces one, which torch itself deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")

IDS = "{shape: [5], dtype: int64}"
GROUPED = "{heads: 4, kv_heads: 2, causal: true, rotary: 10000, bias: false, out_bias: true}"

# Layers, the input, and the module that computes the last of them.
CASES = [
    ("linear: 3", "[2, 4]", nn.Linear),
    ("embedding: {rows: 9, features: 3}", IDS, nn.Embedding),
    ("conv1d: {out_channels: 4, kernel: 3, padding: same, dilation: 2, groups: 2}", "[2, 9]", nn.Conv1d),
    ("conv2d: {out_channels: 4, kernel: [3, 5], stride: [2, 1], padding: [0, 2], groups: 2}", "[2, 9, 7]", nn.Conv2d),
    ("conv2d: {out_channels: 3, kernel: 3, dilation: [1, 2], groups: 3, bias: false}", "[3, 9, 7]", nn.Conv2d),
    ("max_pool1d: {kernel: 3, stride: 2, padding: 1}", "[2, 9]", nn.MaxPool1d),
    ("max_pool2d: {kernel: [3, 2], stride: 2, padding: [1, 0]}", "[2, 9, 7]", nn.MaxPool2d),
    ("avg_pool1d: {kernel: 3, padding: 1}", "[2, 9]", nn.AvgPool1d),
    ("avg_pool2d: {kernel: 3, stride: 1}", "[2, 9, 7]", nn.AvgPool2d),
    ("adaptive_avg_pool1d: 4", "[2, 9]", nn.AdaptiveAvgPool1d),
    ("adaptive_avg_pool2d: [4, 1]", "[2, 9, 7]", nn.AdaptiveAvgPool2d),
    ("adaptive_max_pool1d", "[2, 9]", nn.AdaptiveMaxPool1d),
    ("adaptive_max_pool2d: [4, 3]", "[2, 9, 7]", nn.AdaptiveMaxPool2d),
    ("batch_norm", "[2, 9]", nn.BatchNorm1d),
    ("layer_norm: [9, 7]", "[2, 9, 7]", nn.LayerNorm),
    ("rms_norm: {eps: 1e-3}", "[2, 9]", nn.RMSNorm),
    ("group_norm: 2", "[6, 3, 2]", nn.GroupNorm),
    ("dropout: 0.5", "[4]", nn.Dropout),
    ("attention: {heads: 2}", "[5, 8]", None),
    (f"attention: {GROUPED}", "[5, 8]", None),
    ("attention: {heads: 2, head_size: 3, dropout: 0.5}", "[5, 8]", None),
    ("positional_embedding", "[5, 8]", None),
    ("positional_embedding: sinusoidal", "[5, 7]", None),
    ("class_token", "[5, 8]", None),
    ("flatten", "[2, 3]", nn.Flatten),
    ("reshape: [3, -1]", "[2, 6]", None),
    ("permute: [3, 1, 2]", "[2, 3, 4]", None),
    ("select: {index: -1, axis: 2}", "[2, 3]", None),
    ("mean: 2", "[2, 3]", None),
]

DECODER = f"""
actreg: 1
input: {IDS}
layers:
  - embedding: {{rows: 9, features: 8}}
  - positional_embedding: sinusoidal
  - attention: {GROUPED}
  - class_token
  - rms_norm
  - permute: [2, 1]
  - adaptive_avg_pool1d: 3
  - reshape: [4, 6]
  - mean
  - linear: 3
"""


def planned(text: str) -> tuple[Plan, dict[str, np.ndarray]]:
    """The plan of a spec, and weights without zeros."""
    plan = plan_of(read_spec(text))
    rng = np.random.default_rng(3)
    return plan, {name: value + rng.uniform(0.1, 0.3, value.shape) for name, value in initial_weights(plan).items()}


def sample(plan: Plan, batch: int = 3) -> np.ndarray:
    """Numbers or token ids."""
    rng, shape = np.random.default_rng(4), (batch, *plan.input_shape)
    return rng.integers(0, 9, shape) if plan.input_dtype else rng.standard_normal(shape)


def close(ours: np.ndarray, theirs: np.ndarray, what: str) -> None:
    """To 1e-12 of the largest value."""
    scale = float(np.max(np.abs(theirs), initial=1.0))
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12 * scale, err_msg=what)


def agree(registry: actreg.Registry, plan: Plan, weights: dict[str, np.ndarray], x: np.ndarray) -> nn.Module:
    """Outputs and all gradients of both backends agree in float64; the torch network."""
    network = registry.backend("torch").network(plan, weights, dtype="float64")
    y, pullback = registry.backend("numpy").network(plan, weights, dtype="float64").vjp(x)
    tensor = torch.tensor(x, requires_grad=plan.input_dtype is None)
    expected = network(tensor)
    close(y, expected.detach().numpy(), "output")
    grad = np.random.default_rng(5).standard_normal(y.shape)
    found = pullback(grad)
    if expected.requires_grad:
        expected.backward(torch.tensor(grad))
    if tensor.requires_grad:
        close(found.pop("x"), tensor.grad.numpy(), "gradient of x")
    named = dict(network.named_parameters())
    assert found.keys() == named.keys()
    for name, value in found.items():
        close(value, named[name].grad.numpy(), f"gradient of {name}")
    return network


@pytest.mark.parametrize(("layer", "shape", "module"), CASES, ids=[layer for layer, *_ in CASES])
def test_a_layer_is_torchs_own_and_agrees_with_numpy(registry: Any, layer: str, shape: str, module: Any) -> None:
    """Output and gradients, for an ordinary batch and one sample; state_dict has the plan's names."""
    site = layer if ":" in layer else f"{layer}: "
    plan, weights = planned(f"actreg: 1\ninput: {shape}\nlayers: [{{{site}, as: it}}]\n")
    network = agree(registry, plan, weights, sample(plan))
    agree(registry, plan, weights, sample(plan, 1))
    assert set(network.state_dict()) - {"it.num_batches_tracked"} == set(weights)
    if module is not None:
        assert type(network.it) is module


@pytest.mark.parametrize(("layer", "shape", "module"), CASES, ids=[layer for layer, *_ in CASES])
def test_what_a_layer_made_may_be_overwritten_where_specs_allow_it(
    registry: Any, layer: str, shape: str, module: Any
) -> None:
    """Where a spec takes an activation in place after it, gradients in training are those of one that copies."""
    text = f"actreg: 1\ninput: {shape}\nlayers: [{layer}, {{relu: , inplace: true}}]\n"
    if layer.partition(":")[0] not in FREE:
        with pytest.raises(SpecError, match="relu in place would overwrite"):
            planned(text)
        return
    plan, weights = planned(text)
    overwriting = agree(registry, plan, weights, sample(plan))
    assert any(getattr(part, "inplace", False) for part in overwriting.modules())


def test_every_kind_is_a_case() -> None:
    """A new kind cannot be forgotten here."""
    from actreg.model.kinds import KINDS

    assert {layer.partition(":")[0] for layer, *_ in CASES} == set(KINDS)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize(("layer", "shape"), [case[:2] for case in CASES[18:24]], ids=[c[0] for c in CASES[18:24]])
def test_dtypes_are_kept(registry: Any, layer: str, shape: str, dtype: str) -> None:
    """Tables of positions do not widen what runs through them, and no digit is lost to them."""
    plan, weights = planned(f"actreg: 1\ninput: {shape}\nlayers: [rms_norm, {layer}]\n")
    x = sample(plan)
    found = {
        name: backend.outputs(backend.network(plan, weights, dtype=dtype), x)
        for name in ("numpy", "torch")
        for backend in [registry.backend(name)]
    }
    expected = registry.backend("numpy")
    exact = expected.outputs(expected.network(plan, weights, dtype="float64"), x)
    unit = {"float16": 2.0**-11, "bfloat16": 2.0**-8, "float32": 2.0**-24}[dtype]
    for outputs in found.values():
        for name, value in outputs.items():
            assert value.dtype.name == dtype
            scale = np.abs(exact[name]).max()
            assert np.abs(value.astype(np.float64) - exact[name]).max() <= 16 * unit * scale


@pytest.mark.parametrize("how", ["deepcopy", "pickle", "compile", "export", "empty"])
def test_what_is_done_to_networks_of_tokens(registry: Any, how: str, request: pytest.FixtureRequest) -> None:
    """Copying, pickling, compiling and exporting give the same outputs; an empty batch gives an empty output."""
    plan, weights = planned(DECODER)
    network = registry.backend("torch").network(plan, weights, dtype="float64")
    ids = torch.from_numpy(sample(plan, 4))
    expected = network(ids)
    if how == "empty":
        assert network(ids[:0]).shape == (0, 3)
        return
    if how == "deepcopy":
        other: Any = copy.deepcopy(network)
    elif how == "pickle":
        request.getfixturevalue("installed")
        other = pickle.loads(pickle.dumps(network))
    elif how == "compile":
        torch.compiler.reset()
        other = torch.compile(network, fullgraph=True, backend="aot_eager")
    else:
        sizes = ({0: torch.export.Dim("batch", min=2, max=64)},)
        other = torch.export.export(network, (ids,), dynamic_shapes=sizes).module()
        assert other(ids[:3]).shape == (3, 3)
    torch.testing.assert_close(other(ids), expected, rtol=1e-12, atol=1e-12)


def test_a_network_of_tokens_agrees_and_trains_alike(registry: Any) -> None:
    """Outputs, gradients, and the losses of a few steps."""
    plan, weights = planned(DECODER)
    x, y = sample(plan, 6), np.arange(6) % 3
    agree(registry, plan, weights, x)
    losses = []
    for name in ("numpy", "torch"):
        backend = registry.backend(name)
        network = backend.network(plan, weights, dtype="float64")
        trainer = backend.trainer(network, actreg.Optimizer("sgd", {"lr": 0.1}), "cross_entropy")
        losses.append([trainer.step(x, y) for _ in range(4)])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-12)
    assert losses[0][-1] < losses[0][0]


def test_attention_drops_weights_in_training_alone(registry: Any) -> None:
    """Two passes in training differ, two in evaluation do not."""
    plan, weights = planned("actreg: 1\ninput: [5, 8]\nlayers: [attention: {heads: 2, dropout: 0.5}]\n")
    network = registry.backend("torch").network(plan, weights)
    x = torch.randn(2, 5, 8)
    assert torch.equal(network(x), network(x))
    network.train()
    assert not torch.equal(network(x), network(x))


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize(
    ("ids", "match"),
    [
        (np.array([[0, 1, 2, 3, 9]]), r"token id 9 is no row of the embedding: ids go from 0 to 8"),
        (np.array([[0, 1, 2, 3, -1]]), r"token id -1 is no row"),
        (np.zeros((1, 5)), "token ids.*not float64"),
        (np.zeros((1, 4), int), r"shape \(batch, 5\)"),
    ],
)
def test_ids_that_are_none(registry: Any, backend: str, ids: np.ndarray, match: str) -> None:
    """Out of range, no integers, or too few: an InputError that says so, on either backend."""
    plan, weights = planned(DECODER)
    owner = registry.backend(backend)
    with pytest.raises(InputError, match=match):
        owner.outputs(owner.network(plan, weights), ids)


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int32, np.int64])
def test_any_integers_are_ids(registry: Any, dtype: Any) -> None:
    """Of whatever width."""
    plan, weights = planned(DECODER)
    for name in ("numpy", "torch"):
        backend = registry.backend(name)
        network = backend.network(plan, weights)
        wide = backend.outputs(network, sample(plan), ["linear_1"])["linear_1"]
        narrow = backend.outputs(network, sample(plan).astype(dtype), ["linear_1"])["linear_1"]
        np.testing.assert_array_equal(narrow, wide)
