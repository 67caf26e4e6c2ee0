"""SiLU above 0 and something else below: ELiSH, flatten-T swish."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from pydantic import Field

from actreg import Elementwise, Finite, Info, Laws


class ELiSH(Elementwise):
    """Exponential linear sigmoid squashing: x·sigmoid(x) where x >= 0, (exp(x) - 1)·sigmoid(x) below.

    The derivative is continuous, 1/2 at 0; ELiSH(-inf) is -0.0.
    """

    info: ClassVar[Info] = Info(
        name="elish",
        latex=r"\operatorname{ELiSH}(x) = \begin{cases} x \, \sigma(x) & x \ge 0 \\"
        r" (e^x - 1) \, \sigma(x) & x < 0 \end{cases}",
        paper="M. Basirat, P. M. Roth, The Quest for the Golden Activation Function, 2018, arXiv:1808.00783",
    )

    def forward(self, xp: Any, x: Any) -> Any:
        """expm1 below 0, so that small x keep their digits."""
        return xp.where(x < 0, xp.expm1(xp.minimum(x, 0.0)), x) * xp.sigmoid(x)

    def derivative(self, xp: Any, x: Any) -> Any:
        """s + x·s' above; (e² + 2e - 1)·s / (1 + e) below, with e = exp(x)."""
        s, slope = xp.sigmoid_pair(x)
        e = xp.exp(xp.minimum(x, 0.0))
        below = (e * (e + 2.0) - 1.0) * s / (1.0 + e)
        return xp.where(x < 0, below, s + xp.gate(x, slope))

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return (mp.expm1(x) if x < 0 else x) / (1 + mp.exp(-x))

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By the product rule on either side."""
        s, opposite = 1 / (1 + mp.exp(-x)), 1 / (1 + mp.exp(x))
        return s * (mp.exp(x) + mp.expm1(x) * opposite if x < 0 else 1 + x * opposite)

    def laws(self) -> Laws:
        """Falls to its minimum, 2·√2 - 3 at log(√2 - 1), then rises."""
        return Laws(
            limits=(-0.0, math.inf),
            at_zeros=(-0.0, 0.0),
            derivative_limits=(0.0, 1.0),
            range=(-0.171572875254, math.inf),
        )


class FlattenTSwish(Elementwise):
    """Flatten-T swish: x·sigmoid(x) + t where x >= 0, t below. The derivative at 0 is 1/2."""

    info: ClassVar[Info] = Info(
        name="flatten_t_swish",
        aliases=("fts",),
        latex=r"\operatorname{FTS}(x) = \begin{cases} x \, \sigma(x) + T & x \ge 0 \\ T & x < 0 \end{cases}",
        paper="H. H. Chieng, N. Wahid, P. Ong, S. R. K. Perla, Flatten-T Swish, 2018, arXiv:1812.06247",
        foreign={"T": "t", "threshold": "t"},
        main="t",
    )

    t: Finite = Field(-0.2, description="what is added everywhere")

    def forward(self, xp: Any, x: Any) -> Any:
        """NaN passes the comparison and so propagates."""
        return xp.where(x < 0, self.t, x * xp.sigmoid(x) + self.t)

    def derivative(self, xp: Any, x: Any) -> Any:
        """The same condition as forward."""
        s, slope = xp.sigmoid_pair(x)
        return xp.where(x < 0, 0.0, s + xp.gate(x, slope))

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return mp.mpf(self.t) + (mp.mpf(0) if x < 0 else x / (1 + mp.exp(-x)))

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By the product rule where x >= 0."""
        s, opposite = 1 / (1 + mp.exp(-x)), 1 / (1 + mp.exp(x))
        return mp.mpf(0) if x < 0 else s * (1 + x * opposite)

    def laws(self) -> Laws:
        """One kink, at 0; rising."""
        return Laws(
            limits=(self.t, math.inf),
            derivative_limits=(0.0, 1.0),
            range=(self.t, math.inf),
            kinks={0.0: 0.5},
            monotone=True,
        )
