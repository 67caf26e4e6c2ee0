"""Mish."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final

from actreg.contracts.info import Info, Laws
from actreg.contracts.kinds import Elementwise

_SCALE: Final = math.exp(-64.0)


class Mish(Elementwise):
    """Mish, x·tanh(softplus(x)). Smooth, bounded below by -0.3088; Mish(-inf) is -0.0.

    With e = exp(-|x|), tanh(log(1 + exp(x))) is a ratio of polynomials in e whose terms are all positive, so that one
    exponential does and nothing cancels.
    """

    info: ClassVar[Info] = Info(
        name="mish",
        latex=r"\operatorname{Mish}(x) = x \tanh\left(\log(1 + e^{x})\right)",
        paper="D. Misra, Mish: A Self Regularized Non-Monotonic Activation Function, 2019, arXiv:1908.08681",
    )

    def forward(self, xp: Any, x: Any) -> Any:
        """Gated, because -inf·0 is NaN and the limit is -0."""
        e, below, whole, scale = _parts(xp, x)
        return xp.gate(x, xp.where(below, e * (2.0 + e), 1.0 + 2.0 * e) / whole) * scale

    def derivative(self, xp: Any, x: Any) -> Any:
        """t + x·t', with t = tanh(softplus(x)) and t' = 4·e·(1 + e) / whole², times e above 0."""
        e, below, whole, scale = _parts(xp, x)
        t = xp.where(below, e * (2.0 + e), 1.0 + 2.0 * e) / whole
        slope = xp.where(below, e, e * e) * (4.0 * (1.0 + e)) / whole / whole
        return (t + xp.gate(x, slope)) * scale

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return x * mp.tanh(mp.log1p(mp.exp(x)))

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """t + x·(1 - t²)·sigmoid(x), with 1 - t² = sech² of the softplus."""
        s = mp.log1p(mp.exp(x))
        return mp.tanh(s) + x * mp.sech(s) ** 2 / (1 + mp.exp(-x))

    def laws(self) -> Laws:
        """Falls to its minimum at -1.1924, then rises."""
        return Laws(
            limits=(-0.0, math.inf),
            at_zeros=(-0.0, 0.0),
            derivative_limits=(0.0, 1.0),
            range=(-0.30884341301725043, math.inf),
        )


def _parts(xp: Any, x: Any) -> tuple[Any, Any, Any, Any]:
    """e = exp(-|x|), whether x < 0, the denominator in e (2 + 2e + e² below 0, 1 + 2e + 2e² above), and a factor.

    The factor is 1 but far below 0: there everything is proportional to e, which is exp(64) times larger, so that it
    does not underflow before its product with x does.
    """
    below, far = x < 0, x < -680.0
    e = xp.exp(xp.where(far, x + 64.0, -xp.abs(x)))
    whole = xp.where(below, 2.0 + e * (2.0 + e), 1.0 + 2.0 * e * (1.0 + e))
    return e, below, whole, xp.where(far, _SCALE, 1.0)
