"""The truth at one point: an activation's `reference` in arbitrary precision.

Requirements:

- The author's `reference` is the judge, evaluated by mpmath at 50 digits and more until two precisions agree.
- mpmath can't judge everything: limits at ±inf and signs of zeros come from `Laws`, and NaN propagates.
- mpmath's own state is left alone: every judge has a context of its own.

Results are words, as tables hold them: decimals with 22 digits, ``nan``, ``inf``, ``-inf``, ``0`` (its sign is free),
``+0``, ``-0``, ``tiny`` or ``huge`` beyond every format, and ``none`` where nothing is declared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from actreg.conformance import differentiate
from actreg.conformance.exact import FAR
from actreg.contracts.info import Laws
from actreg.errors import MissingExtraError

DIGITS = 22


def context() -> Any:
    """A fresh mpmath context; MissingExtraError where mpmath is not installed."""
    try:
        import mpmath
    except ModuleNotFoundError as error:
        raise MissingExtraError("high-precision truth", "mpmath", "pip install 'actreg[reference]'") from error
    return mpmath.mp.clone()


class Judge:
    """The truth about one elementwise activation with the given parameters, one number each, which keeps `laws`."""

    def __init__(self, act: Any, parameters: Mapping[str, float], laws: Laws) -> None:
        self.act = act
        self.mp = context()
        self.laws = laws
        self.parameters = {name: self.mp.mpf(value) for name, value in parameters.items()}

    def value(self, x: float) -> str:
        """f(x)."""
        if math.isnan(x):
            return "nan"
        if math.isinf(x):
            return _limit(self.laws.limits, x)
        found = differentiate.value(self.mp, self._reference, self.mp.mpf(x))
        if x == 0.0 and not found and self.laws.at_zeros is not None:
            return _signed_zero(self.laws.at_zeros[0 if math.copysign(1.0, x) < 0 else 1])
        return word(self.mp, found)

    def derivative(self, x: float) -> str:
        """f'(x); at a kink what the laws declare."""
        if math.isnan(x):
            return "nan"
        if math.isinf(x):
            return _limit(self.laws.derivative_limits, x).lstrip("+-" if self._zero_limit(x) else "")
        if math.isnan(self.laws.kinks.get(x, 0.0)) and not hasattr(self.act, "reference_derivative"):
            return "none"
        return word(self.mp, self._slope(x))

    def second(self, x: float) -> str:
        """f''(x) to twenty digits, which condition numbers and second derivatives need; 0 at kinks and beyond."""
        if not math.isfinite(x) or x in self.laws.kinks:
            return "0"
        mp, point = self.mp, self.mp.mpf(x)
        known = hasattr(self.act, "reference_derivative")
        f = self._author if known else self._reference
        return word(mp, differentiate.second(mp, f, point, self.laws.kinks, order=1 if known else 2), 20)

    def parameter_derivative(self, name: str, x: float) -> str:
        """df/dp at x, p being the parameter of that name; ``nan`` where x is not finite."""
        if not math.isfinite(x):
            return "nan"
        mp, point = self.mp, self.mp.mpf(x)

        def along(p: Any) -> Any:
            return self.act.reference(mp, point, **{**self.parameters, name: p})

        extra = 3 * differentiate.magnitude(point)
        return word(mp, differentiate.derivative(mp, along, self.parameters[name], extra=extra))

    def _slope(self, x: float) -> Any:
        if hasattr(self.act, "reference_derivative"):
            return differentiate.value(self.mp, self._author, self.mp.mpf(x))
        if x in self.laws.kinks:
            return self.mp.mpf(self.laws.kinks[x])
        return differentiate.derivative(self.mp, self._reference, self.mp.mpf(x), self.laws.kinks)

    def _reference(self, x: Any) -> Any:
        return self.mp.mpf(self.act.reference(self.mp, x, **self.parameters))

    def _author(self, x: Any) -> Any:
        return self.mp.mpf(self.act.reference_derivative(self.mp, x, **self.parameters))

    def _rough(self, x: Any) -> Any:
        return differentiate.rough_derivative(self.mp, self._reference, x, self.laws.kinks)

    def _zero_limit(self, x: float) -> bool:
        limits = self.laws.derivative_limits
        return limits is not None and limits[0 if x < 0 else 1] == 0.0


def word(mp: Any, x: Any, digits: int = DIGITS) -> str:
    """An mpf as tables hold it."""
    if mp.isnan(x):
        return "nan"
    if mp.isinf(x):
        return "inf" if x > 0 else "-inf"
    if not x:
        return "0"
    exponent = int(x.exp) + int(x.bc)
    if abs(exponent) > FAR:
        return ("-" if x < 0 else "") + ("huge" if exponent > 0 else "tiny")
    with mp.workprec(400):
        return str(mp.nstr(x, digits, strip_zeros=True))


def _limit(limits: tuple[float, float] | None, x: float) -> str:
    if limits is None:
        return "none"
    limit = limits[0 if x < 0 else 1]
    if math.isnan(limit):
        return "nan"
    if limit == 0.0:
        return _signed_zero(limit)
    if math.isinf(limit):
        return "inf" if limit > 0 else "-inf"
    return str(Decimal(limit))


def _signed_zero(zero: float) -> str:
    return "-0" if math.copysign(1.0, zero) < 0 else "+0"
