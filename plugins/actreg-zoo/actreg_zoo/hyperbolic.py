"""x gated by a hyperbolic tangent: TeLU, LiSHT, Smish, Phish."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final

from actreg import Elementwise, Info, Laws
from actreg_zoo.tails import gated, gated_slope, gelu_pair, normal_reference

_MOST: Final = 64.0
"""From here on tanh(exp(x)) is 1 in every format."""


class TeLU(Elementwise):
    """Hyperbolic tangent exponential linear unit, x·tanh(exp(x)); TanhExp is the same function.

    Smooth, close to x above 0, bounded below by -0.3533; TeLU(-inf) is -0.0.
    """

    info: ClassVar[Info] = Info(
        name="telu",
        aliases=("tanhexp",),
        latex=r"\operatorname{TeLU}(x) = x \tanh(e^{x})",
        paper="A. Fernandez, A. Mali, TeLU Activation Function for Fast and Stable Deep Learning, 2024,"
        " arXiv:2412.20269; X. Liu, X. Di, TanhExp, 2020, arXiv:2003.09855",
    )

    def forward(self, xp: Any, x: Any) -> Any:
        """Gated, because -inf·0 is NaN and the limit is -0."""
        return gated(xp, x, lambda xp, x: xp.tanh(xp.exp(xp.minimum(x, _MOST))))

    def derivative(self, xp: Any, x: Any) -> Any:
        """t + x·e·sech²(e), with e = exp(x)."""
        return gated_slope(xp, x, _telu_gate)

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return x * mp.tanh(mp.exp(x)) if x < _MOST else x * (1 - 2 * mp.exp(-2 * mp.exp(_MOST)))

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By the product rule."""
        e = mp.exp(min(x, mp.mpf(_MOST)))
        return mp.tanh(e) + x * e * mp.sech(e) ** 2

    def laws(self) -> Laws:
        """Falls to its minimum at -1.0789, then rises."""
        return Laws(
            limits=(-0.0, math.inf),
            at_zeros=(-0.0, 0.0),
            derivative_limits=(0.0, 1.0),
            range=(-0.353285777849, math.inf),
        )


def _telu_gate(xp: Any, x: Any) -> tuple[Any, Any]:
    e = xp.exp(xp.minimum(x, _MOST))
    t, slope = xp.tanh_pair(e)
    return t, e * slope


class LiSHT(Elementwise):
    """Linearly scaled hyperbolic tangent, x·tanh(x): even, never negative, near |x| far out."""

    info: ClassVar[Info] = Info(
        name="lisht",
        latex=r"\operatorname{LiSHT}(x) = x \tanh(x)",
        paper="S. K. Roy, S. Manna, S. R. Dubey, B. B. Chaudhuri, LiSHT, 2019, arXiv:1901.05894",
    )

    def forward(self, xp: Any, x: Any) -> Any:
        """As it stands: nothing cancels."""
        return x * xp.tanh(x)

    def derivative(self, xp: Any, x: Any) -> Any:
        """tanh(x) + x·sech²(x), two terms of one sign."""
        t, slope = xp.tanh_pair(x)
        return t + xp.gate(x, slope)

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return x * mp.tanh(x)

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By the product rule."""
        return mp.tanh(x) + x * mp.sech(x) ** 2

    def laws(self) -> Laws:
        """Even, with its minimum at 0."""
        return Laws(
            limits=(math.inf, math.inf),
            at_zeros=(0.0, 0.0),
            derivative_limits=(-1.0, 1.0),
            range=(0.0, math.inf),
            symmetry="even",
        )


class Smish(Elementwise):
    """Smish, x·tanh(log(1 + sigmoid(x))). Rises as 0.6·x; Smish(-inf) is -0.0.

    With s = sigmoid(x), the hyperbolic tangent is s·(2 + s) / (2 + s·(2 + s)): one exponential, no logarithm.
    """

    info: ClassVar[Info] = Info(
        name="smish",
        latex=r"\operatorname{Smish}(x) = x \tanh\left(\log(1 + \sigma(x))\right)",
        paper="X. Wang, H. Ren, A. Wang, Smish: A Novel Activation Function for Deep Learning Methods, Electronics"
        " 11(4), 2022, doi:10.3390/electronics11040540",
    )

    def forward(self, xp: Any, x: Any) -> Any:
        """Gated, because -inf·0 is NaN and the limit is -0."""
        return gated(xp, x, lambda xp, x: _smish_gate(xp, x)[0])

    def derivative(self, xp: Any, x: Any) -> Any:
        """g + x·s'·4·(1 + s) / (2 + s·(2 + s))², where g is the gate."""
        return gated_slope(xp, x, _smish_gate)

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return x * mp.tanh(mp.log1p(1 / (1 + mp.exp(-x))))

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By the product rule and the chain rule."""
        s, opposite = 1 / (1 + mp.exp(-x)), 1 / (1 + mp.exp(x))
        u = mp.log1p(s)
        return mp.tanh(u) + x * mp.sech(u) ** 2 * s * opposite / (1 + s)

    def laws(self) -> Laws:
        """Falls to its minimum at -1.3945, then rises."""
        return Laws(
            limits=(-0.0, math.inf),
            at_zeros=(-0.0, 0.0),
            derivative_limits=(0.0, 0.6),
            range=(-0.249993663661, math.inf),
        )


def _smish_gate(xp: Any, x: Any) -> tuple[Any, Any]:
    s, slope = xp.sigmoid_pair(x)
    top = s * (2.0 + s)
    whole = 2.0 + top
    return top / whole, slope * (4.0 * (1.0 + s)) / (whole * whole)


class Phish(Elementwise):
    """Phish, x·tanh(GELU(x)), with the exact GELU: never negative, x²/2 near 0, x above, x²·Φ(x) below."""

    info: ClassVar[Info] = Info(
        name="phish",
        latex=r"\operatorname{Phish}(x) = x \tanh\left(\operatorname{GELU}(x)\right)",
        paper="P. Naveen, Phish: A Novel Hyper-Optimizable Activation Function, 2022, doi:10.36227/techrxiv.17283824",
    )

    def forward(self, xp: Any, x: Any) -> Any:
        """Far below 0 GELU is its own hyperbolic tangent, before and after it is scaled."""
        u, _, scale = gelu_pair(xp, x)
        return xp.gate(x, xp.tanh(u)) * scale

    def derivative(self, xp: Any, x: Any) -> Any:
        """tanh(u) + x·sech²(u)·u', with u = GELU(x), which below 0 is small enough for 1 - tanh²(u)."""
        u, rise, scale = gelu_pair(xp, x)
        t, slope = xp.tanh_pair(u)
        slope = xp.where(x < 0.0, 1.0 - t * t, slope)
        return (t + xp.gate(xp.gate(x, rise), slope)) * scale

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return x * mp.tanh(x * normal_reference(mp, x))

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By the product rule and the chain rule."""
        p = normal_reference(mp, x)
        rise = p + x * mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)
        return mp.tanh(x * p) + x * mp.sech(x * p) ** 2 * rise

    def laws(self) -> Laws:
        """Never negative; below 0 it rises to 0.1647 at -1.1954 and falls again."""
        return Laws(
            limits=(0.0, math.inf),
            at_zeros=(0.0, 0.0),
            derivative_limits=(0.0, 1.0),
            range=(0.0, math.inf),
        )
