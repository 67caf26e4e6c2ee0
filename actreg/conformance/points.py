"""Where to look: the inputs at which an elementwise activation is judged.

Requirements:

- Every exponent of float16, bfloat16 and float32, both signs; more densely where activations bend. Every exponent of
  float64 where `dense`, with the sign alternating far out; every 15th otherwise.
- Both sides of every kink to the next float, in every format.
- Beside the roots of the function and of its derivative, in every format; and where either leaves the normal or the
  subnormal numbers of a format, in that format: there digits are lost.
- Zeros, extremes, infinities and NaN.
- The same points every time: nothing is random. A point that a narrow format holds serves the wider ones too, so that
  a table stays small.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from actreg.conformance.formats import FORMATS, Array, Format

_MANTISSAS = (1.0, 1.7109375, 1.3359375, 1.0859375, 1.9921875)
"""Exact in eight bits, so that every format can use them."""

_NARROWEST = -133
"""The lowest exponent of bfloat16; float32 alone has those below."""

_MARKS = 40
"""Roots of one function that are looked at: a wave has hundreds, which say the same."""

_FINE = (0.6180339887498949, 0.3247179572447460, 0.8567748838545029)
"""Fractions that fill a significand of any width."""


def spread_points(fmt: Format, dense: bool = True) -> Array:
    """Every exponent, both signs; far from 1 a wide format leaves to the narrow ones what those hold.

    dense: every exponent of float64 as well, each with one sign; every 15th where not.
    """
    coarse = fmt.precision <= 11
    found: list[float] = []
    for exponent in range(fmt.emin - fmt.precision + 1, fmt.emax + 1):
        near = -12 <= exponent <= 9
        if fmt.name == "float64" and not near and not dense and exponent % 15:
            continue
        for turn in range(2 if near else 1):
            place = exponent * 2 + turn
            size = math.ldexp(
                _MANTISSAS[place % len(_MANTISSAS)] if coarse else 1.0 + _FINE[place % len(_FINE)], exponent
            )
            if near or coarse or exponent < _NARROWEST:
                found += [-size, size]
            else:
                found.append(size if exponent % 2 else -size)
    return fmt.round(np.array(found))


def special_points(fmt: Format) -> Array:
    """Zeros, the smallest and largest subnormal and normal numbers, ones, infinities, NaN."""
    tiny = fmt.smallest_normal
    finite = [0.0, fmt.smallest, 3 * fmt.smallest, tiny - fmt.smallest, tiny, 0.5, 1.0, 2.0, fmt.largest, np.inf]
    return np.append(_both_signs(np.array(finite)), np.nan)


def beside(places: Iterable[float], fmt: Format, reach: int = 1) -> Array:
    """The format's number nearest to each place, and `reach` neighbours on both sides."""
    found: list[Array] = []
    for place in places:
        centre = fmt.round(np.array([place]))
        found.append(centre)
        for towards in (-np.inf, np.inf):
            moved = centre
            for _ in range(reach):
                moved = fmt.next(moved, towards)
                found.append(moved)
    return np.concatenate(found) if found else np.empty(0)


@dataclass(frozen=True)
class Mark:
    """A place worth looking at, in one format (by name) or in all of them."""

    place: float
    fmt: str = ""


def landmarks(f: Callable[[float], float]) -> list[Mark]:
    """Roots of f, and where it crosses the smallest normal and half the smallest subnormal number of each format.

    f: a function that is cheap and rough: it is asked about 4,000 times.
    """
    levels = [(0.0, "")]
    for fmt in FORMATS.values():
        for level in (fmt.smallest / 2, fmt.smallest_normal):
            levels += [(level, fmt.name), (-level, fmt.name)]
    grid = [*_outwards(-1.0), *(k / 16 for k in range(-320, 321)), *_outwards(1.0)]
    values = [f(x) for x in grid]
    found: list[Mark] = []
    for level, name in levels:
        places = {
            _bisect(f, left, right, level)
            for left, right, low, high in zip(grid, grid[1:], values, values[1:], strict=False)
            if math.isfinite(low) and math.isfinite(high) and (low - level) * (high - level) < 0 and low != high
        }
        found += [Mark(place, name) for place in _few(sorted(places, key=abs))]
    return found


def _few(places: list[float]) -> list[float]:
    """The nearest to 0, and of the others as many, far and near."""
    if len(places) <= _MARKS:
        return places
    near, far = places[: _MARKS // 2], places[_MARKS // 2 :]
    return near + far[:: -(-2 * len(far) // _MARKS)]


def _outwards(sign: float) -> Iterator[float]:
    steps = [20.0 + k for k in range(1, 800, 3)]
    return (sign * x for x in (reversed(steps) if sign < 0 else steps))


def _bisect(f: Callable[[float], float], left: float, right: float, level: float) -> float:
    below = f(left) < level
    while True:
        middle = 0.5 * (left + right)
        if middle in (left, right):
            return middle
        if (f(middle) < level) == below:
            left = middle
        else:
            right = middle


def all_points(kinks: Iterable[float], marks: Iterable[Mark], *, dense: bool = False) -> Array:
    """The union over all formats, sorted, without duplicates but with both zeros."""
    kinks, marks = list(kinks), list(marks)
    parts: list[Array] = []
    for fmt in FORMATS.values():
        inside = [k for k in kinks if abs(k) < fmt.largest]
        near = [m.place for m in marks if m.fmt in ("", fmt.name) and fmt.smallest < abs(m.place) < fmt.largest]
        parts += [spread_points(fmt, dense), special_points(fmt), beside(inside, fmt, 3), beside(near, fmt)]
    return distinct(np.concatenate(parts))


def distinct(x: Array) -> Array:
    """Sorted by bits, without duplicates: -0.0 and 0.0 both stay, NaN comes last."""
    order = {number.hex(): number for number in x.tolist()}
    return np.array(sorted(order.values(), key=lambda v: (math.isnan(v), v, math.copysign(1.0, v))))


def _both_signs(x: Array) -> Array:
    return np.concatenate([-x[::-1], x])
