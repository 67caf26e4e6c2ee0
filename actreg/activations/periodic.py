"""Periodic units: the sine of implicit representations."""

from __future__ import annotations

import math
import sys
from typing import Any, ClassVar, Final

from pydantic import Field

from actreg.contracts.config import Positive
from actreg.contracts.info import Info, Laws
from actreg.contracts.kinds import Elementwise

_MOST: Final = sys.float_info.max


class Sine(Elementwise):
    """sin(omega·x), the unit of SIRENs. The paper takes omega = 30 in the first layer; 1 is the plain sine.

    There is no limit at ±inf, so the value is NaN there.
    """

    info: ClassVar[Info] = Info(
        name="sine",
        aliases=("sin",),
        latex=r"\operatorname{Sine}(x) = \sin(\omega x)",
        paper="V. Sitzmann, J. Martel, A. Bergman, D. Lindell, G. Wetzstein, SIREN, 2020, arXiv:2006.09661",
        foreign={"w0": "omega", "omega_0": "omega", "w": "omega", "frequency": "omega"},
        main="omega",
    )

    omega: Positive = Field(1.0, description="angular frequency; 30 in the first layer of a SIREN")

    def _angle(self, xp: Any, x: Any) -> Any:
        if self.omega <= 1.0:
            return self.omega * x
        # A product beyond the largest number is as good as any: the last bit of x turns it through many periods.
        u = self.omega * x
        return xp.where(xp.isinf(x), x, xp.minimum(xp.maximum(u, -_MOST), _MOST))

    def forward(self, xp: Any, x: Any) -> Any:
        """The library's own sine."""
        return xp.sin(self._angle(xp, x))

    def derivative(self, xp: Any, x: Any) -> Any:
        """omega·cos(omega·x)."""
        return self.omega * xp.cos(self._angle(xp, x))

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return mp.sin(mp.mpf(self.omega) * x)

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return mp.mpf(self.omega) * mp.cos(mp.mpf(self.omega) * x)

    def laws(self) -> Laws:
        """Odd, between -1 and 1, without limits."""
        return Laws(
            limits=(math.nan, math.nan),
            at_zeros=(-0.0, 0.0),
            derivative_limits=(math.nan, math.nan),
            range=(-1.0, 1.0),
            symmetry="odd",
        )
