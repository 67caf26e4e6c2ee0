"""Numbers with more bits than float64 and no bounds on their exponent, as arrays.

Requirements:

- A true value keeps about 106 bits wherever it lies: e^-745 as well as e^-1e308. So a number is (hi + lo)·2^exponent
  with 0.5 <= |hi| < 1, which no underflow cuts.
- Limits are values: infinities, NaN and zeros live in `hi`; the sign of a zero counts only where `signed` says so,
  because mpmath has none.
- Reading a table needs no mpmath.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np

from actreg.conformance.formats import Array

FAR: Final = 1300
"""Beyond 2^±FAR a number is written ``huge`` or ``tiny``: every format has overflowed or underflowed long before."""

_WORDS: Final = {
    "nan": (np.nan, 0, False),
    "none": (np.nan, 0, False),
    "inf": (np.inf, 0, True),
    "-inf": (-np.inf, 0, True),
    "0": (0.0, 0, False),
    "+0": (0.0, 0, True),
    "-0": (-0.0, 0, True),
    "tiny": (0.5, -FAR, True),
    "-tiny": (-0.5, -FAR, True),
    "huge": (0.5, FAR, True),
    "-huge": (-0.5, FAR, True),
}


@dataclass(frozen=True)
class Exact:
    """An array of numbers (hi + lo)·2^exponent. signed: where the sign counts even of a zero."""

    hi: Array
    lo: Array
    exponent: Array
    signed: Array

    def __len__(self) -> int:
        return len(self.hi)

    def __getitem__(self, index: Any) -> Exact:
        return Exact(self.hi[index], self.lo[index], self.exponent[index], self.signed[index])

    def times(self, factor: Array) -> Exact:
        """Multiplied by powers of two, either sign, elementwise; exact."""
        fraction, exponent = np.frexp(factor)
        scale = 2.0 * fraction
        return Exact(self.hi * scale, self.lo * scale, self.exponent + exponent - 1, self.signed)

    def as_float(self) -> Array:
        """Rounded to float64; what lies beyond it becomes a zero or an infinity."""
        with np.errstate(all="ignore"):
            return np.asarray(np.ldexp(self.hi, np.clip(self.exponent, -2000, 2000).astype(np.int32)))


def from_text(words: Iterable[str]) -> Exact:
    """Reads decimal strings, and the words for what has no digits."""
    return _stack([_WORDS[word] if word in _WORDS else _from_fraction(Fraction(word)) for word in words])


def from_floats(x: Array) -> Exact:
    """Float64 numbers, exactly, signs of zeros included."""
    numbers = np.asarray(x, dtype=np.float64)
    finite = np.isfinite(numbers)
    fraction, exponent = np.frexp(np.where(finite, numbers, 0.0))
    hi = np.where(finite & (numbers != 0), fraction, numbers)
    return Exact(hi, np.zeros_like(hi), exponent.astype(np.int64), np.ones(hi.shape, dtype=bool))


def join(parts: Sequence[Exact]) -> Exact:
    """One array after the other."""
    names = ("hi", "lo", "exponent", "signed")
    return Exact(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _stack(rows: Sequence[tuple[Any, ...]]) -> Exact:
    rows = [row if len(row) == 4 else (row[0], 0.0, row[1], row[2]) for row in rows]
    hi, lo, exponent, signed = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Exact(
        np.array(hi, dtype=np.float64),
        np.array(lo, dtype=np.float64),
        np.array(exponent, dtype=np.int64),
        np.array(signed, dtype=bool),
    )


def _from_fraction(value: Fraction) -> tuple[float, float, int, bool]:
    exponent = abs(value.numerator).bit_length() - value.denominator.bit_length()
    scaled = value / Fraction(2) ** exponent
    hi = float(scaled)
    lo = float(scaled - Fraction(hi))
    fraction, shift = np.frexp(hi)
    return float(fraction), float(np.ldexp(lo, -int(shift))), exponent + int(shift), True
