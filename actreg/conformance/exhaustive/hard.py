"""float64, which nothing wider can sweep: at hard points, against arbitrary precision.

Requirements:

- The bound is 4 ulp · (1 + cond/2) with cond = |x·f'/f| for the value and |x·f''/f'| for the derivative: what rounding
  the argument alone costs. Where cond is at most 1 no more than 2 ulp are admitted.
- The worst input in each of these two senses is kept, as bits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from actreg.conformance import ulp
from actreg.conformance.exact import Exact
from actreg.conformance.exhaustive.points import hard_points
from actreg.conformance.exhaustive.precise import Precise
from actreg.conformance.formats import Array, Format
from actreg.conformance.subject import Subject

FLAT: Final = 2.0
"""The bound in ulp where cond is at most 1."""
SLOPE: Final = 4.0
"""The bound in ulp · (1 + cond/2) elsewhere."""


_ASKED: Final = 256
"""Condition numbers at a time."""


@dataclass(frozen=True)
class Bounded:
    """Errors in one direction. flat_ulp: the largest where cond <= 1. share: the largest error as a share of the
    conditioned bound. max_ulp: the largest of all. Each with the hex float where it was found."""

    points: int
    flat_ulp: float
    flat_input: str
    share: float
    share_input: str
    max_ulp: float
    max_input: str
    wrong_signs: int

    @property
    def good(self) -> bool:
        """Whether both bounds hold."""
        return self.flat_ulp <= FLAT and self.share <= 1.0 and not self.wrong_signs


@dataclass(frozen=True)
class Hard:
    """One function on one backend at hard points."""

    activation: str
    config: dict[str, Any]
    backend: str
    dtype: str
    seed: int
    value: Bounded
    derivative: Bounded

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Hard:
        """The inverse of `as_dict`."""
        return Hard(**{**data, "value": Bounded(**data["value"]), "derivative": Bounded(**data["derivative"])})


def hard(s: Subject, count: int, seed: int = 0) -> Hard:
    """Measures a subject at about `count` hard points. Needs gmpy2 or mpmath."""
    precise = Precise(s.act, s.case.scalars or {})
    x = hard_points(precise, s.fmt, count, seed)
    values, slopes = precise.values(x), precise.derivatives(x)

    def of_value(places: Array) -> Array:
        return condition(x[places], slopes[places], values[places])

    def of_slope(places: Array) -> Array:
        return condition(x[places], precise.bends(x[places]), slopes[places])

    return Hard(
        s.case.name,
        dict(s.case.config),
        s.backend,
        s.dtype,
        seed,
        bounded(x, s.value(x), values, of_value, s.fmt),
        bounded(x, s.derivative(x), slopes, of_slope, s.fmt, signs=False),
    )


def condition(x: Array, slope: Exact, value: Exact) -> Array:
    """|x·slope/value|; 0 where both vanish, and no more than 1e300."""
    with np.errstate(all="ignore"):
        apart = np.clip(slope.exponent - value.exponent, -4000, 4000).astype(np.int32)
        found = np.abs(np.ldexp(slope.hi / value.hi * np.frexp(x)[0], apart + np.frexp(x)[1]))
    return np.asarray(np.nan_to_num(found, nan=0.0, posinf=1e300))


def bounded(
    x: Array, got: Array, truth: Exact, condition_at: Callable[[Array], Array], fmt: Format, *, signs: bool = True
) -> Bounded:
    """Sums up errors under the two bounds.

    condition_at: the condition numbers at these places. They cost more than the errors, so only the largest errors
    are asked about: as many as can decide either maximum. signs: whether a zero's sign counts where the truth is none.
    """
    errors = ulp.error(got, truth, fmt)
    order = np.argsort(-errors, kind="stable")
    flat, share = (-1.0, 0), (-1.0, 0)
    for start in range(0, len(order), _ASKED):
        places = order[start : start + _ASKED]
        if flat[0] >= 0.0 and errors[places[0]] <= SLOPE * share[0]:
            break
        cond = np.minimum(condition_at(places), 1e300)
        for error, c, place in zip(errors[places].tolist(), cond.tolist(), places.tolist(), strict=True):
            if c <= 1.0:
                flat = max(flat, (error, -place))
            share = max(share, (error / (SLOPE * (1.0 + 0.5 * c)), -place))
    wrong = ulp.wrong_sign(got, truth) if signs else np.zeros(len(x), dtype=bool)
    tops = [(max(error, 0.0), float(x[-place]).hex()) for error, place in (flat, share)]
    worst = (float(errors[order[0]]), float(x[order[0]]).hex())
    return Bounded(len(x), *tops[0], *tops[1], *worst, int(np.count_nonzero(wrong)))
