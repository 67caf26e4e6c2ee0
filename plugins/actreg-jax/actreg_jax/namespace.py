"""The namespace of operations over JAX, in float64.

Requirements:

- Traceable: nothing branches on values, so that it runs under jit, grad, vmap and jvp alike.
- Good to a few units of float64, where XLA's own functions are not: its tanh is off by 7, its expm1 by 4. Its atan has
  other bits in the vectors of a loop than in what remains of one.
- Stable at ±inf: whatever decays goes through exp(-|x|).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import jax.numpy as jnp
from jax import lax

_SQRT_HALF: Final = math.sqrt(0.5)
_DENSITY: Final = 1.0 / math.sqrt(2.0 * math.pi)
_TAN: Final = math.sqrt(2.0) - 1.0
_ATAN: Final = (
    *(0.9734102303447442, -0.02595272048264835, 0.0006189529749236903, -1.753749333545473e-05, 5.405768595016133e-07),
    *(-1.7519588845815832e-08, 5.870281888102748e-10, -2.01424319791343e-11, 7.035532200059104e-13),
    *(-2.491686527572419e-14, 8.922736554855606e-16, -3.2243077275353524e-17),
)
"""atan(x)/x for |x| <= tan(π/8) in Chebyshev polynomials of 2x²/tan²(π/8) - 1: interpolated with mpmath."""
_QUARTER: Final = 0.25 * math.pi
_QUARTER_REST: Final = 3.061616997868383e-17
"""π/4 in two numbers."""


def _array(x: Any) -> Any:
    return jnp.asarray(x, dtype=jnp.float64)


class JaxNamespace:
    """`xp` for formulas on JAX arrays of float64. spare: whether the result is rounded to a narrower dtype."""

    spare = False
    abs = staticmethod(jnp.abs)
    cos = staticmethod(jnp.cos)
    exp = staticmethod(jnp.exp)
    floor = staticmethod(jnp.floor)
    isinf = staticmethod(jnp.isinf)
    isnan = staticmethod(jnp.isnan)
    log = staticmethod(jnp.log)
    log1p = staticmethod(jnp.log1p)
    maximum = staticmethod(jnp.maximum)
    minimum = staticmethod(jnp.minimum)
    sign = staticmethod(jnp.sign)
    sin = staticmethod(jnp.sin)
    sqrt = staticmethod(jnp.sqrt)
    matmul = staticmethod(jnp.matmul)
    reshape = staticmethod(jnp.reshape)

    @staticmethod
    def moveaxis(x: Any, source: int, destination: int) -> Any:
        """One axis in another place."""
        return jnp.moveaxis(x, source, destination) if x.ndim else x

    @staticmethod
    def atan(x: Any) -> Any:
        """The arc tangent, from that of (|x| - 1) / (|x| + 1) or -1/|x| and a multiple of π/4, in two numbers."""
        x = _array(x)
        size = jnp.abs(x)
        middle, far = size > _TAN, size > 1.0 / _TAN
        u = jnp.where(far, -1.0 / size, jnp.where(middle, (size - 1.0) / (size + 1.0), size))
        s = u * u * (2.0 / _TAN**2) - 1.0
        last, before = jnp.zeros_like(s), jnp.zeros_like(s)
        for coefficient in _ATAN[:0:-1]:
            last, before = coefficient + 2.0 * s * last - before, last
        near = u + u * ((_ATAN[0] - 1.0) + (s * last - before))
        turns = jnp.where(far, 2.0, jnp.where(middle, 1.0, 0.0))
        return jnp.copysign(turns * _QUARTER + (near + turns * _QUARTER_REST), x)

    @staticmethod
    def expm1(x: Any) -> Any:
        """exp(x) - 1, without cancellation: (u - 1)·x / log u with u = exp(x), whose errors cancel.

        W. Kahan, as told by N. Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 1.14.1.
        """
        x = _array(x)
        u = jnp.exp(x)
        near = jnp.abs(x) < 1.0
        inside = jnp.where(near & (u != 1.0), u, 2.0)
        small = jnp.where(u == 1.0, x, (inside - 1.0) * x / jnp.log(inside))
        return jnp.where(near, small, u - 1.0)

    @classmethod
    def sinh(cls, x: Any) -> Any:
        """The hyperbolic sine: half of m + m / (m + 1) with m = expm1(|x|); by halves where exp overflows."""
        x = _array(x)
        size = jnp.abs(x)
        m = cls.expm1(jnp.minimum(size, 700.0))
        half = jnp.exp(0.5 * size)
        return jnp.sign(x) * jnp.where(size < 700.0, 0.5 * (m + m / (m + 1.0)), 0.5 * half * half)

    @staticmethod
    def cosh(x: Any) -> Any:
        """The hyperbolic cosine; by halves where exp overflows."""
        size = jnp.abs(_array(x))
        e = jnp.exp(jnp.minimum(size, 700.0))
        half = jnp.exp(0.5 * size)
        return jnp.where(size < 700.0, 0.5 * e + 0.5 / e, 0.5 * half * half)

    @staticmethod
    def erf(x: Any) -> Any:
        """The error function."""
        return lax.erf(_array(x))

    @staticmethod
    def erfc(x: Any) -> Any:
        """1 - erf(x), without cancellation; from 0 to 1 that difference is off by 3 ulp, and XLA's erfc by 10."""
        x = _array(x)
        return jnp.where((x > 0.0) & (x < 1.0), 1.0 - lax.erf(x), lax.erfc(x))

    @staticmethod
    def gate(x: Any, p: Any) -> Any:
        """x·p; where p is 0, a zero with the sign of x·p, although x may be infinite."""
        held = jnp.logical_and(jnp.equal(p, 0.0), jnp.isinf(x))
        return jnp.where(held, jnp.where(jnp.less(x, 0.0), -1.0, 1.0), x) * p

    @staticmethod
    def sigmoid(x: Any) -> Any:
        """1 / (1 + exp(-x)), through exp(-|x|)."""
        e = jnp.exp(-jnp.abs(_array(x)))
        return jnp.where(jnp.less(x, 0.0), e, 1.0) / (1.0 + e)

    @staticmethod
    def sigmoid_pair(x: Any) -> tuple[Any, Any]:
        """The sigmoid and its slope e / (1 + e)²."""
        e = jnp.exp(-jnp.abs(_array(x)))
        whole = 1.0 + e
        return jnp.where(jnp.less(x, 0.0), e, 1.0) / whole, e / whole / whole

    @classmethod
    def tanh(cls, x: Any) -> Any:
        """-m / (2 + m) with m = expm1(-2|x|) near 0, (1 - e) / (1 + e) with e = exp(-2|x|) elsewhere, and x's sign."""
        x = _array(x)
        size = jnp.abs(x)
        m = cls.expm1(-2.0 * size)
        e = jnp.exp(-2.0 * size)
        return jnp.copysign(jnp.where(size < 0.25, -m / (2.0 + m), (1.0 - e) / (1.0 + e)), x)

    @classmethod
    def tanh_pair(cls, x: Any) -> tuple[Any, Any]:
        """tanh and sech² = 4e / (1 + e)², e = exp(-2|x|)."""
        e = jnp.exp(-2.0 * jnp.abs(_array(x)))
        whole = 1.0 + e
        return cls.tanh(x), 4.0 * e / whole / whole

    @staticmethod
    def softplus(x: Any) -> Any:
        """log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|))."""
        x = _array(x)
        return jnp.maximum(x, 0.0) + jnp.log1p(jnp.exp(-jnp.abs(x)))

    @classmethod
    def normal_pair(cls, x: Any) -> tuple[Any, Any]:
        """The standard normal's distribution, erfc(-x/√2)/2, and density."""
        x = _array(x)
        return 0.5 * cls.erfc(x * -_SQRT_HALF), _DENSITY * jnp.exp(-0.5 * (x * x))

    @staticmethod
    def where(condition: Any, a: Any, b: Any) -> Any:
        """a where the condition holds, b elsewhere."""
        return jnp.where(condition, _array(a), _array(b))

    @staticmethod
    def concat(parts: Sequence[Any], *, axis: int = -1) -> Any:
        """Joins arrays along an axis."""
        return jnp.concatenate(list(parts), axis=axis)

    @staticmethod
    def stack(parts: Sequence[Any], *, axis: int = -1) -> Any:
        """Joins arrays along a new axis."""
        return jnp.stack(list(parts), axis=axis)

    @staticmethod
    def cumsum(x: Any, *, axis: int = -1) -> Any:
        """Running sums."""
        return jnp.cumsum(x, axis=axis)

    @staticmethod
    def flip(x: Any, *, axis: int = -1) -> Any:
        """Reversed along an axis."""
        return jnp.flip(x, axis=axis)

    @staticmethod
    def max(x: Any, *, axis: int = -1) -> Any:
        """The largest along an axis, kept; -inf of nothing."""
        return jnp.max(x, axis=axis, keepdims=True, initial=-jnp.inf)

    @staticmethod
    def sum(x: Any, *, axis: int | tuple[int, ...] = -1) -> Any:
        """The sum along axes, kept."""
        return jnp.sum(x, axis=axis, keepdims=True)

    @staticmethod
    def sort(x: Any, *, axis: int = -1) -> Any:
        """Ascending along an axis."""
        return jnp.sort(x, axis=axis, stable=True)

    @staticmethod
    def pick_max(x: Any, *, axis: int = -1) -> tuple[Any, Any]:
        """The largest along an axis, dropped, and the mask of its first winner; a NaN wins."""
        index = jnp.expand_dims(jnp.argmax(x, axis=axis), axis)
        places = lax.broadcasted_iota(index.dtype, x.shape, axis % x.ndim)
        return jnp.squeeze(jnp.take_along_axis(x, index, axis=axis), axis=axis), places == index


class _Spare(JaxNamespace):
    """`xp` where float64 has bits to spare."""

    spare = True


XP: Final = JaxNamespace()
SPARE: Final = _Spare()


def space(dtype: str) -> JaxNamespace:
    """The namespace for results of a dtype."""
    return XP if dtype == "float64" else SPARE
