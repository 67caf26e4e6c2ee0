"""Training: torch's optimisers, the NumPy backend's results, a stream of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import actreg
from actreg import INPUT, ConfigError, Constant, InputError, Node, Optimizer, ParamSpec, Plan, UnknownNameError

SGD = Optimizer("sgd", {"lr": 0.05, "momentum": 0.9, "weight_decay": 1e-3})
ADAMW = Optimizer("adamw", {"lr": 0.01, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.01})


def linear(name: str, source: str, given: int, out: int) -> Node:
    """A linear node."""
    specs = (ParamSpec("weight", (out, given), Constant(0.0)), ParamSpec("bias", (out,), Constant(0.0)))
    return Node(name, "linear", (source,), (out,), {"out_features": out, "bias": True}, specs)


def norm(name: str, source: str, size: int) -> Node:
    """A batch norm's node."""
    names = {"weight": True, "bias": True, "running_mean": False, "running_var": False}
    specs = tuple(ParamSpec(key, (size,), Constant(0.0), trains) for key, trains in names.items())
    return Node(name, "batch_norm", (source,), (size,), {"eps": 1e-5, "momentum": 0.1}, specs)


def make_plan(dropout: float = 0.0, seed: int = 3) -> Plan:
    """Two linear layers with a norm and a learnable activation between, dropout on request."""
    act = actreg.get("silu", trainable=True)
    beta = (ParamSpec("beta", (1,), Constant(1.0)),)
    # The norm comes first: a bias just before one has a gradient of nothing but rounding.
    nodes = [norm("norm", INPUT, 5), linear("one", "norm", 5, 8)]
    nodes.append(Node("act", "activation", ("one",), (8,), {}, beta, act))
    nodes.append(Node("drop", "dropout", ("act",), (8,), {"p": dropout}))
    return Plan((5,), (*nodes, linear("two", "drop", 8, 3)), seed)


def weights_of(plan: Plan) -> dict[str, np.ndarray]:
    """Random weights, the same ones every time."""
    rng = np.random.default_rng(0)
    return {name: np.abs(rng.normal(size=spec.shape)) + 0.1 for name, spec in plan.parameters()}


def batch(loss: str, step: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Twelve samples."""
    rng = np.random.default_rng(step)
    y = rng.integers(0, 3, 12) if loss == "cross_entropy" else rng.normal(size=(12, 3))
    return rng.normal(size=(12, 5)), y


@pytest.mark.parametrize("optimizer", [SGD, ADAMW], ids=["sgd", "adamw"])
@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_the_loss_curve_is_numpys(registry: actreg.Registry, optimizer: Optimizer, loss: str) -> None:
    """Twenty steps in float64 agree to 1e-9 with the NumPy backend, weights and buffers too."""
    plan = make_plan()
    curves, weights = [], []
    for name in ("numpy", "torch"):
        backend = registry.backend(name)
        network = backend.network(plan, weights_of(plan), dtype="float64")
        trainer = backend.trainer(network, optimizer, loss)
        curves.append([trainer.step(*batch(loss, step)) for step in range(20)])
        weights.append(backend.weights(network))
    np.testing.assert_allclose(curves[1], curves[0], rtol=1e-9, atol=1e-9)
    for name, value in weights[0].items():
        np.testing.assert_allclose(weights[1][name], value, rtol=1e-8, atol=1e-8, err_msg=name)


def test_dropout_has_a_stream_of_its_own(backend: Any) -> None:
    """The plan's seed decides; torch's global generator neither matters nor moves."""
    curves = []
    for noise, seed in ((1, 3), (2, 3), (1, 4)):
        plan = make_plan(0.5, seed)
        torch.manual_seed(noise)
        before = torch.get_rng_state()
        trainer = backend.trainer(backend.network(plan, weights_of(plan), dtype="float64"), SGD, "mse")
        curves.append([trainer.step(*batch("mse", step)) for step in range(4)])
        assert torch.equal(torch.get_rng_state(), before)
    assert curves[0] == curves[1]
    assert curves[0] != curves[2]


def test_modes_come_back(backend: Any) -> None:
    """A step trains in training mode and leaves every module's mode as it was."""
    plan = make_plan()
    network = backend.network(plan, weights_of(plan), dtype="float64")
    before = backend.weights(network)["norm.running_mean"]
    backend.trainer(network, SGD, "mse").step(*batch("mse"))
    assert not network.training
    assert not np.array_equal(backend.weights(network)["norm.running_mean"], before)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_narrow_dtypes_train(backend: Any, dtype: str) -> None:
    """The loss falls in narrower dtypes too."""
    plan = make_plan()
    trainer = backend.trainer(backend.network(plan, weights_of(plan), dtype=dtype), SGD, "cross_entropy")
    losses = [trainer.step(*batch("cross_entropy")) for _ in range(20)]
    assert losses[-1] < 0.8 * losses[0]


def test_a_network_without_parameters(backend: Any) -> None:
    """There is nothing to train, but there is a loss."""
    plan = Plan((3,), (Node("relu", "activation", (INPUT,), (3,), {}, (), actreg.get("relu")),))
    trainer = backend.trainer(backend.network(plan, {}), SGD, "mse")
    assert trainer.step(np.full((2, 3), 2.0, np.float32), np.zeros((2, 3))) == 4.0


@pytest.mark.parametrize(
    ("optimizer", "loss", "error", "match"),
    [
        (Optimizer("sdg"), "mse", UnknownNameError, "did you mean 'sgd'"),
        (SGD, "msee", UnknownNameError, "did you mean 'mse'"),
        (Optimizer("sgd", {"momentun": 0.9}), "mse", ConfigError, "did you mean 'momentum'"),
        (Optimizer("sgd", {"lr": -1.0}), "mse", ConfigError, "learning rate"),
    ],
)
def test_settings_that_are_refused(backend: Any, optimizer: Optimizer, loss: str, error: Any, match: str) -> None:
    """Unknown names and settings, and values out of range."""
    plan = make_plan()
    with pytest.raises(error, match=match):
        backend.trainer(backend.network(plan, weights_of(plan)), optimizer, loss)


@pytest.mark.parametrize(
    ("loss", "y", "match"),
    [
        ("cross_entropy", np.full(12, 3), "label 3 at row 0 is no class"),
        ("cross_entropy", np.full(12, -1), "no class"),
        ("cross_entropy", np.zeros(12), "integer labels"),
        ("cross_entropy", np.zeros(11, int), "integer labels"),
        ("mse", np.zeros((12, 2)), "targets of the outputs' shape"),
    ],
)
def test_targets_that_are_refused(backend: Any, loss: str, y: np.ndarray, match: str) -> None:
    """Labels out of range or of a wrong form never reach the device."""
    plan = make_plan()
    trainer = backend.trainer(backend.network(plan, weights_of(plan)), SGD, loss)
    with pytest.raises(InputError, match=match):
        trainer.step(batch("mse")[0], y)
