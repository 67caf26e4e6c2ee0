"""What JAX does to functions of arrays, for the conformance suite."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.export
import jax.numpy as jnp

from actreg import Transforms
from actreg_jax.rounding import x64

Function = Callable[[Any], Any]


def transforms() -> Transforms:
    """grad, vmap, jit and jax.export."""
    return Transforms(
        pullback=pullback,
        double_backward=double_backward,
        vmap=_wide(lambda function, x: jax.vmap(function)(x)),
        compile=lambda layer: _wide(jax.jit(lambda x: layer(x))),
        export=exported,
    )


def pullback(function: Function, x: Any, grad: Any) -> Any:
    """By reverse mode."""
    with x64():
        return jax.vjp(function, x)[1](grad)[0]


def double_backward(function: Function, x: Any, grad: Any, direction: Any) -> Any:
    """By reverse mode, twice."""
    with x64():
        return jax.vjp(lambda v: jax.vjp(function, v)[1](grad)[0], x)[1](direction)[0]


def exported(layer: Any, example: Any) -> Function:
    """`jax.export`, through bytes."""
    with x64():
        made = jax.export.export(jax.jit(lambda x: layer(x)))(jax.ShapeDtypeStruct(example.shape, example.dtype))
        return _wide(jax.export.deserialize(made.serialize()).call)


def state() -> Mapping[str, Any]:
    """What JAX keeps for the whole process."""
    return {
        "jax's x64": bool(jax.config.jax_enable_x64),
        "jax's default dtype": str(jnp.zeros(()).dtype),
        "jax's matmul precision": jax.config.jax_default_matmul_precision,
        "jax's NaN check": bool(jax.config.jax_debug_nans),
    }


def _wide(function: Callable[..., Any]) -> Callable[..., Any]:
    # A float64 array from outside keeps its dtype only where float64 is on.
    def run(*given: Any) -> Any:
        with x64():
            return function(*given)

    return run
