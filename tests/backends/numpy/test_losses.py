"""Losses mean torch's, are stable, and check their targets."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actreg.backends.numpy.losses import cross_entropy, find_loss, mse
from actreg.errors import InputError, UnknownNameError


@pytest.mark.parametrize("scale", [1.0, 100.0, 1e5])
@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (8, 5)], ids=str)
def test_cross_entropy_means_torchs(shape, scale):
    """Value and gradient, however large the logits."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    logits, labels = scale * rng.standard_normal(shape), rng.integers(0, shape[1], shape[0])
    tensor = torch.tensor(logits, requires_grad=True)
    expected = torch.nn.functional.cross_entropy(tensor, torch.tensor(labels))
    expected.backward()
    value, gradient = cross_entropy(logits, labels)
    assert value == pytest.approx(expected.item(), rel=1e-12, abs=1e-15)
    np.testing.assert_allclose(gradient, tensor.grad.numpy(), rtol=1e-12, atol=1e-15)


def test_mse_means_torchs():
    """Value and gradient, over every element."""
    torch = pytest.importorskip("torch")
    outputs, targets = np.random.default_rng(0).standard_normal((2, 4, 3, 2))
    tensor = torch.tensor(outputs, requires_grad=True)
    expected = torch.nn.functional.mse_loss(tensor, torch.tensor(targets))
    expected.backward()
    value, gradient = mse(outputs, targets)
    assert value == pytest.approx(expected.item(), rel=1e-14)
    np.testing.assert_allclose(gradient, tensor.grad.numpy(), rtol=1e-14)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 4), st.integers(1, 5), st.integers(0, 1000))
def test_gradients_are_the_losses_own(batch, classes, seed):
    """Central differences agree for any shape."""
    rng = np.random.default_rng(seed)
    outputs, way = rng.standard_normal((2, batch, classes))
    for loss, targets in ((cross_entropy, rng.integers(0, classes, batch)), (mse, rng.standard_normal(outputs.shape))):
        slope = (loss(outputs + 1e-5 * way, targets)[0] - loss(outputs - 1e-5 * way, targets)[0]) / 2e-5
        assert float(np.sum(loss(outputs, targets)[1] * way)) == pytest.approx(slope, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_gradients_keep_the_outputs_dtype(dtype):
    """A narrow network gets a narrow gradient, of a loss computed wide."""
    outputs = np.array([[6e4, -6e4], [1.0, 2.0]], dtype=dtype)
    value, gradient = mse(outputs, np.zeros((2, 2)))
    assert math.isfinite(value)
    assert gradient.dtype == outputs.dtype
    assert cross_entropy(outputs, np.array([0, 1]))[1].dtype == outputs.dtype


@pytest.mark.parametrize("logit", [np.nan, np.inf])
def test_a_loss_that_is_not_finite_is_returned(logit):
    """No warning and no error: the training loop decides."""
    assert math.isnan(cross_entropy(np.array([[logit, 0.0]]), np.array([0]))[0])


def test_an_impossible_class_costs_infinity():
    """A logit of -inf at the label is a loss of inf."""
    assert cross_entropy(np.array([[-np.inf, 0.0]]), np.array([0]))[0] == math.inf


LOGITS = np.zeros((3, 4))
WRONG = {
    "labels that are floats": (cross_entropy, LOGITS, np.zeros(3), "float64"),
    "labels that are bools": (cross_entropy, LOGITS, np.zeros(3, dtype=bool), "bool"),
    "a negative label": (cross_entropy, LOGITS, np.array([0, -1, 2]), "label -1 at row 1"),
    "a label too large": (cross_entropy, LOGITS, np.array([0, 1, 4]), "label 4 at row 2"),
    "too few labels": (cross_entropy, LOGITS, np.array([0, 1]), "3 labels"),
    "one-hot labels": (cross_entropy, LOGITS, np.zeros((3, 4), dtype=int), "3 labels"),
    "logits with another axis": (cross_entropy, np.zeros((3, 4, 1)), np.zeros(3, dtype=int), "batch, classes"),
    "an empty batch of logits": (cross_entropy, np.zeros((0, 4)), np.zeros(0, dtype=int), "at least one"),
    "targets that would broadcast": (mse, LOGITS, np.zeros((3, 1)), "shape"),
    "targets that are no numbers": (mse, LOGITS, np.full((3, 4), "a"), "real numbers"),
    "complex targets": (mse, LOGITS, LOGITS.astype(complex), "real numbers"),
    "an empty batch": (mse, np.zeros((0, 4)), np.zeros((0, 4)), "at least one"),
}


@pytest.mark.parametrize(("loss", "outputs", "targets", "says"), WRONG.values(), ids=WRONG)
def test_wrong_targets_are_refused(loss, outputs, targets, says):
    """The error names what was given."""
    with pytest.raises(InputError, match=says):
        loss(outputs, targets)


def test_an_unknown_loss_gets_a_suggestion():
    """The error says which losses there are."""
    assert find_loss("mse") is mse
    with pytest.raises(UnknownNameError, match="did you mean 'cross_entropy'"):
        find_loss("crossentropy")
