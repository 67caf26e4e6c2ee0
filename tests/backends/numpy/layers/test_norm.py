"""Normalisation means torch.nn.BatchNorm1d, BatchNorm2d and LayerNorm, running statistics included."""

from __future__ import annotations

import numpy as np
import pytest

from actreg.backends.numpy.layers.norm import BatchNorm, LayerNorm
from actreg.errors import InputError


def _stir(module):
    """Parameters and buffers away from 1 and 0."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    with torch.no_grad():
        for value in module.double().state_dict().values():
            if value.is_floating_point():
                value.copy_(torch.tensor(rng.uniform(0.5, 1.5, value.shape)))
    return module


BATCHES = {
    "rows": (6, 3),
    "two rows": (2, 3),
    "sequences": (4, 3, 5),
    "images": (4, 3, 5, 2),
    "one image": (1, 3, 4, 4),
}


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("shape", BATCHES.values(), ids=BATCHES)
def test_batch_norm_means_torchs(shape, training, agrees_with_torch):
    """Output, gradients and running statistics are torch's; a large mean costs no digits."""
    nn = pytest.importorskip("torch").nn
    module = _stir((nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d)(3, eps=1e-3, momentum=0.2))
    x = 2.0 * np.random.default_rng(0).standard_normal(shape) + 3.0
    agrees_with_torch(BatchNorm(1e-3, 0.2), module, x, training)


def test_batch_norm_evaluates_an_empty_batch(agrees_with_torch):
    """No rows in, no rows out, zero gradients."""
    nn = pytest.importorskip("torch").nn
    agrees_with_torch(BatchNorm(1e-5, 0.1), _stir(nn.BatchNorm1d(3)), np.empty((0, 3)))


@pytest.mark.parametrize("batch", [0, 1])
def test_batch_norm_cannot_train_on_one_value(batch, run):
    """A variance needs two values; the error says what to do, and the running statistics stay."""
    names = ("weight", "bias", "running_mean", "running_var")
    parameters = {name: np.ones(2) for name in names}
    with pytest.raises(InputError, match="larger batch, or evaluate"):
        BatchNorm(1e-5, 0.1).vjp((np.ones((batch, 2)),), parameters, run(True))
    assert all(np.all(parameters[name] == 1.0) for name in names)


def test_evaluation_leaves_running_statistics_alone(run):
    """Only training moves them."""
    parameters = {name: np.ones(2) for name in ("weight", "bias", "running_mean", "running_var")}
    BatchNorm(1e-5, 0.1).vjp((np.random.default_rng(0).standard_normal((5, 2)),), parameters, run(False))
    assert all(np.all(array == 1.0) for array in parameters.values())


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_batch_norms_pullback_is_the_adjoint(training, is_adjoint):
    """Central differences agree, through the batch's mean and variance."""
    rng = np.random.default_rng(0)
    parameters = {name: rng.uniform(0.5, 1.5, 3) for name in ("weight", "bias", "running_mean", "running_var")}
    is_adjoint(BatchNorm(1e-5, 0.1), (rng.standard_normal((4, 3, 2, 2)),), parameters, training)


ROWS = {"rows": ((4, 6), (6,)), "one row": ((1, 6), (6,)), "two axes": ((3, 4, 5), (4, 5)), "none": ((0, 6), (6,))}


@pytest.mark.parametrize(("shape", "over"), ROWS.values(), ids=ROWS)
def test_layer_norm_means_torchs(shape, over, agrees_with_torch, is_adjoint):
    """Output and gradients are torch's, over one trailing axis or several."""
    nn = pytest.importorskip("torch").nn
    x = np.random.default_rng(0).standard_normal(shape) + 2.0
    agrees_with_torch(LayerNorm(1e-3), _stir(nn.LayerNorm(over, eps=1e-3)), x)


@pytest.mark.parametrize(("shape", "over"), ROWS.values(), ids=ROWS)
def test_layer_norms_pullback_is_the_adjoint(shape, over, is_adjoint):
    """Central differences agree."""
    rng = np.random.default_rng(0)
    parameters = {"weight": rng.standard_normal(over), "bias": rng.standard_normal(over)}
    is_adjoint(LayerNorm(1e-5), (rng.standard_normal(shape),), parameters)
