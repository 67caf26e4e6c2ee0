"""The namespace of operations over NumPy, bound to float64.

Requirements:

- Every operation is good to 2 ulp of float64 (NumPy's own measure 0.5 to 1.2), so that a formula rounds once to a
  narrower dtype.
- Pairs share their exponential, and neither member cancels.
- No operation raises or warns by itself: the caller holds `errstate` once around a whole evaluation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from actreg.backends.numpy import error_function

_ROWS: Final = 16
"""Rows that are multiplied at a time: BLAS sums one row, or the last few, in another order than many."""


class NumpyNamespace:
    """`xp` for formulas on NumPy arrays of float64. spare: whether the result is rounded to a narrower dtype."""

    spare = False

    abs = staticmethod(np.abs)
    atan = staticmethod(np.arctan)
    cos = staticmethod(np.cos)
    cosh = staticmethod(np.cosh)
    erf = staticmethod(error_function.erf)
    erfc = staticmethod(error_function.erfc)
    exp = staticmethod(np.exp)
    expm1 = staticmethod(np.expm1)
    floor = staticmethod(np.floor)
    isinf = staticmethod(np.isinf)
    isnan = staticmethod(np.isnan)
    log = staticmethod(np.log)
    log1p = staticmethod(np.log1p)
    maximum = staticmethod(np.maximum)
    minimum = staticmethod(np.minimum)
    normal_pair = staticmethod(error_function.normal_pair)
    sign = staticmethod(np.sign)
    sin = staticmethod(np.sin)
    sinh = staticmethod(np.sinh)
    sqrt = staticmethod(np.sqrt)
    tanh = staticmethod(np.tanh)
    where = staticmethod(np.where)
    moveaxis = staticmethod(np.moveaxis)
    reshape = staticmethod(np.reshape)

    @staticmethod
    def gate(x: Any, p: Any) -> Any:
        """x·p; where p is 0, a zero with the sign of x·p, although x may be infinite."""
        product = np.multiply(x, p)
        lost = product != product
        if not lost.any():
            return product
        # inf·0 is where the product lost its zero; a NaN that came in stays.
        return np.where(lost & np.equal(p, 0.0) & np.isinf(x), np.multiply(np.sign(x), p), product)

    @staticmethod
    def sigmoid(x: Any) -> Any:
        """1 / (1 + exp(-x)), through exp(-|x|), which neither overflows nor loses the tail."""
        e = np.exp(-np.abs(x))
        return np.where(np.less(x, 0.0), e, 1.0) / (1.0 + e)

    @staticmethod
    def sigmoid_pair(x: Any) -> tuple[Any, Any]:
        """The sigmoid and its slope e / (1 + e)², the square written out: it rounds less than 1 + e does twice."""
        e = np.exp(-np.abs(x))
        return np.where(np.less(x, 0.0), e, 1.0) / (1.0 + e), e / (1.0 + (2.0 * e + e * e))

    @staticmethod
    def tanh_pair(x: Any) -> tuple[Any, Any]:
        """tanh and sech² = 4e / (1 + e)², e = exp(-2|x|)."""
        e = np.exp(-2.0 * np.abs(x))
        return np.tanh(x), 4.0 * e / (1.0 + (2.0 * e + e * e))

    @staticmethod
    def softplus(x: Any) -> Any:
        """log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|))."""
        return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))

    @staticmethod
    def matmul(a: Any, b: Any) -> Any:
        """The product of two matrices; a row of it depends on that row of `a` alone, not on how many there are."""
        count, width = a.shape
        padded = np.zeros((-(-count // _ROWS) * _ROWS, width), dtype=a.dtype)
        padded[:count] = a
        blocks = np.matmul(padded.reshape(len(padded) // _ROWS, _ROWS, width), b)
        return blocks.reshape(len(padded), b.shape[-1])[:count]

    @staticmethod
    def concat(parts: Sequence[Any], *, axis: int = -1) -> Any:
        """Joins arrays along an axis."""
        return np.concatenate(parts, axis=axis)

    @staticmethod
    def stack(parts: Sequence[Any], *, axis: int = -1) -> Any:
        """Joins arrays along a new axis."""
        return np.stack(parts, axis=axis)

    @staticmethod
    def cumsum(x: Any, *, axis: int = -1) -> Any:
        """Running sums."""
        return np.cumsum(x, axis=axis)

    @staticmethod
    def flip(x: Any, *, axis: int = -1) -> Any:
        """Reversed along an axis."""
        return np.flip(x, axis=axis)

    @staticmethod
    def max(x: Any, *, axis: int = -1) -> Any:
        """The largest along an axis, kept; -inf of nothing."""
        return np.max(x, axis=axis, keepdims=True, initial=-np.inf)

    @staticmethod
    def sum(x: Any, *, axis: int | tuple[int, ...] = -1) -> Any:
        """The sum along axes, kept."""
        return np.sum(x, axis=axis, keepdims=True)

    @staticmethod
    def sort(x: Any, *, axis: int = -1) -> Any:
        """Ascending."""
        return np.sort(x, axis=axis)

    @staticmethod
    def pick_max(x: Any, *, axis: int = -1) -> tuple[Any, Any]:
        """The largest along an axis, dropped, and the mask of its first winner; a NaN wins."""
        index = np.expand_dims(np.argmax(x, axis=axis), axis)
        won = np.zeros(x.shape, dtype=bool)
        np.put_along_axis(won, index, True, axis=axis)
        return np.squeeze(np.take_along_axis(x, index, axis=axis), axis=axis), won


class SpareNamespace(NumpyNamespace):
    """`xp` where float64 has bits to spare."""

    spare = True


XP: Final = NumpyNamespace()
SPARE: Final = SpareNamespace()
