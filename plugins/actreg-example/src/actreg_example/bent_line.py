"""The activation bent_line."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from pydantic import Field

from actreg import Elementwise, Info, Laws, Positive


class BentLine(Elementwise):
    """A line with a bend: rise·x where x > 0, fall·x below. The derivative at 0 is `fall`."""

    info: ClassVar[Info] = Info(
        name="bent_line",
        latex=r"\begin{cases} r x & x > 0 \\ f x & x \le 0 \end{cases}",
        paper="actreg developers, actreg-example, 2026",
    )

    rise: Positive = Field(1.0, description="slope for x > 0")
    fall: Positive = Field(0.25, description="slope for x <= 0")

    def forward(self, xp: Any, x: Any) -> Any:
        """The formula, over whatever array library supplies `xp`; it never branches on values."""
        return xp.where(x > 0, self.rise * x, self.fall * x)

    def derivative(self, xp: Any, x: Any) -> Any:
        """The same condition as forward; without this method actreg would differentiate by dual numbers."""
        return xp.where(x > 0, self.rise, self.fall)

    def reference(self, mp: Any, x: Any) -> Any:
        """The judge, in mpmath at fifty digits: by definition, sharing nothing with forward."""
        return (mp.mpf(self.rise) if x > 0 else mp.mpf(self.fall)) * x

    def laws(self) -> Laws:
        """What must hold for these options; every law that is claimed is checked."""
        return Laws(
            limits=(-math.inf, math.inf),
            at_zeros=(-0.0, 0.0),
            derivative_limits=(self.fall, self.rise),
            kinks={0.0: self.fall} if self.rise != self.fall else {},
            monotone=True,
        )
