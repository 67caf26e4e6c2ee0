"""The error function and the normal distribution on NumPy arrays of float64, vectorised.

Requirements:

- Within 2 ulp everywhere, the tails included, and the last subnormal numbers kept.
- The exponential of a square is taken at the rounded square, and what the rounding lost goes into the other factor:
  at 27² half an ulp of the square would cost 400 ulp of the result.
- Mills' ratio comes from a table of polynomials (`scripts/fit_normal_tail.py` makes it): 32 pieces for each octave of
  1 + t, found by the number's own bits.
- No operation warns by itself: the caller holds `errstate`.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Final

import numpy as np

Array = np.ndarray[Any, Any]

_LAST: Final = 38.75
"""The tail is 0 from here on."""

_ROOT_TWO: Final = math.sqrt(2.0)
_ROOT_TWO_LOST: Final = -9.667293313452913e-17
"""√2 minus its float64."""

_DENSITY: Final = 0.3989422804014327
_DENSITY_LOST: Final = -2.4923272022777433e-17
"""1/√(2π), in two numbers."""

_NEAR: Final = 0.65

_SERIES: Final = (
    *(0.12837916709551256, -0.37612638903183754, 0.11283791670955126, -0.02686617064513107, 0.005223977625435468),
    *(-0.0008548327022198238, 0.0001205533284547022, -1.4925641098831591e-05, 1.6461709683751544e-06),
    *(-1.6354446080164204e-07, 1.4606528867824975e-08, -1.0261801758171537e-09),
)
"""erf(x)/x - 1 as a polynomial in x², lowest powers first, interpolated at Chebyshev's points of |x| < 0.65."""

_FIRST: Final = np.array([1.0]).view(np.int64)[0] >> 47


def _read() -> tuple[Array, ...]:
    lines = Path(__file__).with_name("normal_tail.tsv").read_text(encoding="utf-8").splitlines()[1:]
    table = np.array([[float(word) for word in line.split("\t")] for line in lines])
    return tuple(np.ascontiguousarray(column) for column in table.T)


_CENTRE, _HIGH, _LOW, *_REST = _read()


def normal_pair(x: Any) -> tuple[Any, Any]:
    """The standard normal's distribution function and its density."""
    x = np.asarray(x, dtype=np.float64)
    t = np.minimum(np.abs(x), 2.0 * _LAST)
    square, lost = _square(t)
    e = np.exp(-0.5 * square)
    lost *= 0.5
    tail = e * _mills(t, 0.0, lost)
    return np.where(x > 0.0, 1.0 - tail, tail), e * (_DENSITY + (_DENSITY_LOST - _DENSITY * lost))


def erfc(x: Any) -> Any:
    """1 - erf(x), without cancellation: twice the normal distribution's tail at √2·x."""
    x = np.asarray(x, dtype=np.float64)
    a = np.minimum(np.abs(x), _LAST)
    square, lost = _square(a)
    # √2·a in two numbers, since Mills' ratio is to be taken at their sum.
    t = _ROOT_TWO * a
    tail = 2.0 * np.exp(-square) * _mills(t, _product_lost(a, _ROOT_TWO, t) + _ROOT_TWO_LOST * a, lost)
    return np.where(x < 0.0, 2.0 - tail, tail)


def erf(x: Any) -> Any:
    """The error function: its series near 0, 1 - erfc elsewhere."""
    x = np.asarray(x, dtype=np.float64)
    near = np.abs(x) < _NEAR
    z = np.where(near, x * x, 0.0)
    total = np.full_like(z, _SERIES[-1])
    for coefficient in _SERIES[-2::-1]:
        total *= z
        total += coefficient
    return np.where(near, x + x * total, np.copysign(1.0 - erfc(np.abs(x)), x))


def _mills(t: Array, more: Any, lost: Array) -> Any:
    """exp((t + more)²/2)·Φ(-t - more), less the part `lost` of it; t >= 0, NaN stays."""
    # The bits of 1 + t: exponent and first five of the significand. NaN takes the last piece.
    place = ((1.0 + t).view(np.int64) >> 47) - _FIRST
    place = np.clip(place, 0, len(_CENTRE) - 1)
    d = (t - _CENTRE.take(place)) + more
    total = _REST[-1].take(place)
    for column in _REST[-2::-1]:
        total *= d
        total += column.take(place)
    total *= d
    total += _LOW.take(place)
    high = _HIGH.take(place)
    total -= (high + total) * lost
    return high + total


def _square(t: Array) -> tuple[Any, Any]:
    """t² and what its rounding lost, by splitting t (T. Dekker, 1971, doi:10.1007/BF01397083)."""
    square = t * t
    return square, _product_lost(t, t, square)


def _product_lost(a: Array, b: Any, product: Array) -> Any:
    """a·b - product, exactly."""
    a_high, b_high = _upper(a), _upper(b)
    a_low, b_low = a - a_high, b - b_high
    return ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _upper(x: Any) -> Any:
    """The first 24 bits; 29 remain."""
    return np.float64(np.float32(x)) if isinstance(x, float) else x.astype(np.float32).astype(np.float64)
