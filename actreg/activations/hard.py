"""Piecewise stand-ins for the sigmoid and for swish, made for hardware without an exponential."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final

from pydantic import Field

from actreg.contracts.info import Info, Laws
from actreg.contracts.kinds import Elementwise

_MOST: Final = 2.0**64


class HardSigmoid(Elementwise):
    """A straight line between 0 and 1: slope·x + offset, 0 below its lower bend and 1 above the upper one.

    The bends are -offset/slope and (1 - offset)/slope, rounded to float64: ±3 by default, as in torch. ONNX and Keras 2
    have slope 0.2. The derivative at both bends is 0.
    """

    info: ClassVar[Info] = Info(
        name="hard_sigmoid",
        latex=r"\operatorname{HardSigmoid}(x) = \min(1, \max(0, s x + o))",
        paper="M. Courbariaux, Y. Bengio, J.-P. David, BinaryConnect, 2015, arXiv:1511.00363",
        foreign={"alpha": "slope", "beta": "offset", "bias": "offset"},
        main="slope",
    )

    slope: float = Field(1.0 / 6.0, ge=1.0 / _MOST, le=_MOST, description="slope of the line")
    offset: float = Field(0.5, ge=-_MOST, le=_MOST, description="value of the line at 0")

    def _bends(self) -> tuple[float, float]:
        # Compared with x itself, so that every precision agrees on the side.
        return -self.offset / self.slope, (1.0 - self.offset) / self.slope

    def forward(self, xp: Any, x: Any) -> Any:
        """Clipped as well, since beside a bend the line's own rounding may lead beyond it."""
        low, high = self._bends()
        line = xp.minimum(xp.maximum(self.slope * x + self.offset, 0.0), 1.0)
        return xp.where(x <= low, 0.0, xp.where(x >= high, 1.0, line))

    def derivative(self, xp: Any, x: Any) -> Any:
        """The same conditions as forward."""
        low, high = self._bends()
        return xp.where(x <= low, 0.0, xp.where(x >= high, 0.0, self.slope))

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        low, high = self._bends()
        if x <= low or x >= high:
            return mp.mpf(0 if x <= low else 1)
        return mp.mpf(self.slope) * x + mp.mpf(self.offset)

    def laws(self) -> Laws:
        """Rising from 0 to 1, with two bends."""
        low, high = self._bends()
        return Laws(
            limits=(0.0, 1.0),
            derivative_limits=(0.0, 0.0),
            range=(0.0, 1.0),
            kinks={low: 0.0, high: 0.0},
            monotone=True,
        )


class HardSwish(Elementwise):
    """x·hard_sigmoid(x): 0 for x <= -3, x for x >= 3, x·(x + 3)/6 between.

    The derivatives at the bends are 0 and 1, those of the straight parts. HardSwish(-inf) is -0.0, and no finite input
    overflows.
    """

    info: ClassVar[Info] = Info(
        name="hard_swish",
        aliases=("hard_silu",),
        latex=r"\operatorname{HardSwish}(x) = x \, \min(1, \max(0, (x + 3) / 6))",
        paper="A. Howard et al., Searching for MobileNetV3, 2019, arXiv:1905.02244",
    )

    def forward(self, xp: Any, x: Any) -> Any:
        """The product comes before the division, which keeps subnormal numbers exact until it rounds them."""
        return xp.where(x <= -3.0, -0.0, xp.where(x >= 3.0, x, x * (x + 3.0) / 6.0))

    def derivative(self, xp: Any, x: Any) -> Any:
        """The same conditions as forward; 2x + 3 is exact beside its root."""
        return xp.where(x <= -3.0, 0.0, xp.where(x >= 3.0, 1.0, (2.0 * x + 3.0) / 6.0))

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return x * min(mp.mpf(1), max(mp.mpf(0), (x + 3) / 6))

    def laws(self) -> Laws:
        """Falls to -3/8 at -3/2, then rises."""
        return Laws(
            limits=(-0.0, math.inf),
            at_zeros=(-0.0, 0.0),
            derivative_limits=(0.0, 1.0),
            range=(-0.375, math.inf),
            kinks={-3.0: 0.0, 3.0: 1.0},
        )
