"""Errors in units of the last place.

Requirements:

- One ulp is the distance between neighbours of the output's format at the true value; among subnormals it is the
  smallest of them, so that a correctly rounded result is off by at most one half everywhere.
- The true value is not rounded first: it has more bits than the output.
- An infinity stands for 2^(emax+1), the number that would follow the largest: rounding to it is off by half an ulp
  at most, returning it for something small is off by millions.
- NaN for a number, and a number for NaN, is off by infinity. Signs of zeros are judged apart (`wrong_sign`).
"""

from __future__ import annotations

import numpy as np

from actreg.conformance.exact import Exact
from actreg.conformance.formats import Array, Format


def error(got: Array, truth: Exact, fmt: Format) -> Array:
    """The distance of each element of `got`, an array of the format's dtype, from the truth, in ulp of the format."""
    with np.errstate(all="ignore"):
        given = np.asarray(got).astype(np.float64)
        unit = unit_exponent(truth, fmt)
        shift = np.clip(truth.exponent - unit, -4000, 4000).astype(np.int32)
        scaled = _scale(given, -unit)
        top = np.ldexp(np.sign(given), np.clip(fmt.emax + 1 - unit, -4000, 4000).astype(np.int32))
        overflowed = np.isinf(given) & (np.sign(truth.hi) == np.sign(given)) & _rounds_to_infinity(truth, fmt)
        scaled = np.where(np.isinf(given), top, scaled)
        off = np.abs((scaled - np.ldexp(truth.hi, shift)) - np.ldexp(truth.lo, shift))
    off = np.where(overflowed, 0.0, off)
    special = ~np.isfinite(truth.hi)
    same = (given == truth.hi) | (np.isnan(given) & np.isnan(truth.hi))
    off = np.where(special, np.where(same, 0.0, np.inf), off)
    return np.where(np.isnan(given) & ~np.isnan(truth.hi), np.inf, off)


def unit_exponent(truth: Exact, fmt: Format) -> Array:
    """The exponent e with one ulp = 2^e at each true value."""
    place = np.where(truth.hi == 0, fmt.emin, truth.exponent - 1)
    return np.asarray(np.clip(place, fmt.emin, fmt.emax) - (fmt.precision - 1))


def in_ulp(size: Array, truth: Exact, fmt: Format) -> Array:
    """Magnitudes, expressed in ulp at the truth."""
    with np.errstate(all="ignore"):
        return _scale(np.asarray(size, dtype=np.float64), -unit_exponent(truth, fmt))


def wrong_sign(got: Array, truth: Exact) -> Array:
    """Where a zero has another sign than it must have: declared, or that of what underflowed."""
    given = np.asarray(got).astype(np.float64)
    return np.asarray((given == 0) & truth.signed & (np.signbit(given) != np.signbit(truth.hi)))


def _scale(x: Array, exponent: Array) -> Array:
    # In two steps: 2^1074 alone is no float64.
    half = exponent // 2
    return np.asarray(np.ldexp(np.ldexp(x, half.astype(np.int32)), (exponent - half).astype(np.int32)))


def _rounds_to_infinity(truth: Exact, fmt: Format) -> Array:
    limit = 1.0 - np.ldexp(1.0, -fmt.precision - 1)
    at_top = (truth.exponent == fmt.emax + 1) & (np.abs(truth.hi) >= limit)
    return np.asarray((truth.exponent > fmt.emax + 1) | at_top)
