"""Differentiation in arbitrary precision, for references whose author gives no derivative.

Requirements:

- Two precisions agree before a result is believed. A fixed precision gives 0 in softsign's tail, where the derivative
  needs three times the digits of x: the precision starts from the exponent of x and rises.
- A step never crosses a kink.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from actreg.errors import ActregError

AGREE: Final = 150
"""Bits to which two precisions must agree, 45 digits; tables print 22."""

SECOND: Final = 75
"""Bits to which two precisions agree about a second derivative, 22 digits; tables print 20."""

_BITS: Final = 190
_MOST: Final = 60_000
_ZERO: Final = 5_200


class TruthError(ActregError, ArithmeticError):
    """A reference that two precisions do not agree on."""


def magnitude(x: Any) -> int:
    """|log2|x||, roughly: how many bits apart x and 1 are."""
    return abs(int(x.exp) + int(x.bc)) if x else 0


def settle(mp: Any, at: Callable[[int], Any], start: int, agree: int = AGREE) -> Any:
    """at(bits) at rising precision, until two agree to `agree` bits.

    Raises TruthError where none do.
    """
    bits = start
    previous = at(bits)
    while bits < _MOST:
        bits += bits // 2
        current = at(bits)
        # A zero may be what cancelled: e^-745 beside 1 takes 1,100 bits to be seen, its derivative three times as many.
        if _agree(mp, previous, current, agree) and (current or bits >= _ZERO):
            return current
        previous = current
    raise TruthError(f"no two precisions up to {_MOST} bits agree; the last gave {mp.nstr(previous, 30)}")


def value(mp: Any, f: Callable[[Any], Any], x: Any) -> Any:
    """f(x), f being evaluated at the context's precision."""

    def at(bits: int) -> Any:
        with mp.workprec(bits):
            return f(x)

    return settle(mp, at, _BITS + 3 * magnitude(x))


def derivative(mp: Any, f: Callable[[Any], Any], x: Any, kinks: Iterable[float] = (), extra: int = 0) -> Any:
    """f'(x) by central differences. kinks: points that a step must not cross; x is none of them. extra: more bits."""
    room, fine = _room(mp, x, kinks)

    def at(bits: int) -> Any:
        # The step costs a third of the bits, the square of it is the truncation error.
        with mp.workprec(bits + bits // 3 + 3 * magnitude(x) + fine + extra):
            h = mp.ldexp(room, -(bits // 3))
            return (f(x + h) - f(x - h)) / (2 * h)

    return settle(mp, at, 300)


def second(mp: Any, f: Callable[[Any], Any], x: Any, kinks: Iterable[float], *, order: int) -> Any:
    """The second derivative to 22 digits: f'(x) of a first derivative (order 1), or f''(x) (order 2).

    The first derivative may be 1 up to e^-x: in such a tail one precision alone gives noise.
    """
    room, fine = _room(mp, x, kinks)

    def at(bits: int) -> Any:
        # The step costs a quarter of the bits for each order, the square of it is the truncation error.
        with mp.workprec(bits + bits // 2 + 3 * magnitude(x) + 2 * fine):
            h = mp.ldexp(room, -(bits // 4))
            if order == 1:
                return (f(x + h) - f(x - h)) / (2 * h)
            return (f(x + h) - 2 * f(x) + f(x - h)) / (h * h)

    return settle(mp, at, 160, SECOND)


def rough_derivative(mp: Any, f: Callable[[Any], Any], x: Any, kinks: Iterable[float] = ()) -> Any:
    """f'(x) to a dozen digits, in one go: good enough for condition numbers."""
    room, fine = _room(mp, x, kinks)
    with mp.workprec(200 + 4 * magnitude(x) + 2 * fine):
        h = mp.ldexp(room, -40)
        return (f(x + h) - f(x - h)) / (2 * h)


def _room(mp: Any, x: Any, kinks: Iterable[float]) -> tuple[Any, int]:
    with mp.workprec(2400):
        room = min([mp.mpf(1), *(abs(x - mp.mpf(kink)) / 2 for kink in kinks)])
    return room, magnitude(room)


def _agree(mp: Any, a: Any, b: Any, bits: int) -> bool:
    if a == b or (mp.isnan(a) and mp.isnan(b)):
        return True
    if not (mp.isfinite(a) and mp.isfinite(b)):
        return False
    return bool(abs(a - b) <= mp.ldexp(abs(b), -bits))
