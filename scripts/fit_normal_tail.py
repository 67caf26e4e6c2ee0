"""Makes actreg/backends/numpy/normal_tail.tsv: Mills' ratio of the normal distribution, piece by piece.

Usage: python scripts/fit_normal_tail.py [OUTPUT]

Requirements:

- M(t) = exp(t²/2)·Φ(-t) for 0 <= t <= 39, where the normal distribution's tail underflows in float64.
- Each octave of 1 + t has 32 pieces; on each a polynomial of degree 8 in t - centre, from Chebyshev's points, which is
  within 2^-58 of M. The centres have few bits, so that the difference is exact.
- The constant term has 106 bits, in two numbers: the sum of a piece is then rounded once, and little else is lost.
- mpmath alone decides every digit; the same bytes come out everywhere.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import mpmath

DEGREE: Final = 8
PIECES: Final = 32
LAST: Final = 40.0
OUTPUT: Final = Path(__file__).parent.parent / "actreg" / "backends" / "numpy" / "normal_tail.tsv"


def mills(mp: Any, t: Any) -> Any:
    """exp(t²/2)·Φ(-t)."""
    return mp.exp(t * t / 2) * mp.erfc(t / mp.sqrt(2)) / 2


def pieces() -> list[tuple[float, float]]:
    """Centre and half width of every piece, in t."""
    found = []
    octave, start = 1.0, 1.0
    while start < LAST:
        width = octave / PIECES
        found.append((start + width / 2 - 1.0, width / 2))
        start += width
        if start >= 2 * octave:
            octave *= 2
    return found


def fit(mp: Any, centre: float, half: float) -> list[Any]:
    """The polynomial's coefficients in t - centre, lowest powers first: interpolation at Chebyshev's points."""
    count = DEGREE + 1
    nodes = [mp.mpf(half) * mp.cos(mp.pi * (2 * k + 1) / (2 * count)) for k in range(count)]
    table = [mills(mp, centre + node) for node in nodes]
    # Newton's divided differences, expanded.
    for order in range(1, count):
        for k in range(count - 1, order - 1, -1):
            table[k] = (table[k] - table[k - 1]) / (nodes[k] - nodes[k - order])
    coefficients = [mp.mpf(0)] * count
    for k in range(count - 1, -1, -1):
        shifted = [mp.mpf(0), *coefficients[:-1]]
        coefficients = [s - nodes[k] * c for s, c in zip(shifted, coefficients, strict=True)]
        coefficients[0] += table[k]
    return coefficients


def rows() -> list[list[float]]:
    """Of every piece: its centre, the constant term in two numbers, the other terms, lowest powers first."""
    mp = mpmath.mp.clone()
    mp.prec = 300
    found = []
    for centre, half in pieces():
        constant, *rest = fit(mp, centre, half)
        high = float(constant)
        found.append([centre, high, float(constant - high), *map(float, rest)])
    return found


def text() -> str:
    """The whole file."""
    body = "".join("\t".join(repr(number) for number in row) + "\n" for row in rows())
    return f"# made by scripts/fit_normal_tail.py, which says what it is\n{body}"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT
    target.write_text(text(), encoding="utf-8", newline="\n")
