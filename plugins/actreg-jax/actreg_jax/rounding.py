"""From a dtype to float64 and back, rounding once and keeping subnormal numbers.

Requirements:

- Formulas run in float64 whatever x's dtype and whatever `jax_enable_x64` says; the setting is touched within a context
  of the thread alone.
- XLA's CPU code takes subnormal numbers for zeros. float64 holds those of narrower formats as normal numbers, so they
  are read from their bits and written by their bits; float64's own are lost.
- Narrowing rounds to nearest, ties to even, exactly once: `reduce_precision` rounds within float64, after which the
  conversion is exact. (XLA may drop a pair of conversions; it keeps this.)
- Both directions are differentiable any number of times: their tangents are conversions.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import jax
import jax.numpy as jnp
from jax import lax


@dataclass(frozen=True)
class Format:
    """A floating-point format: bits of exponent and of significand, without the hidden one, and an integer as wide."""

    exponent: int
    mantissa: int
    integer: Any

    @property
    def normal_bits(self) -> int:
        """The bits of the smallest normal number."""
        return 1 << self.mantissa

    @property
    def smallest(self) -> float:
        """The smallest subnormal number."""
        return float(2.0 ** (2 - (1 << (self.exponent - 1)) - self.mantissa))

    @property
    def sign_bit(self) -> int:
        """The sign's bit, as a negative integer."""
        return -(1 << (self.exponent + self.mantissa))


FORMATS: Final = {
    "float16": Format(5, 10, jnp.int16),
    "bfloat16": Format(8, 7, jnp.int16),
    "float32": Format(8, 23, jnp.int32),
}
"""The formats narrower than float64."""

DTYPES: Final = (*FORMATS, "float64")


def x64() -> AbstractContextManager[Any]:
    """Within it this thread's JAX has float64."""
    context: AbstractContextManager[Any] = jax.enable_x64(True)
    return context


@jax.custom_jvp
def widen(x: Any) -> Any:
    """x in float64, exactly; x itself where it is."""
    if x.dtype == jnp.float64:
        return x
    kind = FORMATS[x.dtype.name]
    bits = lax.bitcast_convert_type(x, kind.integer).astype(jnp.int64)
    size = bits & ~kind.sign_bit
    small = size.astype(jnp.float64) * kind.smallest
    return jnp.where(size < kind.normal_bits, jnp.where(bits < 0, -small, small), x.astype(jnp.float64))


@widen.defjvp
def _widen_tangent(primals: Any, tangents: Any) -> Any:
    with x64():
        return widen(*primals), tangents[0].astype(jnp.float64)


@partial(jax.custom_jvp, nondiff_argnums=(1,))
def narrow(y: Any, dtype: str) -> Any:
    """y, a float64 array, rounded once to the dtype of that name."""
    if dtype == "float64":
        return y
    kind = FORMATS[dtype]
    rounded = lax.reduce_precision(y, exponent_bits=kind.exponent, mantissa_bits=kind.mantissa).astype(dtype)
    steps = jnp.rint(jnp.abs(y) / kind.smallest)
    below = steps <= kind.normal_bits
    bits = jnp.where(below, steps, 0.0).astype(kind.integer)
    signed = jnp.where(jnp.signbit(y), bits | jnp.asarray(kind.sign_bit, kind.integer), bits)
    return jnp.where(below, lax.bitcast_convert_type(signed, jnp.dtype(dtype)), rounded)


@narrow.defjvp
def _narrow_tangent(dtype: str, primals: Any, tangents: Any) -> Any:
    with x64():
        return narrow(primals[0], dtype), tangents[0].astype(dtype)
