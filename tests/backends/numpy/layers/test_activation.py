"""An activation node gives what the activation itself gives, in whatever order memory lies."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

import actreg
from actreg.backends.numpy.layers.activation import Activate
from actreg.backends.numpy.layers.layout import batch_first, batch_last

NAMES = ("relu", "tanh", "softplus", "softmax", "prelu")
LAYOUTS = {
    "C order": np.ascontiguousarray,
    "batch last": lambda x: batch_first(batch_last(x)),
    "F order": np.asfortranarray,
}


def _case(name):
    act = actreg.get(name, num_parameters=3) if name == "prelu" else actreg.get(name)
    parameters = {own: np.array([0.1, 0.2, 0.3]) for own in act.parameters()}
    return act, parameters, np.random.default_rng(0).standard_normal((4, 3, 2, 2))


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("name", NAMES)
def test_values_and_gradients_are_the_activations_own(name, layout, backend, run):
    """Bit by bit, for every order in memory."""
    act, parameters, x = _case(name)
    grad = np.random.default_rng(1).standard_normal(x.shape)
    expected, pull = act.vjp(x, **parameters)
    wanted = pull(grad)

    layer = Activate(act, backend)
    y, pullback = layer.vjp((layout(x),), parameters, run())
    found = pullback(grad, True)
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(layer.evaluate((layout(x),), parameters), expected)
    np.testing.assert_array_equal(found.inputs[0], wanted.pop("x"))
    assert set(found.parameters) == set(wanted)
    for own, value in wanted.items():
        np.testing.assert_allclose(found.parameters[own], value, rtol=1e-14)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_it_overwrites_only_when_it_may(layout, backend, run):
    """With leave to overwrite, the result lies in the input's memory; in vjp never, for a pullback may read it."""
    act, _, x = _case("relu")
    layer, own = Activate(act, backend), layout(x).copy(order="K")
    layer.vjp((own,), {}, run())
    layer.evaluate((own,), {})
    np.testing.assert_array_equal(own, x)
    y = layer.evaluate((own,), {}, overwrite=True)
    assert np.shares_memory(y, own)
    np.testing.assert_array_equal(own, np.maximum(x, 0.0))


def test_a_result_of_another_shape_is_no_overwriting(backend):
    """Leave to overwrite is no use where the size changes."""
    act = actreg.get("maxout_pool", pieces=2)
    x = np.random.default_rng(0).standard_normal((2, 4))
    y = Activate(act, backend).evaluate((x.copy(),), {}, overwrite=True)
    np.testing.assert_array_equal(y, act(x))


class _Jitter(actreg.Elementwise):
    """x · (1 + noise) in training, x in evaluation."""

    info: ClassVar = actreg.Info(name="jitter")

    def noise(self):
        """Uniform in [0, 1)."""
        return "uniform"

    def forward(self, xp, x, noise=None):
        """The formula."""
        return x if noise is None else x * (1.0 + noise)


def test_a_stochastic_activation_draws_in_training_alone(backend, run):
    """From the run's generator, the same noise in value and gradient; evaluation draws nothing."""
    layer, x = Activate(_Jitter(), backend), np.ones((50, 40))
    training, quiet = run(True), run(False)
    before = quiet.generator.bit_generator.state
    y, pullback = layer.vjp((x,), {}, training)
    assert len(np.unique(y)) == x.size
    np.testing.assert_allclose(pullback(x, True).inputs[0], y, rtol=1e-15)
    assert np.any(layer.vjp((x,), {}, training)[0] != y)
    np.testing.assert_array_equal(layer.vjp((x,), {}, quiet)[0], x)
    np.testing.assert_array_equal(layer.evaluate((x,), {}), x)
    assert quiet.generator.bit_generator.state == before
