"""Mish."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final

from actreg.activations.compensated import has_spare, quotient, two_product, two_sum
from actreg.activations.gates import finite
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
        e, below, scale = _parts(xp, x)
        return xp.gate(x, _gate(xp, e, below)) * scale

    def derivative(self, xp: Any, x: Any) -> Any:
        """t + x·t' above 0, with t = tanh(softplus(x)) and t' = 4·e²·(1 + e) / whole².

        Below 0 the two terms cancel; there their sum is e·n / whole², n = 4·(1 + x) + e·(6 + 4x + 4e + e²).
        """
        e, below, scale = _parts(xp, x)
        t = _gate(xp, e, below)
        if has_spare(xp):
            whole = xp.where(below, 2.0 + e * (2.0 + e), 1.0 + 2.0 * e * (1.0 + e))
            slope = xp.where(below, e, e * e) * (4.0 * (1.0 + e)) / whole / whole
            return (t + xp.gate(x, slope)) * scale
        above = 1.0 + 2.0 * e * (1.0 + e)
        rising = t + finite(xp, x) * (e / above) * (e / above) * (4.0 * (1.0 + e))
        return xp.where(below, _falling(e, finite(xp, x)), rising) * scale

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


def _parts(xp: Any, x: Any) -> tuple[Any, Any, Any]:
    """e = exp(-|x|), whether x < 0, and a factor.

    The factor is 1 but far below 0: there everything is proportional to e, which is exp(64) times larger, so that it
    does not underflow before its product with x does.
    """
    below, far = x < 0, x < -680.0
    return xp.exp(xp.where(far, x + 64.0, -xp.abs(x))), below, xp.where(far, _SCALE, 1.0)


def _gate(xp: Any, e: Any, below: Any) -> Any:
    """tanh(softplus(x)): e·(2 + e) / (2 + e·(2 + e)) below 0, (1 + 2e) / (1 + 2e + 2e²) above."""
    if has_spare(xp):
        top = xp.where(below, e * (2.0 + e), 1.0 + 2.0 * e)
        return top / (top + xp.where(below, 2.0, 2.0 * e * e))
    square, square_rest = two_product(e, e)
    top, top_rest = two_sum(2.0 * e, xp.where(below, square, 1.0))
    top_rest = top_rest + xp.where(below, square_rest, 0.0)
    whole, whole_rest = two_sum(top, xp.where(below, 2.0, 2.0 * square))
    whole_rest = whole_rest + top_rest + xp.where(below, 0.0, 2.0 * square_rest)
    return quotient(top, top_rest, whole, whole_rest)


def _falling(e: Any, x: Any) -> Any:
    """e·n / whole² in numbers of two parts."""
    square, square_rest = two_product(e, e)
    part, part_rest = two_sum(2.0 * e, square)
    whole, whole_rest = two_sum(2.0, part)
    whole_rest = whole_rest + part_rest + square_rest
    line, line_rest = two_sum(6.0, 4.0 * x)
    curve, curve_rest = two_sum(4.0 * e, square)
    inner, inner_rest = two_sum(line, curve)
    inner_rest = inner_rest + line_rest + curve_rest
    product, product_rest = two_product(e, inner)
    n, n_rest = two_sum(4.0 * (1.0 + x), product)
    n_rest = n_rest + product_rest + e * inner_rest
    top, top_rest = two_product(e, n)
    below, below_rest = two_product(whole, whole)
    return quotient(top, top_rest + e * n_rest, below, below_rest + 2.0 * whole * whole_rest)
