"""What is left of x when a saturating function is taken from it: tanh shrink."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final

from actreg.activations.compensated import has_spare, quotient, two_sum
from actreg.contracts.info import Info, Laws
from actreg.contracts.kinds import Elementwise

_NEAR: Final = 1.25
_DEPTH: Final = 10


def _continuants() -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The fraction 3 + z/(5 + z/(7 + …)), cut at depth, as two polynomials in z, lowest powers first.

    J. H. Lambert, 1761: tanh x = x / (1 + z/(3 + z/(5 + …))) with z = x². The coefficients are integers, positive, and
    below 2^53.
    """
    upper, lower = [2 * _DEPTH + 1], [1]
    for odd in range(2 * _DEPTH - 1, 1, -2):
        size = max(len(upper), len(lower) + 1)
        scaled = [odd * c for c in upper] + [0] * (size - len(upper))
        shifted = [0, *lower] + [0] * (size - 1 - len(lower))
        upper, lower = [a + b for a, b in zip(scaled, shifted, strict=True)], upper
    return tuple(map(float, upper)), tuple(map(float, lower))


_UPPER, _LOWER = _continuants()


class TanhShrink(Elementwise):
    """x - tanh(x): x³/3 near 0, x ∓ 1 far from it.

    Near 0, where the difference cancels, it is x·z/(z + D) with z = x² and D Lambert's continued fraction, all of whose
    terms are positive.
    """

    info: ClassVar[Info] = Info(
        name="tanh_shrink",
        latex=r"\operatorname{Tanhshrink}(x) = x - \tanh(x)",
        paper="J. Lambert, Mémoire sur quelques propriétés des quantités transcendentes, 1761, for the fraction",
    )

    def forward(self, xp: Any, x: Any) -> Any:
        """By the fraction within ±1.25, by the difference outside."""
        near = xp.abs(x) < _NEAR
        z = xp.where(near, x * x, 1.0)
        upper, lower = _polynomial(_UPPER, z), _polynomial(_LOWER, z)
        return xp.where(near, x * (z * (lower / (z * lower + upper))), x - xp.tanh(x))

    def derivative(self, xp: Any, x: Any) -> Any:
        """tanh²(x), which does not cancel; far out tanh|x| as (1 - e) / (1 + e), rounded once, with e = exp(-2|x|)."""
        t = xp.tanh(x)
        if not has_spare(xp):
            e = xp.exp(-2.0 * xp.abs(x))
            t = xp.where(xp.abs(x) < 0.5, t, quotient(*two_sum(1.0, -e), *two_sum(1.0, e)))
        return t * t

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition; the precision rises until the difference has its digits."""
        return x - mp.tanh(x)

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return mp.tanh(x) ** 2

    def laws(self) -> Laws:
        """Odd and rising."""
        return Laws(
            limits=(-math.inf, math.inf),
            at_zeros=(-0.0, 0.0),
            derivative_limits=(1.0, 1.0),
            monotone=True,
            symmetry="odd",
        )


def _polynomial(coefficients: tuple[float, ...], z: Any) -> Any:
    *rest, total = coefficients
    for c in reversed(rest):
        total = total * z + c
    return total
