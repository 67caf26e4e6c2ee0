"""Units made of one exponential: ELU and softplus."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from pydantic import Field

from actreg.contracts.config import Finite, Positive
from actreg.contracts.info import Info, Laws
from actreg.contracts.kinds import Elementwise


class ELU(Elementwise):
    """Exponential linear unit: x where x > 0, alpha·(exp(x) - 1) below, saturating at -alpha.

    The derivative at 0 is alpha, which is a kink unless alpha is 1.
    """

    info: ClassVar[Info] = Info(
        name="elu",
        latex=r"\operatorname{ELU}(x) = \begin{cases} x & x > 0 \\ \alpha (e^{x} - 1) & x \le 0 \end{cases}",
        paper="D.-A. Clevert, T. Unterthiner, S. Hochreiter, 2015, arXiv:1511.07289",
        main="alpha",
    )

    alpha: Finite = Field(1.0, description="the unit saturates at -alpha for x -> -inf")

    def forward(self, xp: Any, x: Any) -> Any:
        """expm1 keeps the digits that exp(x) - 1 loses near 0."""
        return xp.where(x > 0, x, self.alpha * xp.expm1(x))

    def derivative(self, xp: Any, x: Any) -> Any:
        """The same condition as forward."""
        return xp.where(x > 0, 1.0, self.alpha * xp.exp(x))

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return x if x > 0 else mp.mpf(self.alpha) * mp.expm1(x)

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return mp.mpf(1) if x > 0 else mp.mpf(self.alpha) * mp.exp(x)

    def laws(self) -> Laws:
        """Rising for alpha >= 0; the lower limit is -alpha."""
        alpha = self.alpha
        return Laws(
            limits=(-alpha, math.inf),
            at_zeros=(math.copysign(0.0, -math.copysign(1.0, alpha)), math.copysign(0.0, alpha)),
            derivative_limits=(0.0, 1.0),
            range=(min(-alpha, 0.0), math.inf),
            kinks={0.0: alpha} if alpha != 1.0 else {},
            monotone=alpha >= 0,
        )


class Softplus(Elementwise):
    """Softplus, log(1 + exp(beta·x)) / beta; exactly x above threshold / beta.

    The threshold is part of the definition: there the value jumps by log1p(exp(-threshold)) / beta, at 20 by 2e-9.
    """

    info: ClassVar[Info] = Info(
        name="softplus",
        latex=r"\operatorname{Softplus}(x) = \begin{cases} x & \beta x > t \\"
        r" \frac{1}{\beta} \log(1 + e^{\beta x}) & \beta x \le t \end{cases}",
        paper="C. Dugas, Y. Bengio, F. Bélisle, C. Nadeau, R. Garcia, NIPS 2000",
    )

    beta: Positive = Field(1.0, description="sharpness: the larger, the closer to ReLU")
    threshold: Finite = Field(20.0, description="linear where beta * x is above it")

    def _bend(self) -> float:
        # Compared with x itself, so that every precision agrees on the side.
        return self.threshold / self.beta

    def forward(self, xp: Any, x: Any) -> Any:
        """log1p(exp(-|u|)) neither overflows nor cancels."""
        return xp.where(x > self._bend(), x, xp.softplus(self.beta * x) / self.beta)

    def derivative(self, xp: Any, x: Any) -> Any:
        """The sigmoid of beta·x; 1 above the threshold."""
        return xp.where(x > self._bend(), 1.0, xp.sigmoid(self.beta * x))

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        if x > self._bend():
            return x
        return mp.log1p(mp.exp(mp.mpf(self.beta) * x)) / mp.mpf(self.beta)

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By definition."""
        if x > self._bend():
            return mp.mpf(1)
        e = mp.exp(mp.mpf(self.beta) * x)
        return e / (1 + e)

    def laws(self) -> Laws:
        """Rising; the derivative jumps at the threshold."""
        bend = self._bend()
        below = 1.0 / (1.0 + math.exp(-self.threshold)) if self.threshold > -700 else 0.0
        return Laws(
            limits=(0.0, math.inf),
            derivative_limits=(0.0, 1.0),
            range=(min(0.0, bend), math.inf),
            kinks={bend: below},
            # The value falls by log1p(exp(-threshold)) / beta at the threshold; from 40 on no format can show it.
            monotone=self.threshold >= 40.0,
        )
