"""An activation on rows, its axis the last one: what is compiled once for any number of them.

Requirements:

- XLA adds up and vectorises a row in an order that depends on how many there are. So rows are computed by blocks of
  so many, and a row's bits depend on the row alone; x has a multiple of `BLOCK` rows.
- Gradients of parameters are sums over all rows, and are not cut into blocks.
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


def pull(act: Any, x: Any, grad: Any, extras: Arrays) -> dict[str, Any]:
    """The gradients of x and of every parameter, in float64."""
    xp = space(x.dtype.name)
    if act.kind == "elementwise":
        found = {"x": _by_blocks(lambda rows, part: widen(part) * _slope(act, xp, extras, rows), x, grad)}
        for name, along in interpret.parameter_derivatives_spread(act, xp, widen(x), extras).items():
            over = 0 if extras[name].size > 1 else None
            found[name] = jnp.sum(jnp.broadcast_to(widen(grad) * along, x.shape), axis=over).reshape(extras[name].shape)
        return found

    def of_rows(rows: Any, part: Any) -> dict[str, Any]:
        wide = widen(rows)
        y = interpret.value_last(act, xp, wide, extras)
        return interpret.pullback_last(act, xp, wide, y, widen(part), extras)

    sums = {name: array for name, array in of_rows(x, grad).items() if name != "x"} if extras else {}
    return {"x": _by_blocks(lambda *block: of_rows(*block)["x"], x, grad), **sums}


def _slope(act: Any, xp: Any, extras: Arrays, rows: Any) -> Any:
    return jnp.broadcast_to(interpret.derivative_spread(act, xp, widen(rows), extras), rows.shape)


def _by_blocks(function: Callable[..., Any], *arrays: Any) -> Any:
    blocks = tuple(array.reshape(-1, BLOCK, array.shape[-1]) for array in arrays)
    found = jax.lax.map(lambda parts: function(*parts), blocks)
    return found.reshape(-1, found.shape[-1])
