"""The training loop, its batches, and its agreement between backends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from actreg.model.initial import initial_weights
from actreg.model.plan import plan_of
from actreg.model.read import read_spec
from actreg.registry import default_registry
from actreg.training import metrics, split
from actreg.training.data import Data, Samples, load_data
from actreg.training.loop import DivergedError, Result, train

CONFIGS = Path(__file__).parents[2] / "configs"
SPEC = """actreg: 1
input: [2]
layers: [linear: 8, tanh, linear: 2]
train: {epochs: 3, batch: 5, optimizer: {sgd: {lr: 0.1}}}
"""


def trained(observer: object = None, lr: str = "0.1", x_scale: float = 1.0) -> Result:
    spec = read_spec(SPEC.replace("lr: 0.1", f"lr: {lr}"))
    plan, backend = plan_of(spec), default_registry().backend("numpy")
    x = (np.random.default_rng(0).standard_normal((40, 2)) * x_scale).astype(np.float32)
    samples = Samples(x, (x[:, 0] > 0).astype(np.int64))
    data = Data("memory", samples, samples, np.arange(40), "")
    network = backend.network(plan, initial_weights(plan), dtype="float32")
    return train(backend, network, plan, data, spec.train, observer)


def test_training_lowers_the_loss_and_repeats_exactly() -> None:
    """The loss falls, and the same seed gives the same weights."""
    first, second = trained(), trained()
    assert first.epochs[-1].loss < first.epochs[0].loss
    assert all(np.array_equal(first.weights[name], second.weights[name]) for name in first.weights)


def test_a_loss_that_is_not_finite_stops_with_the_last_finite_weights() -> None:
    """Divergence is an error that keeps finite weights and says what to do."""
    with pytest.raises(DivergedError, match="lower the learning rate") as caught:
        trained(lr="1e38", x_scale=1e10)
    assert all(np.isfinite(array).all() for array in caught.value.weights.values())


def test_an_interrupt_keeps_what_there_is() -> None:
    """Ctrl-C ends training with the epochs so far."""

    class Stop:
        def step(self, *_: object) -> None: ...

        def epoch(self, epoch: object) -> None:
            raise KeyboardInterrupt

    result = trained(Stop())
    assert result.interrupted
    assert len(result.epochs) == 1


def test_order_is_a_permutation_that_seed_and_epoch_decide() -> None:
    """Every row once; other epochs have another order."""
    assert sorted(split.order(100, 0, 1)) == list(range(100))
    assert np.array_equal(split.order(100, 0, 1), split.order(100, 0, 1))
    assert not np.array_equal(split.order(100, 0, 1), split.order(100, 0, 2))


def test_a_stratified_split_takes_its_share_of_every_class() -> None:
    """A fifth of each class, rounded."""
    groups = np.array([0] * 50 + [1] * 10 + [2] * 5)
    chosen = split.stratified(groups, 0.2, 0)
    assert np.bincount(groups[chosen]).tolist() == [10, 2, 1]


def test_metrics_count_a_nan_as_wrong() -> None:
    """A row with NaN is no right answer; confusion counts the rest."""
    logits = np.array([[np.nan, 0.0], [0.0, 1.0], [2.0, 1.0]])
    labels = np.array([0, 1, 1])
    assert metrics.predicted(logits).tolist() == [-1, 1, 0]
    assert metrics.accuracy(logits, labels) == pytest.approx(1 / 3)
    assert metrics.confusion(labels, metrics.predicted(logits), 2).tolist() == [[0, 0], [1, 1]]
    assert metrics.cross_entropy(np.zeros((4, 10)), np.zeros(4, int)) == pytest.approx(np.log(10))


@pytest.mark.parametrize("config", ["digits_mlp", "digits_cnn"])
@pytest.mark.parametrize("optimizer", [None, "{sgd: {lr: 0.05, momentum: 0.9, weight_decay: 1e-3}}"])
def test_twenty_steps_have_the_same_losses_on_numpy_and_torch(config: str, optimizer: str | None) -> None:
    """In float64, from the same weights and batches, to 1e-9; without dropout, whose noise is each library's own."""
    pytest.importorskip("torch")
    text = (CONFIGS / f"{config}.yaml").read_text().replace("dropout: 0.2", "dropout: 0.0")
    if optimizer:
        text = (
            "\n".join(f"  optimizer: {optimizer}" if "optimizer:" in row else row for row in text.splitlines()) + "\n"
        )
    spec = read_spec(text, folder=CONFIGS)
    plan, data = plan_of(spec), load_data(spec, plan_of(spec), dtype="float64")
    rows = [split.order(len(data.training), 0, 1)[i * 64 : i * 64 + 64] for i in range(20)]
    curves = []
    for name in ("numpy", "torch"):
        backend = default_registry().backend(name)
        network = backend.network(plan, initial_weights(plan), dtype="float64")
        trainer = backend.trainer(network, spec.train.settings(), spec.train.loss)
        curves.append([trainer.step(data.training.x[b], data.training.y[b]) for b in rows])
    assert curves[0][-1] < curves[0][0]
    np.testing.assert_allclose(curves[0], curves[1], rtol=0, atol=1e-9)
