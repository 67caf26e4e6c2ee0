"""Specs that join, share and call: the same network on NumPy and on torch, forwards and backwards."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch

import actreg
from actreg.model import build, initial_weights, plan_of, read_spec
from actreg.registry import default_registry

SPECS = {
    "branches": "input: [3, 6, 6]\nlayers:\n"
    "  - branches:\n      merge: concat\n      of:\n"
    "        - [conv2d: {out_channels: 4, kernel: 3, padding: 1}, {relu: , inplace: true}]\n"
    "        - [conv2d: {out_channels: 2, kernel: 1}, silu]\n"
    "        - []\n"
    "  - branches: {merge: sum, of: [[tanh], [], [conv2d: {out_channels: $in, kernel: 1}]]}\n"
    "  - branches: {merge: mul, of: [[], [avg_pool2d: 6, conv2d: {out_channels: $in, kernel: 1}, sigmoid]]}\n"
    "  - flatten\n  - linear: 3\n",
    "names": "input: [6]\nlayers:\n  - {linear: 8, as: a}\n  - {tanh: , as: b}\n  - {linear: 8, as: c}\n"
    "  - {add: [a, b]}\n  - {concat: input}\n  - {linear: 8, as: d}\n  - {mul: [d, c], from: a}\n  - linear: 2\n",
    "projections": "input: [3, 8, 8]\nlayers:\n"
    "  - residual: {layers: [conv2d: {out_channels: 4, kernel: 3, stride: 2, padding: 1}, batch_norm], project: norm}\n"
    "  - {relu: , inplace: true}\n"
    "  - residual: {layers: [conv2d: {out_channels: 5, kernel: 1}], shortcut: [conv2d: {out_channels: 5, kernel: 1}]}\n"
    "  - flatten\n  - residual: {layers: [linear: 7, tanh], project: true}\n",
    "gated": "input: [5, 6]\nlayers: [gated: {hidden: 8, act: silu, bias: false}, gated: 4]\n".replace(
        "gated: 4", "gated: {hidden: 4, act: {leaky_relu: {negative_slope: 0.3}}}"
    ),
    "shared": "input: [6]\nblocks: {mlp: {params: {n: 9}, layers: [layer_norm, linear: $n, prelu, linear: $in]}}\n"
    "layers:\n  - {use: mlp, as: first}\n  - {use: mlp, share: first}\n  - {linear: {out_features: 6}, as: w}\n"
    "  - repeat: {times: 2, layers: [{linear: 6, share: w}, tanh]}\n  - {use: mlp, share: first}\n",
    "shared_norm": "input: [6]\nlayers: [{batch_norm: , as: n}, linear: 6, {batch_norm: , share: n}]\n",
}


@pytest.fixture(params=SPECS)
def text(request: Any) -> str:
    """Each spec."""
    return "actreg: 1\n" + SPECS[request.param]


def randomised(plan: actreg.Plan) -> dict[str, np.ndarray[Any, Any]]:
    """Initial weights, moved so that nothing is zero or one."""
    rng = np.random.default_rng(3)
    return {name: value + rng.uniform(0.0, 0.5, value.shape) for name, value in initial_weights(plan).items()}


@pytest.mark.parametrize("training", [False, True])
def test_both_backends_agree(text: str, training: bool) -> None:
    """In float64, every node's output and every gradient to 1e-12."""
    plan = plan_of(read_spec(text))
    weights = randomised(plan)
    ours = default_registry().backend("numpy").network(plan, weights, dtype="float64")
    theirs = default_registry().backend("torch").network(plan, weights, dtype="float64")
    x = np.random.default_rng(0).standard_normal((4, *plan.input_shape))
    if training:
        ours.train()
        theirs.train()
    y, pullback = ours.vjp(x)
    tensor = torch.from_numpy(x.copy()).requires_grad_()
    z = theirs(tensor)
    np.testing.assert_allclose(y, z.detach().numpy(), rtol=1e-12, atol=1e-12)
    grad = np.random.default_rng(1).standard_normal(y.shape)
    z.backward(torch.from_numpy(grad))
    found = pullback(grad)
    assert set(found) == {"x", *(name for name, spec in plan.parameters() if spec.trainable)}
    named = dict(theirs.named_parameters())
    for name, value in found.items():
        other = tensor.grad if name == "x" else named[name].grad
        assert other is not None
        np.testing.assert_allclose(value, other.numpy(), rtol=1e-10, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_weights_go_in_and_out(text: str, backend: str) -> None:
    """Under the names of the plan, each once."""
    plan = plan_of(read_spec(text))
    weights = randomised(plan)
    owner = default_registry().backend(backend)
    found = owner.weights(owner.network(plan, weights, dtype="float64"))
    assert list(found) == list(weights)
    for name, value in weights.items():
        np.testing.assert_array_equal(found[name], value)


def test_shared_parameters_are_one_parameter_in_torch() -> None:
    """Listed once, the same object at every place, in a copy too; a step moves all."""
    net = build("actreg: 1\n" + SPECS["shared"], backend="torch")
    for one in (net, copy.deepcopy(net)):
        assert one.get_submodule("repeat_1.2.linear_1").weight is one.get_submodule("w").weight
        assert one.get_submodule("mlp_2.linear_1").weight is one.get_submodule("first.linear_1").weight
        assert sum(p.numel() for p in one.parameters()) == 2 * 6 + 63 + 1 + 60 + 42


def test_shared_parameters_are_one_array_in_numpy() -> None:
    """Listed once; what is written into it changes every use."""
    net = build("actreg: 1\n" + SPECS["shared"], backend="numpy", dtype="float64")
    assert sum(array.size for array in net.parameters.values()) == 2 * 6 + 63 + 1 + 60 + 42
    x = np.random.default_rng(0).standard_normal((2, 6))
    net.parameters["w.weight"][...] = 0.0
    net.parameters["w.bias"][...] = 0.0
    assert not net.evaluate(x, ["repeat_1.2.linear_1"])["repeat_1.2.linear_1"].any()


def test_a_training_step_moves_what_is_shared_alike_on_both() -> None:
    """The optimiser sees a shared parameter once, with its whole gradient."""
    plan = plan_of(read_spec("actreg: 1\n" + SPECS["shared"]))
    weights = randomised(plan)
    x = np.random.default_rng(0).standard_normal((4, 6))
    y = np.random.default_rng(1).standard_normal((4, 6))
    after = {}
    for name in ("numpy", "torch"):
        owner = default_registry().backend(name)
        network = owner.network(plan, weights, dtype="float64")
        trainer = owner.trainer(network, actreg.Optimizer("sgd", {"lr": 0.1, "momentum": 0.9}), "mse")
        for _ in range(3):
            trainer.step(x, y)
        after[name] = owner.weights(network)
    for name, value in after["numpy"].items():
        np.testing.assert_allclose(value, after["torch"][name], rtol=1e-9, atol=1e-12, err_msg=name)
        assert name.endswith(".bias") or not np.array_equal(value, weights[name])
