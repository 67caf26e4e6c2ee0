"""Counting errors: what a sweep of millions of inputs leaves behind, small and mergeable.

Requirements:

- Merging is associative and commutative up to the worst input, which is the one with the lowest bit pattern among
  equals: the same inputs give the same tally however they were divided.
- NaN is counted apart, so that it hides no finite maximum; an infinity stands for 2^(emax+1), as in `ulp`.
- What is the nearest number to the truth is off by half an ulp at most and is not measured further.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from actreg.conformance.formats import Array, Format

EDGES: Final = (0.5, 0.51, 1.0, 2.0, 4.0)
"""The histogram's upper bounds, in ulp; the last bin is open."""


@dataclass(frozen=True)
class Tally:
    """The errors of one function in one direction.

    bins: how many errors lie up to each of EDGES, and beyond; NaN not counted. max_ulp: 0.5 where every result is the
    nearest number. worst_bits: the input of the largest error as a bit pattern, -1 where all are nearest. not_nan:
    how often a number was given for NaN or NaN for a number. not_inf: how often an infinity was given for what
    rounds to a finite number or the other way round. sign: how often a result had the wrong sign. A value's zero has
    one where the truth underflows, and at ±0 and ±inf; the sign of a derivative's zero is free.
    """

    bins: tuple[int, ...] = (0,) * (len(EDGES) + 1)
    max_ulp: float = 0.0
    worst_bits: int = -1
    not_nan: int = 0
    not_inf: int = 0
    sign: int = 0

    @property
    def count(self) -> int:
        """How many inputs were measured."""
        return sum(self.bins) + self.not_nan

    @property
    def above_half(self) -> int:
        """How many results are not the nearest number."""
        return sum(self.bins[1:])

    def merge(self, other: Tally) -> Tally:
        """Both together."""
        worst = min((self, other), key=lambda t: (-t.max_ulp, t.worst_bits if t.worst_bits >= 0 else 1 << 64))
        return Tally(
            tuple(a + b for a, b in zip(self.bins, other.bins, strict=True)),
            worst.max_ulp,
            worst.worst_bits,
            self.not_nan + other.not_nan,
            self.not_inf + other.not_inf,
            self.sign + other.sign,
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return {**asdict(self), "bins": list(self.bins)}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Tally:
        """The inverse of `as_dict`."""
        return Tally(**{**data, "bins": tuple(data["bins"])})


def tally(x: Array, got: Array, truth: Array, fmt: Format, *, value: bool) -> Tally:
    """The errors of `got` at the inputs x, both of the format's dtype. truth: float64. value: or derivative."""
    with np.errstate(all="ignore"):
        return _tally(x, got, truth, fmt, value=value)


def _tally(x: Array, got: Array, truth: Array, fmt: Format, *, value: bool) -> Tally:
    word = np.dtype(f"u{got.dtype.itemsize}")
    nearest = truth.astype(got.dtype)
    suspects = np.flatnonzero(nearest.view(word) != got.view(word))
    if not len(suspects):
        return Tally((len(x), *(0 for _ in EDGES)), 0.5)
    x, given, true = x[suspects], got[suspects].astype(np.float64), truth[suspects]
    wrong = np.isnan(given) != np.isnan(true)
    apart = np.where(np.isnan(given) | np.isnan(true), 0.0, errors(given, true, fmt))
    bins = np.bincount(np.searchsorted(EDGES, apart), minlength=len(EDGES) + 1)
    bins[0] += len(got) - len(suspects) - np.count_nonzero(wrong)
    worst = int(np.argmax(apart))
    beyond = bool(apart[worst] > 0.5)
    return Tally(
        tuple(int(n) for n in bins),
        float(apart[worst]) if beyond else 0.5,
        int(x.view(word)[worst]) if beyond else -1,
        int(np.count_nonzero(wrong)),
        int(np.count_nonzero((np.isinf(given) != np.isinf(nearest[suspects])) & ~wrong)),
        int(np.count_nonzero(_wrong_sign(x, given, true, value=value))),
    )


def errors(given: Array, true: Array, fmt: Format) -> Array:
    """|given - true| in ulp of the format at `true`, float64 both; no NaN."""
    _, exponent = np.frexp(true)
    unit = np.clip(np.where(true == 0, fmt.emin, exponent - 1), fmt.emin, fmt.emax) - (fmt.precision - 1)
    top = 2.0 ** (fmt.emax + 1)
    limit = top * (1.0 - 2.0 ** (-fmt.precision - 1))
    capped, wanted = np.clip(given, -top, top), np.clip(true, -top, top)
    apart = np.abs(np.ldexp(capped - wanted, -unit.astype(np.int32)))
    agreed = np.isinf(given) & (np.abs(true) >= limit) & (np.sign(given) == np.sign(true))
    return np.where(agreed, 0.0, apart)


def _wrong_sign(x: Array, given: Array, true: Array, *, value: bool) -> Array:
    zeros = (true != 0) | (x == 0) | np.isinf(x) if value else (true != 0) & (given != 0)
    counts = ~np.isnan(given) & ~np.isnan(true) & zeros
    return np.asarray(counts & (np.signbit(given) != np.signbit(true)))
