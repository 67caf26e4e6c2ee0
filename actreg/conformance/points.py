"""Where to look: the inputs at which an elementwise activation is judged.

Requirements:

- Every exponent of every format, both signs; more densely where activations bend.
- Both sides of every kink to the next float, in every format.
- Beside the roots of the function and of its derivative, and where either leaves the normal or the subnormal numbers
  of a format: there digits are lost.
- Zeros, extremes, infinities and NaN.
- The same points every time: nothing is random.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from actreg.conformance.formats import FORMATS, Array, Format

_MANTISSAS = (1.0, 1.7109375, 1.3359375, 1.0859375, 1.9921875)
"""Exact in eight bits, so that every format can use them."""

_MARKS = 40
_FINE = (0.6180339887498949, 0.3247179572447460, 0.8567748838545029)
"""Fractions that fill a significand of any width."""


def spread_points(fmt: Format) -> Array:
    """Both signs of every exponent within activations' reach; beyond it every second one, every 24th in float64."""
    found: list[float] = []
    lowest = fmt.emin - fmt.precision + 1
    step = 24 if fmt.name == "float64" else 4 if fmt.emin < -100 else 1
    for exponent in range(lowest, fmt.emax + 1):
        near = -12 <= exponent <= 9
        if not near and (exponent - fmt.emin) % step:
            continue
        for turn in range(2 if near else 1):
            place = exponent * 2 + turn
            coarse = _MANTISSAS[place % len(_MANTISSAS)]
            fine = 1.0 + _FINE[place % len(_FINE)]
            found.append(math.ldexp(coarse if fmt.precision <= 11 else fine, exponent))
    return _both_signs(fmt.round(np.array(found)))


def special_points(fmt: Format) -> Array:
    """Zeros, the smallest and largest subnormal and normal numbers, ones, infinities, NaN."""
    tiny = fmt.smallest_normal
    finite = [0.0, fmt.smallest, 3 * fmt.smallest, tiny - fmt.smallest, tiny, 0.5, 1.0, 2.0, fmt.largest, np.inf]
    return np.append(_both_signs(np.array(finite)), np.nan)


def beside(places: Iterable[float], fmt: Format, reach: int = 2) -> Array:
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


def landmarks(f: Callable[[float], float]) -> list[float]:
    """Roots of f, and where it crosses the smallest normal and subnormal numbers and the largest of a format.

    f: a function that is cheap and rough: it is asked about 4,000 times.
    """
    levels = [0.0]
    for fmt in FORMATS.values():
        for level in (fmt.smallest / 2, fmt.smallest_normal):
            levels += [level, -level]
    grid = [*_outwards(-1.0), *(k / 16 for k in range(-320, 321)), *_outwards(1.0)]
    values = [f(x) for x in grid]
    found: list[float] = []
    for left, right, low, high in zip(grid, grid[1:], values, values[1:], strict=False):
        for level in levels:
            if math.isfinite(low) and math.isfinite(high) and (low - level) * (high - level) < 0 and low != high:
                found.append(_bisect(f, left, right, level))
    return _few(sorted(set(found), key=abs))


def _few(marks: list[float]) -> list[float]:
    """The nearest to 0, and of the others as many, far and near: a wave has hundreds, which say the same."""
    if len(marks) <= _MARKS:
        return marks
    near, far = marks[: _MARKS // 2], marks[_MARKS // 2 :]
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


def all_points(kinks: Iterable[float], marks: Iterable[float], *, extra: Iterable[Any] = ()) -> Array:
    """The union over all formats, sorted, without duplicates but with both zeros."""
    kinks, marks = list(kinks), list(marks)
    parts = [np.asarray(list(extra), dtype=np.float64)]
    for fmt in FORMATS.values():
        inside = [k for k in kinks if abs(k) < fmt.largest]
        near = [m for m in marks if fmt.smallest < abs(m) < fmt.largest]
        parts += [spread_points(fmt), special_points(fmt), beside(inside, fmt, 3), beside(near, fmt)]
    return distinct(np.concatenate(parts))


def distinct(x: Array) -> Array:
    """Sorted by bits, without duplicates: -0.0 and 0.0 both stay, NaN comes last."""
    order = {number.hex(): number for number in x.tolist()}
    return np.array(sorted(order.values(), key=lambda v: (math.isnan(v), v, math.copysign(1.0, v))))


def _both_signs(x: Array) -> Array:
    return np.concatenate([-x[::-1], x])
