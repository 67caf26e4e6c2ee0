"""The tolerances: one table, each row with its justification.

Requirements:

- A limit is in ulp of the output at the true value. Where conditioning matters it grows with the size of the terms
  that make the result, never with convenience.
- A vendor's defect is a listed deviation (`deviations.toml`), not a wider row here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from actreg.conformance.formats import Array

Provider = Literal["own", "vendor"]
Direction = Literal["value", "derivative", "gradient", "second", "onnx"]
EPS: Final = 2.0**-53
AGREE: Final = "1 ulp of each other, or 2 units of (eps/2)·max(1, |x|)"
"""Of two ways of running the same operations: one of them may contract a product and a sum."""

GRADES: Final = ((0.51, "correctly rounded"), (1.0, "faithful"), (4.0, "tight"))


@dataclass(frozen=True)
class Tolerance:
    """ulp: the flat limit. conditioned: how many units of 2^-53 × the size of the terms are allowed on top.
    mixed: units of (eps/2)·max(1, |x|, |f|) that suffice as well; 0: none."""

    provider: Provider
    direction: Direction
    kinds: tuple[str, ...]
    dtypes: tuple[str, ...]
    ulp: float
    conditioned: float
    mixed: float
    why: str

    def __str__(self) -> str:
        """The bound in words."""
        terms = f" + {self.conditioned:g}·2^-53 × the size of its terms" if self.conditioned else ""
        mixed = f", or {self.mixed:g} units of (eps/2)·max(1, |x|, |f|)" if self.mixed else ""
        return f"{self.ulp:g} ulp{terms}{mixed}"


_POINTS: Final = ("elementwise", "gated")
_LINES: Final = ("axiswise", "expanding", "projection")
_HALVES: Final = ("float16", "bfloat16")
_NARROW: Final = (*_HALVES, "float32")
_ALL: Final = (*_NARROW, "float64")

TABLE: Final = (
    Tolerance(
        "own", "value", (*_POINTS, *_LINES), _HALVES, 0.51, 4.0, 0.0,
        "computed in float64 and rounded once: half an ulp, and what 42 spare bits can't decide",
    ),
    Tolerance(
        "own", "value", (*_POINTS, "expanding", "projection"), ("float32",), 0.51, 4.0, 0.0,
        "computed in float64 and rounded once: 0.500 was measured; 29 spare bits leave a thousandth",
    ),
    Tolerance(
        "own", "value", ("axiswise",), ("float32",), 1.0, 4.0, 0.0,
        "a sum over a line of any length, in float64",
    ),
    Tolerance(
        "own", "derivative", _POINTS, _NARROW, 1.0, 4.0, 0.0,
        "computed in float64 and rounded once; beside its roots the terms cancel, in float64",
    ),
    Tolerance(
        "own", "gradient", (*_POINTS, *_LINES), _NARROW, 1.0, 8.0, 0.0,
        "a sum of products in float64, rounded once; what cancels there is counted by the size of its terms",
    ),
    Tolerance(
        "own", "value", (*_POINTS, *_LINES), ("float64",), 4.0, 4.0, 0.0,
        "nothing is wider: four functions of the C library at about one ulp each; rounding the argument of one costs"
        " cond/2 ulp (4·(1 + cond/2) in all; 3.5 was reached in the tails)",
    ),
    Tolerance(
        "own", "derivative", _POINTS, ("float64",), 4.0, 4.0, 0.0,
        "as values; near a root of the derivative cond = |x·f''/f'| counts in units of its largest term",
    ),
    Tolerance(
        "own", "gradient", (*_POINTS, *_LINES), ("float64",), 4.0, 8.0, 0.0,
        "as values, for a sum of products",
    ),
    Tolerance(
        "vendor", "value", (*_POINTS, *_LINES), _ALL, 4.0, 0.0, 4.0,
        "what people expect of the library; measured within 4 ulp, or within 4 units of (eps/2)·max(1, |x|, |f|)",
    ),
    Tolerance(
        "vendor", "derivative", _POINTS, _ALL, 4.0, 0.0, 4.0,
        "a library differentiates in its own precision, with cancellation: the same mixed bound",
    ),
    Tolerance(
        "vendor", "gradient", (*_POINTS, *_LINES), _ALL, 4.0, 0.0, 4.0,
        "as derivatives, multiplied by the incoming gradient",
    ),
    Tolerance(
        "own", "onnx", (*_POINTS, *_LINES), ("float32",), 1.0, 8.0, 0.0,
        "our formula in a runtime's float64, whose functions are its own: rounded once, yet not always to the nearest",
    ),
    Tolerance(
        "own", "second", _POINTS, _NARROW, 1.0, 64.0, 0.0,
        "second derivatives are dual numbers over the first, in float64, and are rounded once; their terms are of the"
        " size of max(1, |x|) times the largest |f''|",
    ),
    Tolerance(
        "own", "second", _POINTS, ("float64",), 16.0, 64.0, 0.0,
        "dual numbers over the first derivative, with nothing wider: 14 was measured where no terms cancel",
    ),
    Tolerance(
        "vendor", "second", _POINTS, _NARROW, 4.0, 0.0, 16.0,
        "a library's second derivative is a product of a few functions in its own precision",
    ),
    Tolerance(
        "vendor", "second", _POINTS, ("float64",), 4.0, 0.0, 16.0,
        "as in the narrow dtypes",
    ),
)  # fmt: skip


def find(provider: Provider, direction: Direction, kind: str, dtype: str) -> Tolerance:
    """The one row that applies; LookupError where the table has a hole or an overlap."""
    rows = [
        row
        for row in TABLE
        if row.provider == provider and row.direction == direction and kind in row.kinds and dtype in row.dtypes
    ]
    if len(rows) != 1:
        raise LookupError(f"{len(rows)} tolerances for {provider} {direction} {kind} {dtype}")
    return rows[0]


def limits(row: Tolerance, size_ulp: Array, truth_ulp: Array, mixed_ulp: Array) -> Array:
    """The limit at each result, in ulp: of the size of its terms, of the truth, and of (eps/2)·max(1, |x|, |f|)."""
    with np.errstate(all="ignore"):
        flat = row.ulp + row.conditioned * EPS * np.nan_to_num(size_ulp)
        if row.conditioned and "float64" in row.dtypes:
            # Among subnormal numbers an intermediate result is as coarse as the final one.
            cond = np.nan_to_num(size_ulp / truth_ulp, nan=0.0, posinf=0.0)
            flat = np.maximum(flat, row.ulp * (1.0 + 0.5 * np.where(truth_ulp < 2.0**52, cond, 0.0)))
        return np.maximum(flat, row.mixed * np.nan_to_num(mixed_ulp, posinf=0.0))


def grade(worst: float, passed: bool = True) -> str:
    """What a measured maximum is called; ``bounded``: beyond 4 ulp, yet within its row's bound."""
    if not passed:
        return "failed"
    return next((name for limit, name in GRADES if worst <= limit), "bounded")
