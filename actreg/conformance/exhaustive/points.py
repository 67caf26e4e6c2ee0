"""Hard points: where an elementwise activation loses digits, densely.

Requirements:

- A fifth each: random bit patterns over all exponents; the range where activations bend; beside roots of the function
  and of its derivative, and beside kinks, at every distance down to the next float; the tails, between where either
  becomes subnormal and where it vanishes, and as far as that on both sides; subnormal and tiny inputs.
- Exact in the dtype, finite, distinct; the same for the same seed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from actreg.conformance.exhaustive.precise import Precise
from actreg.conformance.formats import Array, Format
from actreg.conformance.points import landmarks


def hard_points(precise: Precise, fmt: Format, count: int, seed: int = 0) -> Array:
    """About `count` points as float64, exact in the format; at least that many but in formats of 16 bits."""
    rng = np.random.Generator(np.random.Philox(key=seed))
    near, far = _places(precise, fmt)
    share = count // 4 + 1
    found = [
        _patterns(rng, fmt, share),
        _bends(rng, share),
        _beside(rng, near, fmt, share) if near else _bends(rng, share),
        _tails(rng, far, share) if far else _patterns(rng, fmt, share),
        _tiny(rng, fmt, share),
    ]
    points = fmt.round(np.concatenate(found))
    return np.unique(points[np.isfinite(points)])


def _places(precise: Precise, fmt: Format) -> tuple[list[float], list[float]]:
    """Roots and kinks; where the tails begin and end."""

    limits = precise.act.laws().limits
    # What never settles has landmarks without end.
    reach = 25.0 if limits is not None and math.isnan(limits[1]) else math.inf

    def rough(f: Any) -> Any:
        def at(x: float) -> float:
            if abs(x) > reach:
                return math.nan
            with precise.mp.workprec(120):
                return float(f(precise.mp.mpf(x)))

        return at

    functions = [rough(precise.value_at), rough(precise.slope_at)]
    marks = [mark.place for f in functions for mark in landmarks(f) if mark.fmt in ("", fmt.name)]
    kinks = [kink for kink in precise.kinks if abs(kink) < fmt.largest]
    # Of the landmarks those are roots where a sign changes; elsewhere something becomes subnormal, or vanishes.
    roots = [m for m in marks if any(f(m * (1 - 1e-9)) * f(m * (1 + 1e-9)) < 0 for f in functions)]
    return [*kinks, *roots], [mark for mark in marks if mark not in roots]


def _patterns(rng: np.random.Generator, fmt: Format, count: int) -> Array:
    word = np.dtype(f"u{fmt.dtype.itemsize}")
    bits = rng.integers(0, np.iinfo(word).max, count, dtype=np.uint64, endpoint=True).astype(word)
    with np.errstate(invalid="ignore"):
        return bits.view(fmt.dtype).astype(np.float64)


def _bends(rng: np.random.Generator, count: int) -> Array:
    return np.concatenate([rng.uniform(-40, 40, count // 2), rng.standard_normal(count - count // 2) * 3])


def _beside(rng: np.random.Generator, places: Iterable[float], fmt: Format, count: int) -> Array:
    centres = rng.choice(np.array(list(places)), count)
    distance = rng.choice([-1.0, 1.0], count) * np.exp2(rng.uniform(-fmt.precision, -1, count))
    scale = np.where(centres == 0, 1.0, centres)
    return np.asarray(centres + scale * distance)


def _tails(rng: np.random.Generator, places: Iterable[float], count: int) -> Array:
    sides = [sorted(abs(p) for p in places if (p < 0) == negative) for negative in (True, False)]
    found = []
    for sign, side in zip((-1.0, 1.0), sides, strict=True):
        if side:
            found.append(sign * rng.uniform(side[0] / 2, side[-1] * 1.25, count))
    return np.concatenate(found)[:: len(found)]


def _tiny(rng: np.random.Generator, fmt: Format, count: int) -> Array:
    exponents = rng.integers(fmt.emin - fmt.precision, fmt.emin + 3, count)
    return np.asarray(np.ldexp(rng.uniform(-1, 1, count), exponents))
