"""Training takes torch's way: loss curves of whole networks, step by step."""

from __future__ import annotations

import math

import numpy as np
import pytest

from actreg.backends.numpy.network import build_network, network_weights
from actreg.backends.numpy.trainer import make_trainer
from actreg.contracts.backend import Optimizer
from actreg.errors import InputError, UnknownNameError

MLP = ((6,), (("a", "linear", {"out": 8}), ("act", "relu", {}), ("b", "linear", {"out": 3})))
CNN = (
    (1, 8, 8),
    (
        ("a", "conv2d", {"out": 4, "padding": 1}),
        ("norm", "batch_norm", {}),
        ("act", "relu", {}),
        ("pool", "max_pool2d", {}),
        ("c", "conv2d", {"out": 6, "groups": 2, "stride": 2, "padding": 1}),
        ("mean", "avg_pool2d", {}),
        ("flat", "flatten", {}),
        ("b", "linear", {"out": 3}),
    ),
)
OPTIMIZERS = {
    "sgd": ("SGD", Optimizer("sgd", {"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-3})),
    "adamw": ("AdamW", Optimizer("adamw", {"lr": 0.01})),
}


def _in_torch(which):
    from torch import nn

    if which is MLP:
        return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))
    return nn.Sequential(
        *(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(6, 3)),
    )


def _batches(shape, loss, count=20, batch=16):
    rng = np.random.default_rng(0)
    for _ in range(count):
        x = rng.standard_normal((batch, *shape))
        yield x, rng.integers(0, 3, batch) if loss == "cross_entropy" else rng.standard_normal((batch, 3))


@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
@pytest.mark.parametrize(("theirs", "ours"), OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("which", [MLP, CNN], ids=["mlp", "cnn"])
def test_twenty_steps_are_torchs(which, theirs, ours, loss, plan, weights, backend):
    """The loss of every step, and all weights after the last, to 1e-9 in float64."""
    torch = pytest.importorskip("torch")
    made = plan(which[0], *which[1])
    network = build_network(made, weights(made), "float64", backend)
    module = _in_torch(which).double()
    names = [name for name in module.state_dict() if not name.endswith("num_batches_tracked")]
    state = dict(zip(names, network_weights(network).values(), strict=True))
    module.load_state_dict({name: torch.tensor(array) for name, array in state.items()}, strict=False)
    optimizer = getattr(torch.optim, theirs)(module.parameters(), **ours.settings)
    measure = getattr(torch.nn.functional, loss if loss == "cross_entropy" else "mse_loss")

    trainer = make_trainer(network, ours, loss)
    for x, y in _batches(which[0], loss):
        optimizer.zero_grad()
        expected = measure(module(torch.tensor(x)), torch.tensor(y))
        expected.backward()
        optimizer.step()
        assert trainer.step(x, y) == pytest.approx(expected.item(), rel=1e-9)
    for name, array in zip(names, network_weights(network).values(), strict=True):
        np.testing.assert_allclose(array, module.state_dict()[name].numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
@pytest.mark.parametrize("which", [MLP, CNN], ids=["mlp", "cnn"])
def test_training_learns(which, dtype, plan, weights, backend):
    """A batch seen again and again is fitted, in narrow dtypes too."""
    made = plan(which[0], *which[1])
    network = build_network(made, weights(made), dtype, backend)
    trainer = make_trainer(network, Optimizer("adamw", {"lr": 0.02}), "cross_entropy")
    x, y = next(_batches(which[0], "cross_entropy", batch=12))
    losses = [trainer.step(x, y) for _ in range(60)]
    assert losses[-1] < 0.5 * losses[0]


def test_a_step_moves_every_parameter_and_keeps_the_mode(plan, weights, backend):
    """Trained in training mode, left in the network's own; frozen nothing."""
    made = plan(CNN[0], *CNN[1])
    network = build_network(made, weights(made), "float64", backend)
    before = network_weights(network)
    make_trainer(network, OPTIMIZERS["adamw"][1], "cross_entropy").step(*next(_batches(CNN[0], "cross_entropy")))
    assert not network.training
    assert all(np.any(array != before[name]) for name, array in network_weights(network).items())


def test_a_refused_batch_moves_no_parameter(plan, weights, backend):
    """A label out of range is found before the step, and the mode is restored."""
    made = plan(MLP[0], *MLP[1])
    network = build_network(made, weights(made), "float64", backend)
    before = network_weights(network)
    with pytest.raises(InputError, match="label 3"):
        make_trainer(network, OPTIMIZERS["sgd"][1], "cross_entropy").step(np.ones((1, 6)), np.array([3]))
    assert not network.training
    assert all(np.array_equal(array, before[name]) for name, array in network_weights(network).items())


def test_a_loss_that_is_not_finite_is_returned(plan, weights, backend):
    """Without a warning: the training loop decides."""
    made = plan(MLP[0], *MLP[1])
    network = build_network(made, weights(made), "float32", backend)
    trainer = make_trainer(network, OPTIMIZERS["sgd"][1], "mse")
    assert not math.isfinite(trainer.step(np.full((2, 6), np.inf, dtype=np.float32), np.zeros((2, 3))))


def test_unknown_names_are_refused_before_training(plan, weights, backend):
    """A misspelt loss or optimiser is an error when the trainer is made."""
    made = plan(MLP[0], *MLP[1])
    network = build_network(made, weights(made), "float32", backend)
    with pytest.raises(UnknownNameError, match="loss"):
        make_trainer(network, OPTIMIZERS["sgd"][1], "cross-entropie")
    with pytest.raises(UnknownNameError, match="optimizer"):
        make_trainer(network, Optimizer("sdg", {}), "mse")


def test_dropout_trains_on_the_networks_stream(plan, weights, backend):
    """Two networks of one seed take the same steps; the noise goes on from step to step."""
    made = plan((6,), ("drop", "dropout", {}), ("b", "linear", {"out": 3}), seed=5)
    twins = [build_network(made, weights(made), "float64", backend) for _ in range(2)]
    trainers = [make_trainer(twin, Optimizer("sgd", {"lr": 0.0}), "mse") for twin in twins]
    x, y = next(_batches((6,), "mse"))
    losses = [[trainer.step(x, y) for _ in range(3)] for trainer in trainers]
    assert losses[0] == losses[1]
    assert len(set(losses[0])) == 3
