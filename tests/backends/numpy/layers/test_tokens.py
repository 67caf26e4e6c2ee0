"""Embedding means torch's; positions and the class token mean what their papers say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from actreg.backends.numpy.layers.tokens import ClassToken, Embedding, PositionalEmbedding, sinusoids
from actreg.errors import InputError


@pytest.mark.parametrize("shape", [(3,), (4, 5), (2, 3, 5), (0, 5)])
def test_embedding_means_torchs(shape, run):
    """Rows by id, and every id's gradients summed, also where it stands often or never."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    ids, weight = rng.integers(0, 7, shape), rng.standard_normal((9, 4))
    theirs = torch.tensor(weight, requires_grad=True)
    expected = torch.nn.functional.embedding(torch.tensor(ids), theirs)
    y, pullback = Embedding().vjp((ids,), {"weight": weight}, run())
    grad = rng.standard_normal(y.shape)
    expected.backward(torch.tensor(grad))
    np.testing.assert_array_equal(y, expected.detach().numpy())
    found = pullback(grad, True)
    assert found.inputs == ()
    np.testing.assert_allclose(found.parameters["weight"], theirs.grad.numpy(), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(("ids", "wrong"), [([[0, 9]], 9), ([[-1, 3]], -1), ([[2**40, 1]], 2**40)])
def test_an_id_that_is_no_row_is_named(ids, wrong):
    """Negative ids do not count from the end."""
    with pytest.raises(InputError, match=rf"token id {wrong} is no row.*0 to 8"):
        Embedding().evaluate((np.array(ids),), {"weight": np.zeros((9, 2))})


def test_sinusoids_are_vaswanis():
    """Section 3.5 of the paper, for an odd number of features too."""
    table = sinusoids(6, 5)
    assert table.shape == (6, 5)
    for place in range(6):
        for i in range(5):
            angle = place / 10000 ** (2 * (i // 2) / 5)
            assert table[place, i] == pytest.approx(math.cos(angle) if i % 2 else math.sin(angle), abs=1e-15)


@pytest.mark.parametrize("batch", [0, 1, 3])
@pytest.mark.parametrize(
    ("layer", "parameters"),
    [(PositionalEmbedding(), {"weight": (5, 4)}), (PositionalEmbedding(), {}), (ClassToken(), {"weight": (4,)})],
    ids=["learned", "sinusoidal", "class token"],
)
def test_the_pullback_is_the_adjoint(layer, parameters, batch, is_adjoint):
    """Central differences agree."""
    rng = np.random.default_rng(0)
    own = {name: rng.standard_normal(shape) for name, shape in parameters.items()}
    is_adjoint(layer, (rng.standard_normal((batch, 5, 4)),), own)


def test_the_class_token_stands_first():
    """Before every sample's tokens, which stay as they are."""
    x = np.arange(12.0).reshape(2, 2, 3)
    y = ClassToken().evaluate((x,), {"weight": np.array([7.0, 8.0, 9.0])})
    np.testing.assert_array_equal(y[:, 0], [[7, 8, 9]] * 2)
    np.testing.assert_array_equal(y[:, 1:], x)
