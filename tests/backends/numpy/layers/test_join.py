"""Sums, products and concatenations: values, and the adjoint of each."""

from __future__ import annotations

import numpy as np
import pytest

from actreg.backends.numpy.layers.join import Add, Concat, Mul


def arrays(*shapes):
    """Inputs of the given shapes."""
    return tuple(np.random.default_rng(place).standard_normal(shape) for place, shape in enumerate(shapes))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_add_sums_and_passes_the_gradient_to_each(count, is_adjoint):
    """The value is the sum, the pullback its adjoint."""
    inputs = arrays(*[(3, 4)] * count)
    np.testing.assert_allclose(Add().evaluate(inputs, {}), np.sum(inputs, axis=0), rtol=1e-15)
    is_adjoint(Add(), inputs)


PRODUCTS = [
    ((3, 4), (3, 4)),
    ((3, 4), (3, 4), (3, 4)),
    ((2, 3, 4, 5), (2, 3, 1, 1)),
    ((2, 1, 4), (2, 3, 1)),
    ((2, 3), (2, 1), (2, 3)),
    ((0, 3), (0, 1)),
]


@pytest.mark.parametrize("shapes", PRODUCTS, ids=str)
def test_mul_multiplies_and_stretches(shapes, is_adjoint):
    """The value is the product, the pullback its adjoint, summed where an input was stretched."""
    inputs = arrays(*shapes)
    np.testing.assert_allclose(Mul().evaluate(inputs, {}), np.prod(np.broadcast_arrays(*inputs), axis=0), rtol=1e-14)
    is_adjoint(Mul(), inputs)


def test_the_product_of_a_value_with_itself_has_both_gradients(run):
    """The derivative of x·x is 2x, half of it for each place."""
    (x,) = arrays((2, 3))
    _, pullback = Mul().vjp((x, x), {}, run())
    np.testing.assert_array_equal(sum(pullback(np.ones_like(x), True).inputs), 2 * x)


def test_a_product_with_zero_has_gradients(run):
    """Nothing is divided on the way back."""
    zero, one = np.zeros((1, 2)), np.ones((1, 2))
    gradients = Mul().vjp((zero, one, one), {}, run())[1](one, True).inputs
    assert [g.tolist() for g in gradients] == [[[1.0, 1.0]], [[0.0, 0.0]], [[0.0, 0.0]]]


CONCATS = [(1, ((2, 3), (2, 4))), (1, ((2, 3, 4, 4), (2, 1, 4, 4), (2, 2, 4, 4))), (2, ((0, 3, 1), (0, 3, 2)))]


@pytest.mark.parametrize(("axis", "shapes"), CONCATS, ids=str)
def test_concat_puts_one_after_the_other(axis, shapes, is_adjoint):
    """In order; the gradient is cut at the same places."""
    inputs = arrays(*shapes)
    np.testing.assert_array_equal(Concat(axis).evaluate(inputs, {}), np.concatenate(inputs, axis))
    is_adjoint(Concat(axis), inputs)


@pytest.mark.parametrize("layer", [Mul(), Concat(1)], ids=repr)
def test_gradients_that_nobody_wants_are_not_computed(layer, run):
    """No parameters, so nothing is left."""
    inputs = arrays((2, 3), (2, 3))
    y, pullback = layer.vjp(inputs, {}, run())
    assert pullback(y, False) == ((), {})
