"""Units made of one exponential: ELU, CELU, SELU and softplus."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final

from pydantic import Field

from actreg.contracts.config import Finite, Positive
from actreg.contracts.info import Info, Laws
from actreg.contracts.kinds import Elementwise

_TINY: Final = 2.0**-60


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


class CELU(Elementwise):
    """Continuously differentiable ELU: x where x > 0, alpha·(exp(x/alpha) - 1) below, saturating at -alpha.

    The derivative at 0 is 1 whatever alpha is.
    """

    info: ClassVar[Info] = Info(
        name="celu",
        latex=r"\operatorname{CELU}(x) = \max(0, x) + \min(0, \alpha (e^{x / \alpha} - 1))",
        paper="J. Barron, Continuously Differentiable Exponential Linear Units, 2017, arXiv:1704.07483",
        main="alpha",
    )

    alpha: Positive = Field(1.0, description="the unit saturates at -alpha for x -> -inf")

    def forward(self, xp: Any, x: Any) -> Any:
        """x itself already a little below 0, where x/alpha could underflow."""
        return xp.where(x > -self.alpha * _TINY, x, self.alpha * xp.expm1(x / self.alpha))

    def derivative(self, xp: Any, x: Any) -> Any:
        """exp(x/alpha), 1 above 0."""
        return xp.where(x > 0, 1.0, xp.exp(x / self.alpha))

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        alpha = mp.mpf(self.alpha)
        return x if x > 0 else alpha * mp.expm1(x / alpha)

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return mp.mpf(1) if x > 0 else mp.exp(x / mp.mpf(self.alpha))

    def laws(self) -> Laws:
        """Rising, without a kink; the lower limit is -alpha."""
        return Laws(
            limits=(-self.alpha, math.inf),
            at_zeros=(-0.0, 0.0),
            derivative_limits=(0.0, 1.0),
            range=(-self.alpha, math.inf),
            monotone=True,
        )


class SELU(Elementwise):
    """Scaled ELU, scale·elu(x, alpha), with the two constants that make zero mean and unit variance a fixed point.

    The constants are float64's nearest to the paper's; ONNX has float32's. The derivative at 0 is scale·alpha, 1.758.
    """

    info: ClassVar[Info] = Info(
        name="selu",
        latex=r"\operatorname{SELU}(x) = \lambda \begin{cases} x & x > 0 \\ \alpha (e^{x} - 1) & x \le 0 \end{cases}",
        paper="G. Klambauer, T. Unterthiner, A. Mayr, S. Hochreiter, 2017, arXiv:1706.02515",
        foreign={"gamma": "scale", "lambda_value": "scale", "lambd": "scale"},
    )

    alpha: Positive = Field(1.6732632423543772, description="the unit saturates at -scale * alpha")
    scale: Positive = Field(1.0507009873554805, description="slope for x > 0")

    def forward(self, xp: Any, x: Any) -> Any:
        """expm1 keeps the digits that exp(x) - 1 loses near 0."""
        return xp.where(x > 0, self.scale * x, self.scale * self.alpha * xp.expm1(x))

    def derivative(self, xp: Any, x: Any) -> Any:
        """The same condition as forward."""
        return xp.where(x > 0, self.scale, self.scale * self.alpha * xp.exp(x))

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return mp.mpf(self.scale) * (x if x > 0 else mp.mpf(self.alpha) * mp.expm1(x))

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return mp.mpf(self.scale) * (1 if x > 0 else mp.mpf(self.alpha) * mp.exp(x))

    def laws(self) -> Laws:
        """Rising; the lower limit is -scale·alpha."""
        lowest = -self.scale * self.alpha
        return Laws(
            limits=(lowest, math.inf),
            at_zeros=(-0.0, 0.0),
            derivative_limits=(0.0, self.scale),
            range=(lowest, math.inf),
            kinks={0.0: -lowest} if self.alpha != 1.0 else {},
            monotone=True,
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
