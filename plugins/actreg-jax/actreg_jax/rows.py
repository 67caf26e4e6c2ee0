"""An activation on rows, its axis the last one: what is compiled once for any number of them.

Requirements:

- XLA adds up and vectorises a row in an order that depends on how many there are. So rows are computed by blocks of
  so many, and a row's bits depend on the row alone; x has a multiple of `BLOCK` rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import jax
import jax.numpy as jnp

from actreg import interpret
from actreg_jax.namespace import space
from actreg_jax.rounding import narrow, widen

BLOCK: Final = 32
"""How many rows are computed at once."""

Arrays = Mapping[str, Any]


def value(act: Any, x: Any, extras: Arrays) -> Any:
    """act(x) in x's dtype. extras: parameters in float64, along the last axis or of one element."""
    xp = space(x.dtype.name)
    return narrow(_by_blocks(lambda rows: interpret.value_last(act, xp, widen(rows), extras), x), x.dtype.name)


def slope(act: Any, x: Any, extras: Arrays) -> Any:
    """act'(x) of an elementwise activation, in x's dtype."""
    return narrow(_by_blocks(partial(_slope, act, space(x.dtype.name), extras), x), x.dtype.name)


def pull(act: Any, x: Any, grad: Any, extras: Arrays) -> Any:
    """The gradient of x, in x's dtype."""
    xp = space(x.dtype.name)

    def of_rows(rows: Any, part: Any) -> Any:
        if act.kind == "elementwise":
            return widen(part) * _slope(act, xp, extras, rows)
        y = interpret.value_last(act, xp, widen(rows), extras)
        return interpret.pullback_last(act, xp, widen(rows), y, widen(part), extras)["x"]

    return narrow(_by_blocks(of_rows, x, grad), x.dtype.name)


def _slope(act: Any, xp: Any, extras: Arrays, rows: Any) -> Any:
    return jnp.broadcast_to(interpret.derivative_spread(act, xp, widen(rows), extras), rows.shape)


def _by_blocks(function: Callable[..., Any], *arrays: Any) -> Any:
    blocks = tuple(array.reshape(-1, BLOCK, array.shape[-1]) for array in arrays)
    found = jax.lax.map(lambda parts: function(*parts), blocks)
    return found.reshape(-1, found.shape[-1])
