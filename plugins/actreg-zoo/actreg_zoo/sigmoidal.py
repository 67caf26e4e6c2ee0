"""SiLU with something added: Swish-T, B-SiLU, xSiLU."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final

from pydantic import Field

from actreg import Constant, Elementwise, Finite, Info, Laws, Param, Positive
from actreg_zoo.expanded import PAPER, SILU, expanded, learned
from actreg_zoo.tails import lifted, silu, silu_slope, times_sech2

_CLOSE: Final = 1e-9
"""Nearer to 0, tanh(x) is x in every format."""


class SwishT(Elementwise):
    """Swish-T, x·sigmoid(beta·x) + alpha·tanh(x), with beta learned, of shape (1,). Its limit at -inf is -alpha."""

    info: ClassVar[Info] = Info(
        name="swish_t",
        latex=r"\operatorname{SwishT}(x) = x \, \sigma(\beta x) + \alpha \tanh(x)",
        paper="Y. Seo, J. Kim, U. Park, Swish-T: Enhancing Swish Activation with Tanh Bias, 2024, arXiv:2407.01012",
        foreign={"beta": "init", "beta_init": "init"},
        main="alpha",
    )

    alpha: Positive = Field(0.1, description="height of the tanh that is added")
    init: Positive = Field(1.0, description="initial beta, the sharpness of the gate")

    def parameters(self) -> dict[str, Param]:
        """beta: one for all."""
        return {"beta": Param(shape=(1,), init=Constant(self.init))}

    def forward(self, xp: Any, x: Any, beta: Any) -> Any:
        """Both terms have the sign of x; close to 0 they are one product, or a subnormal x would be lost twice."""
        close = x * (xp.sigmoid(beta * x) + self.alpha)
        return xp.where(xp.abs(x) < _CLOSE, close, silu(xp, x, beta * x) + self.alpha * xp.tanh(x))

    def derivative(self, xp: Any, x: Any, beta: Any) -> Any:
        """s + u·s' + alpha·sech²(x), with u = beta·x."""
        return silu_slope(xp, beta * x) + times_sech2(xp, self.alpha, x)

    def parameter_derivatives(self, xp: Any, x: Any, beta: Any) -> dict[str, Any]:
        """dy/dbeta = x²·s'(u), even in u."""
        near, scale = lifted(xp, -xp.abs(beta * x))
        _, slope = xp.sigmoid_pair(near)
        return {"beta": xp.gate(x, xp.gate(x, slope)) * scale}

    def reference(self, mp: Any, x: Any, beta: Any) -> Any:
        """By definition."""
        return x / (1 + mp.exp(-beta * x)) + mp.mpf(self.alpha) * mp.tanh(x)

    def reference_derivative(self, mp: Any, x: Any, beta: Any) -> Any:
        """By the product rule."""
        s, opposite = 1 / (1 + mp.exp(-beta * x)), 1 / (1 + mp.exp(beta * x))
        return s + beta * x * s * opposite + mp.mpf(self.alpha) * mp.sech(x) ** 2

    def laws(self) -> Laws:
        """The limits, at every beta above 0."""
        return Laws(limits=(-self.alpha, math.inf), at_zeros=(-0.0, 0.0), derivative_limits=(0.0, 1.0))


class BSiLU(Elementwise):
    """Bounded SiLU, (x + alpha)·sigmoid(x) - alpha/2; its limit at -inf is -alpha/2.

    The paper uses it for the gradient of a ReLU; this is the function itself.
    """

    info: ClassVar[Info] = Info(
        name="bsilu",
        aliases=("b_silu",),
        latex=r"\operatorname{BSiLU}(x) = (x + \alpha) \, \sigma(x) - \frac{\alpha}{2}",
        paper="C. C. Horuz, G. Kasenbacher, S. Higuchi, S. Kairat, J. Stoltz, M. Pesl, B. A. Moser, C. Linse,"
        " T. Martinetz, S. Otte, The Resurrection of the ReLU, 2025, arXiv:2505.22074",
        main="alpha",
    )

    alpha: Positive = Field(1.67, description="shift of the gated line", examples=[1.0])

    def forward(self, xp: Any, x: Any) -> Any:
        """x·s + (alpha / 2)·tanh(x / 2), without a difference at 0; close to it one product, as for Swish-T."""
        close = x * (xp.sigmoid(x) + 0.25 * self.alpha)
        return xp.where(xp.abs(x) < _CLOSE, close, silu(xp, x, x) + 0.5 * self.alpha * xp.tanh(0.5 * x))

    def derivative(self, xp: Any, x: Any) -> Any:
        """s + (x + alpha)·s'."""
        return silu_slope(xp, x, self.alpha)

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        alpha = mp.mpf(self.alpha)
        return (x + alpha) / (1 + mp.exp(-x)) - alpha / 2

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By the product rule."""
        s, opposite = 1 / (1 + mp.exp(-x)), 1 / (1 + mp.exp(x))
        return s + (x + mp.mpf(self.alpha)) * s * opposite

    def laws(self) -> Laws:
        """Falls from -alpha/2, then rises."""
        return Laws(limits=(-self.alpha / 2, math.inf), at_zeros=(-0.0, 0.0), derivative_limits=(0.0, 1.0))


class XSiLU(Elementwise):
    """SiLU with an expanded gate, x·(sigmoid(x)·(1 + 2·alpha) - alpha), alpha being learned, of shape (1,).

    The gate lies between -alpha and 1 + alpha. At alpha = 0, where it starts, it is SiLU.
    """

    info: ClassVar[Info] = Info(
        name="xsilu",
        latex=r"\operatorname{xSiLU}(x) = x \left(\sigma(x) (1 + 2 \alpha) - \alpha\right)",
        paper=PAPER,
        foreign={"alpha": "init"},
        main="init",
    )

    init: Finite = Field(0.0, description="initial alpha", examples=[0.25])

    def parameters(self) -> dict[str, Param]:
        """alpha: one for all."""
        return learned(self.init)

    def forward(self, xp: Any, x: Any, alpha: Any) -> Any:
        """x times its gate."""
        return SILU.forward(xp, x, alpha)

    def derivative(self, xp: Any, x: Any, alpha: Any) -> Any:
        """gate + x·(1 + 2·alpha)·s'."""
        return SILU.derivative(xp, x, alpha)

    def parameter_derivatives(self, xp: Any, x: Any, alpha: Any) -> dict[str, Any]:
        """dy/dalpha = x·(2s - 1)."""
        return {"alpha": SILU.by_alpha(xp, x)}

    def reference(self, mp: Any, x: Any, alpha: Any) -> Any:
        """By definition."""
        return x * expanded(1 / (1 + mp.exp(-x)), alpha)

    def reference_derivative(self, mp: Any, x: Any, alpha: Any) -> Any:
        """By the product rule."""
        s, opposite = 1 / (1 + mp.exp(-x)), 1 / (1 + mp.exp(x))
        return expanded(s + x * s * opposite, alpha)

    def laws(self) -> Laws:
        """The limits."""
        return SILU.laws(self.init)
