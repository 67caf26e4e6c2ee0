"""The identity."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from actreg.contracts.info import Info, Laws
from actreg.contracts.kinds import Elementwise


class Identity(Elementwise):
    """x itself: what a layer without an activation has. Every bit is kept, NaN's sign excepted."""

    info: ClassVar[Info] = Info(name="identity", latex=r"f(x) = x")

    def forward(self, xp: Any, x: Any) -> Any:
        """Nothing happens; the host makes the result an array of its own."""
        return x

    def derivative(self, xp: Any, x: Any) -> Any:
        """1 everywhere, written so that it has x's shape."""
        return xp.where(xp.isnan(x), x, 1.0)

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return x

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return mp.mpf(1)

    def laws(self) -> Laws:
        """Everything that a function can claim."""
        return Laws(
            limits=(-math.inf, math.inf),
            at_zeros=(-0.0, 0.0),
            derivative_limits=(1.0, 1.0),
            monotone=True,
            symmetry="odd",
            derivative_from_output=True,
        )
