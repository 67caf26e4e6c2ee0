"""An activation as a JAX function of arrays of float64: differentiable to any order, by its own mathematics.

Requirements:

- The tangent of an elementwise formula is the author's derivative, of every order: JAX would differentiate the formula,
  which is NaN at ±inf wherever a `where` leaves out a branch.
- The gradient of what works along an axis is the author's pullback; forward mode is that pullback transposed.
- Rules are traced when a derivative is taken, far from the call: each sets float64 for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

from actreg import dual, interpret
from actreg_jax.rounding import x64

Function = Callable[..., Any]


def pointwise(act: Any, xp: Any, names: tuple[str, ...], order: tuple[int, ...] = ()) -> Function:
    """f(x, *extras), or its partial derivative by the variables in `order` (0 is x, 1 the first of `names`, …).

    Extras broadcast against x. The last names may be noise, which has no derivative.
    """

    @jax.custom_jvp
    def function(*values: Any) -> Any:
        with x64():
            return jnp.broadcast_to(
                _partial(act, xp, values, names, order), jnp.broadcast_shapes(*map(jnp.shape, values))
            )

    @function.defjvp
    def rule(primals: Any, tangents: Any) -> Any:
        with x64():
            y = function(*primals)
            moved = jnp.zeros_like(y)
            for place, tangent in enumerate(tangents):
                if place == 0 or names[place - 1] != interpret.NOISE:
                    moved = moved + tangent * pointwise(act, xp, names, (*order, place))(*primals)
            return y, moved

    found: Function = function
    return found


def _partial(act: Any, xp: Any, values: Any, names: tuple[str, ...], order: tuple[int, ...]) -> Any:
    x, extras = values[0], dict(zip(names, values[1:], strict=True))
    if not order:
        return act.forward(xp, x, **extras)
    *below, last = order
    if not below and last == 0 and act.derivative_formula is not None:
        slope = act.derivative_formula(xp, x, **extras)
    elif not below and last and hasattr(act, "parameter_derivatives"):
        slope = act.parameter_derivatives(xp, x, **extras)[names[last - 1]]
    else:
        lifted = [dual.Dual(xp, value, 1.0 if place == last else 0.0) for place, value in enumerate(values)]
        slope = dual.tangent(_partial(act, dual.DualNamespace(xp), lifted, names, tuple(below)))
    return xp.where(xp.isnan(x), x, slope)


def along(act: Any, xp: Any, names: tuple[str, ...]) -> Function:
    """f(x, *extras) of an activation that works along an axis."""

    @jax.custom_jvp
    def function(*values: Any) -> Any:
        with x64():
            return interpret.value(act, xp, values[0], _named(names, values))

    @function.defjvp
    def rule(primals: Any, tangents: Any) -> Any:
        with x64():
            y = function(*primals)

            def pull(grad: Any) -> tuple[Any, ...]:
                found = interpret.pullback(act, xp, primals[0], y, grad, _named(names, primals))
                return tuple(found.get(name, jnp.zeros_like(v)) for name, v in zip(("x", *names), primals, strict=True))

            return y, jax.vjp(pull, jnp.zeros_like(y))[1](tuple(tangents))[0]

    found: Function = function
    return found


def _named(names: tuple[str, ...], values: Any) -> Mapping[str, Any]:
    return dict(zip(names, values[1:], strict=True))
