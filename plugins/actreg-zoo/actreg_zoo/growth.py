"""x gated by growth curves: Richards' (ARiA2) and Gompertz' (GoLU)."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final

from pydantic import Field

from actreg import Elementwise, Info, Laws, Positive
from actreg_zoo.tails import inside, lifted

_LEAST: Final = -30.0
"""Below, exp(-exp(-x)) is 0 in every format."""


class ARiA2(Elementwise):
    """Adaptive Richards' curve weighted activation with two parameters, x·(1 + exp(-beta·x))^-alpha.

    alpha = 1 is SiLU. ARiA2(-inf) is -0.0.
    """

    info: ClassVar[Info] = Info(
        name="aria2",
        latex=r"\operatorname{ARiA2}(x) = x \left(1 + e^{-\beta x}\right)^{-\alpha}",
        paper="N. Patwardhan, M. Ingalhalikar, R. Walambe, ARiA, 2018, arXiv:1805.08878",
    )

    alpha: Positive = Field(1.5, description="exponent of the gate", examples=[0.5])
    beta: Positive = Field(2.0, description="sharpness of the gate")

    def forward(self, xp: Any, x: Any) -> Any:
        """The power by way of softplus, whose tail keeps its digits."""
        gate, scale = self._gate(xp, x)
        return xp.gate(x, gate) * scale

    def derivative(self, xp: Any, x: Any) -> Any:
        """gate·(1 + alpha·beta·x·sigmoid(-beta·x))."""
        gate, scale = self._gate(xp, x)
        cut = inside(xp, x)
        return gate * (1.0 + self.alpha * self.beta * cut * xp.sigmoid(-self.beta * cut)) * scale

    def _gate(self, xp: Any, x: Any) -> tuple[Any, Any]:
        near, scale = lifted(xp, -self.alpha * xp.softplus(-self.beta * x))
        return xp.exp(near), scale

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return x * (1 + mp.exp(-mp.mpf(self.beta) * x)) ** -mp.mpf(self.alpha)

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By the product rule."""
        a, b = mp.mpf(self.alpha), mp.mpf(self.beta)
        return (1 + mp.exp(-b * x)) ** -a * (1 + a * b * x / (1 + mp.exp(b * x)))

    def laws(self) -> Laws:
        """Falls to a minimum, then rises."""
        return Laws(limits=(-0.0, math.inf), at_zeros=(-0.0, 0.0), derivative_limits=(0.0, 1.0))


class GoLU(Elementwise):
    """Gompertz linear unit, x·exp(-exp(-x)); closes doubly exponentially. GoLU(-inf) is -0.0."""

    info: ClassVar[Info] = Info(
        name="golu",
        latex=r"\operatorname{GoLU}(x) = x \, e^{-e^{-x}}",
        paper="I. Das, M. Safari, S. Adriaensen, F. Hutter, Gompertz Linear Units, 2025, arXiv:2502.03654",
    )

    def forward(self, xp: Any, x: Any) -> Any:
        """Gated, because -inf·0 is NaN and the limit is -0."""
        near, scale = lifted(xp, -xp.exp(-xp.maximum(x, _LEAST)))
        return xp.gate(x, xp.exp(near)) * scale

    def derivative(self, xp: Any, x: Any) -> Any:
        """(1 + x·v)·exp(-v), with v = exp(-x)."""
        cut = xp.maximum(x, _LEAST)
        v = xp.exp(-cut)
        near, scale = lifted(xp, -v)
        return (1.0 + xp.gate(cut, v)) * xp.exp(near) * scale

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return x * mp.exp(-mp.exp(-max(x, mp.mpf(_LEAST))))

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By the product rule."""
        v = mp.exp(-max(x, mp.mpf(_LEAST)))
        return (1 + x * v) * mp.exp(-v)

    def laws(self) -> Laws:
        """Falls to its minimum at -0.5671, then rises."""
        return Laws(
            limits=(-0.0, math.inf),
            at_zeros=(-0.0, 0.0),
            derivative_limits=(0.0, 1.0),
            range=(-0.097260131228, math.inf),
        )
