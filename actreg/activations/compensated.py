"""Sums, products and quotients that keep what rounding loses, so that a formula in float64 rounds about once.

Requirements: over any namespace, without fused operations; exact unless something overflows or vanishes (arguments
within 1e±140 are safe). In a narrower dtype nothing goes wrong, there is merely less to keep.
"""

from __future__ import annotations

from typing import Any, Final

_SPLIT: Final = 134217729.0
"""2^27 + 1, which halves a float64's significand (T. J. Dekker, 1971, doi:10.1007/BF01397083)."""


def has_spare(xp: Any) -> bool:
    """Whether what is computed over `xp` is rounded to a narrower dtype afterwards, so that all this is for nothing."""
    return bool(getattr(xp, "spare", False))


def two_sum(a: Any, b: Any) -> tuple[Any, Any]:
    """The rounded sum, and what it lost (D. Knuth, The Art of Computer Programming, volume 2)."""
    total = a + b
    back = total - a
    return total, (a - (total - back)) + (b - back)


def two_product(a: Any, b: Any) -> tuple[Any, Any]:
    """The rounded product, and what it lost."""
    product = a * b
    high, low = _halves(a)
    other_high, other_low = _halves(b)
    return product, ((high * other_high - product) + high * other_low + low * other_high) + low * other_low


def quotient(a: Any, a_rest: Any, b: Any, b_rest: Any) -> Any:
    """(a + a_rest) / (b + b_rest), rounded little more than once; the rests are small beside a and b."""
    ratio = a / b
    back, lost = two_product(ratio, b)
    return ratio + (((a - back) - lost) + (a_rest - ratio * b_rest)) / b


def _halves(a: Any) -> tuple[Any, Any]:
    far = a * _SPLIT
    high = far - (far - a)
    return high, a - high
