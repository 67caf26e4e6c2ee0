"""Dual numbers along axes: every operation's tangent is what differences give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from actreg.backends.numpy.namespace import XP
from actreg.formula.dual import Dual, plain, tangent
from actreg.formula.dual_lines import LineDualNamespace

X = np.array([[0.3, -1.2, 2.0], [1.5, 0.1, -0.7]])
MOVE = np.array([[1.0, -0.5, 0.25], [2.0, 1.0, -1.0]])
W = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]])
OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "sum": lambda xp, x: xp.sum(x * x),
    "max": lambda xp, x: xp.max(x),
    "pick_max": lambda xp, x: xp.pick_max(x)[0],
    "cumsum": lambda xp, x: xp.cumsum(xp.exp(x)),
    "flip": lambda xp, x: xp.flip(x),
    "sort": lambda xp, x: xp.sort(x),
    "reshape": lambda xp, x: xp.reshape(x, (3, 2)),
    "moveaxis": lambda xp, x: xp.moveaxis(x, 0, 1),
    "matmul": lambda xp, x: xp.matmul(x, W),
    "concat": lambda xp, x: xp.concat([x, 2.0 * x]),
    "stack": lambda xp, x: xp.stack([x, xp.tanh(x)]),
    "slices": lambda xp, x: x[..., 0::2] * x[..., :2],
    "softmax": lambda xp, x: xp.exp(x - xp.max(x)) / xp.sum(xp.exp(x - xp.max(x))),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_tangent_is_the_derivative_along_the_move(name: str) -> None:
    """By central differences, to nine digits; the value is the plain one's."""
    operation, h = OPERATIONS[name], 2.0**-17
    got = operation(LineDualNamespace(XP), Dual(XP, X, MOVE))
    wanted = (operation(XP, X + h * MOVE) - operation(XP, X - h * MOVE)) / (2 * h)
    np.testing.assert_array_equal(plain(got), operation(XP, X))
    np.testing.assert_allclose(np.broadcast_to(tangent(got), wanted.shape), wanted, rtol=1e-8, atol=1e-9)


def test_equal_values_share_their_tangents_in_a_sort() -> None:
    """Whichever comes first."""
    got = LineDualNamespace(XP).sort(Dual(XP, np.array([[1.0, 1.0, 0.0]]), np.array([[2.0, 4.0, 7.0]])))
    assert tangent(got).tolist() == [[7.0, 3.0, 3.0]]
