"""The floating-point formats under test: their sizes, and what lies next to a number.

Inputs travel as float64 arrays whose elements are exact in the format that is tested, so that one table serves all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import ml_dtypes
import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Format:
    """A binary format. precision: bits of the significand, the hidden one included. emin, emax: exponents of the
    smallest and the largest normal number."""

    name: str
    precision: int
    emin: int
    emax: int

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy's dtype, from ml_dtypes for bfloat16."""
        return np.dtype(ml_dtypes.bfloat16 if self.name == "bfloat16" else self.name)

    @property
    def smallest(self) -> float:
        """The smallest subnormal."""
        return float(np.ldexp(1.0, self.emin - self.precision + 1))

    @property
    def smallest_normal(self) -> float:
        """The smallest normal number."""
        return float(np.ldexp(1.0, self.emin))

    @property
    def largest(self) -> float:
        """The largest finite number."""
        return float(np.ldexp(2.0 - 2.0 ** (1 - self.precision), self.emax))

    def holds(self, x: Array) -> Array:
        """Where x is exact in this format; infinities and NaN are."""
        with np.errstate(all="ignore"):
            back = x.astype(self.dtype).astype(np.float64)
        return np.asarray((back == x) | np.isnan(x))

    def round(self, x: Array) -> Array:
        """x cut to the format's precision, as float64; for choosing points, not for judging."""
        with np.errstate(all="ignore"):
            return np.asarray(np.asarray(x).astype(self.dtype).astype(np.float64))

    def next(self, x: Array, towards: float) -> Array:
        """The format's neighbours of x, which is exact in it."""
        with np.errstate(all="ignore"):
            return np.asarray(np.nextafter(x.astype(self.dtype), self.dtype.type(towards)).astype(np.float64))

    def every(self) -> Array:
        """All numbers of a 16-bit format, as an array of its own dtype, NaNs included."""
        if self.precision > 11:
            raise ValueError(f"{self.name} is too wide to list")
        return np.arange(1 << 16, dtype=np.uint16).view(self.dtype)


FORMATS: Final[dict[str, Format]] = {
    "float16": Format("float16", 11, -14, 15),
    "bfloat16": Format("bfloat16", 8, -126, 127),
    "float32": Format("float32", 24, -126, 127),
    "float64": Format("float64", 53, -1022, 1023),
}
"""Narrowest first: a row of a table names the first that holds its input."""


def narrowest(x: float) -> str:
    """The first format that holds x."""
    value = np.asarray(x, dtype=np.float64)
    return next(name for name, fmt in FORMATS.items() if bool(fmt.holds(value)))
