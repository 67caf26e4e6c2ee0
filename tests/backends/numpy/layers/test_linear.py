"""The affine layer means torch.nn.Linear."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actreg.backends.numpy.layers.linear import Linear

LEADING = [(1,), (5,), (0,), (2, 3), (2, 0), (2, 3, 4)]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("leading", LEADING, ids=str)
def test_it_means_torchs_linear(leading, bias, agrees_with_torch):
    """Output and gradients are torch's, whatever the leading axes."""
    nn = pytest.importorskip("torch").nn
    x = np.random.default_rng(0).standard_normal((*leading, 6))
    agrees_with_torch(Linear(), nn.Linear(6, 4, bias=bias), x)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 5), st.integers(1, 7), st.integers(1, 7), st.booleans())
def test_the_pullback_is_the_adjoint(is_adjoint, batch, features, outputs, bias):
    """Central differences agree for any sizes."""
    rng = np.random.default_rng(batch)
    parameters = {"weight": rng.standard_normal((outputs, features))}
    if bias:
        parameters["bias"] = rng.standard_normal(outputs)
    is_adjoint(Linear(), (rng.standard_normal((batch, features)),), parameters)


def test_an_unwanted_input_gradient_is_not_computed(run):
    """Only the parameters' gradients come back when the input's is not asked for."""
    _, pullback = Linear().vjp((np.ones((2, 3)),), {"weight": np.ones((4, 3))}, run())
    gradients = pullback(np.ones((2, 4)), False)
    assert gradients.inputs == ()
    assert set(gradients.parameters) == {"weight"}
