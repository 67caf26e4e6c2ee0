"""Derivatives beside their roots: power series about the root, in which nothing cancels.

Requirements: good to a thousandth of a float32's last place at the float32 that lies nearest to the root, where
every formula in float64 loses half its digits. The root is known to 106 bits, so that x - root is, too; the series
runs far enough for float64 within `REACH`. `tests/conformance/test_exhaustive_truth.py` checks every number here
with mpmath.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from actreg.conformance.formats import Array

REACH: Final = 2.0**-5
"""Ten terms are good to 2^-53 up to here; beyond it the formulas lose no more than seven bits."""


@dataclass(frozen=True)
class Root:
    """A root of a derivative, high + low, and the Taylor coefficients there: the first is that of x - root."""

    high: float
    low: float
    series: tuple[float, ...]

    def patch(self, slope: Array, x: Array, scale: float = 1.0) -> Array:
        """`slope`, with the series in place of what lies within REACH of the root, at the arguments scale·x."""
        near = np.flatnonzero(np.abs(scale * x - self.high) < REACH)
        if len(near):
            # x has 24 bits, so that its product with a float32 is exact; the difference is, by Sterbenz' lemma.
            coarse = float(np.float32(scale))
            d = (coarse * x[near] - self.high) + ((scale - coarse) * x[near] - self.low)
            slope[near] = self.at(d)
        return slope

    def at(self, d: Array) -> Array:
        """The derivative at root + d."""
        total = np.full_like(d, self.series[-1])
        for coefficient in self.series[-2::-1]:
            total = total * d + coefficient
        return total * d


GELU: Final = Root(
    -0.7517915246935645,
    1.4956759177009883e-17,
    (
        0.4314939923140469, 0.388284982990552, -0.018199676398671087, -0.1140082332972217, -0.014771522148244337,
        0.019421679838189067, 0.004539228379125415, -0.002239538068073497, -0.0007448268386746817,
        0.00018633974623233514,
    ),
)  # fmt: skip
GELU_TANH: Final = Root(
    -0.7524614220710163,
    3.4358218314355225e-17,
    (
        0.4304000910248585, 0.38751844613578895, -0.015782853521848023, -0.11394448308095899, -0.016619328343052565,
        0.019682309459833118, 0.005261059254921913, -0.002422731845875097, -0.0009274420230205452,
        0.0002639276405268104,
    ),
)  # fmt: skip
"""With the cubic term's coefficient as the float64 that every library holds: in decimals it is another root."""
MISH: Final = Root(
    -1.1924312145154952,
    -4.8484829848031044e-17,
    (
        0.2669479140495345, 0.20473126408010586, 0.04190782104360987, -0.020271822716684245, -0.01582112656173338,
        -0.0033606849270232685, 0.0010924055409445854, 0.0009898181021289196, 0.00025412936386191073,
        -4.1961496031696126e-05,
    ),
)  # fmt: skip
SILU: Final = Root(
    -1.2784645427610737,
    -1.0946994183093437e-16,
    (
        0.2178117057198001, 0.1466487969969469, 0.018874814223782312, -0.015222655223188032, -0.006606589138356696,
        0.000126627410081122, 0.0007985218818397998, 0.00018570724361186496, -4.090534237428612e-05,
        -2.9733542213263917e-05,
    ),
)  # fmt: skip
