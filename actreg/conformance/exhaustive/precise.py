"""The truth at many points: the author's reference in MPFR, or in mpmath where gmpy2 is not installed.

Requirements:

- The same judge as the tables': `reference` and `reference_derivative`, at rising precision until two agree to 100
  bits. Ten times faster than mpmath with MPFR, so that 10^5 points take seconds.
- Finite points only; a kink has the derivative that the laws declare.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Any, Final

import numpy as np

from actreg.conformance.exact import Exact
from actreg.conformance.formats import Array
from actreg.conformance.truth import context
from actreg.errors import ActregError

AGREE: Final = 100
"""Bits to which two precisions agree; a result keeps 106."""
_START: Final = 170
_ZERO: Final = 5_200
_MOST: Final = 60_000
_FUNCTIONS: Final = (
    *("atan", "cos", "cosh", "erf", "erfc", "exp", "expm1", "log", "log1p", "sech", "sin", "sinh", "sqrt", "tanh"),
)  # fmt: skip


class Precise:
    """Values and derivatives of one elementwise activation whose parameters are single numbers, as `Exact` arrays."""

    def __init__(self, act: Any, parameters: dict[str, float], mp: Any = None) -> None:
        self.act = act
        self.given = parameters
        self.mp = mp or arithmetic()
        self.parameters = {name: self.mp.mpf(value) for name, value in parameters.items()}
        self.kinks = {float(x): slope for x, slope in act.laws().kinks.items()}

    def values(self, x: Array) -> Exact:
        """f at finite x."""
        return self._all(self._value, x)

    def derivatives(self, x: Array) -> Exact:
        """f' at finite x."""
        return self._all(self._slope, x)

    def bends(self, x: Array) -> Exact:
        """f'' at finite x to a dozen digits; 0 at kinks. For condition numbers."""
        return self._all(lambda v: 0.0 if v in self.kinks else self._rough(v), x)

    def _all(self, f: Callable[[float], Any], x: Array) -> Exact:
        rows = [self._split(f(v)) for v in x.tolist()]
        hi, lo, exponent = (np.array(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
        return Exact(np.asarray(hi), np.asarray(lo), np.asarray(exponent, dtype=np.int64), np.asarray(hi) != 0)

    @cached_property
    def _boundless(self) -> Precise:
        # MPFR's exponents have 62 bits, mpmath's any number: exp(3e38) is a number there.
        return Precise(self.act, self.given, context())

    def _value(self, x: float) -> Any:
        found = self._settled(lambda: self.value_at(self.mp.mpf(x)), x)
        return found if found is not None else self._boundless._value(x)

    def _slope(self, x: float) -> Any:
        if not hasattr(self.act, "reference_derivative") and x in self.kinks:
            return self.mp.mpf(self.kinks[x])
        steps = not hasattr(self.act, "reference_derivative")
        found = self._settled(lambda: self.slope_at(self.mp.mpf(x)), x, steps=steps)
        return found if found is not None else self._boundless._slope(x)

    def _rough(self, x: float) -> Any:
        with self.mp.workprec(300 + 4 * _size(x)):
            found = self._difference(self.slope_at, x)
        return found if self.mp.isfinite(found) else self._boundless._rough(x)

    def slope_at(self, x: Any) -> Any:
        """f' at the present precision, unsettled."""
        return self._author(x) if hasattr(self.act, "reference_derivative") else self._difference(self.value_at, x)

    def value_at(self, x: Any) -> Any:
        """f at the present precision, unsettled."""
        return self.mp.mpf(self.act.reference(self.mp, x, **self.parameters))

    def _author(self, x: Any) -> Any:
        return self.mp.mpf(self.act.reference_derivative(self.mp, x, **self.parameters))

    def _difference(self, f: Callable[[Any], Any], x: Any) -> Any:
        # The step costs a third of the bits; its square is the truncation error.
        middle = self.mp.mpf(x)
        room = min([self.mp.mpf(1), *(abs(middle - kink) / 2 for kink in self.kinks if middle != kink)])
        h = room * self.mp.mpf(2) ** -(self.mp.prec // 3)
        return (f(middle + h) - f(middle - h)) / (2 * h)

    def _settled(self, at: Callable[[], Any], x: float, *, steps: bool = False) -> Any:
        """What two precisions agree on; None where MPFR finds nothing finite."""
        bits = (3 * _START if steps else _START) + (3 * _size(x) if steps else 0)
        previous = None
        while bits < _MOST:
            with self.mp.workprec(bits):
                current = at()
                if not self.mp.isfinite(current):
                    break
                agreed = previous is not None and abs(current - previous) <= abs(current) * self.mp.mpf(2) ** -AGREE
                if agreed and (current or bits >= _ZERO):
                    return current
            previous, bits = current, bits + bits // 2
        if isinstance(self.mp, _Mpfr):
            return None
        raise ActregError(f"no two precisions agree on {self.act!r} at {x!r}")

    def _split(self, y: Any) -> tuple[float, float, int]:
        if not y:
            return 0.0, 0.0, 0
        if not isinstance(y, type(self.mp.mpf(0))):
            return self._boundless._split(y)
        with self.mp.workprec(250):
            fraction, exponent = self.mp.frexp(y)
            hi = float(fraction)
            lo = float(fraction - self.mp.mpf(hi))
        if abs(hi) == 1.0:
            return hi / 2, lo / 2, exponent + 1
        return hi, lo, exponent


def arithmetic() -> Any:
    """MPFR in mpmath's clothes, or mpmath itself; MissingExtraError where neither is installed."""
    try:
        import gmpy2
    except ModuleNotFoundError:
        return context()
    return _Mpfr(gmpy2)


class _Mpfr:
    # As much of mpmath's context as references use.

    def __init__(self, gmpy2: Any) -> None:
        self.gmpy2 = gmpy2
        for name in _FUNCTIONS:
            setattr(self, name, getattr(gmpy2, name))

    def mpf(self, x: Any) -> Any:
        return self.gmpy2.mpfr(x)

    def isfinite(self, x: Any) -> bool:
        return bool(self.gmpy2.is_finite(x))

    @property
    def pi(self) -> Any:
        return self.gmpy2.const_pi()

    @property
    def prec(self) -> int:
        return int(self.gmpy2.get_context().precision)

    def workprec(self, bits: int) -> AbstractContextManager[Any]:
        context: AbstractContextManager[Any] = self.gmpy2.context(self.gmpy2.get_context(), precision=bits)
        return context

    def frexp(self, x: Any) -> tuple[Any, int]:
        exponent, fraction = self.gmpy2.frexp(x)
        return fraction, int(exponent)

    def fsum(self, terms: Any) -> Any:
        return self.gmpy2.fsum(list(terms))


def _size(x: float) -> int:
    return abs(int(np.frexp(x)[1]))
