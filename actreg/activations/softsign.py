"""Softsign."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from actreg.activations.compensated import has_spare, quotient, two_product, two_sum
from actreg.contracts.info import Info, Laws
from actreg.contracts.kinds import Elementwise

_LARGE: Final = 1e60


class Softsign(Elementwise):
    """x / (1 + |x|): approaches ±1 as 1/x does, where tanh does exponentially, so that its slope dies late."""

    info: ClassVar[Info] = Info(
        name="softsign",
        aliases=("soft_sign",),
        latex=r"\operatorname{Softsign}(x) = \frac{x}{1 + |x|}",
        paper="J. Bergstra et al., Quadratic Polynomials Learn Better Image Features, 2009",
    )

    def forward(self, xp: Any, x: Any) -> Any:
        """±1 at ±inf, where the quotient is none."""
        return xp.where(xp.isinf(x), xp.sign(x), x / (1.0 + xp.abs(x)))

    def derivative(self, xp: Any, x: Any) -> Any:
        """1 / (1 + |x|)², with the rounding errors put back; far out by squaring the reciprocal, not the sum."""
        a = xp.abs(x)
        reciprocal = 1.0 / (1.0 + a)
        if has_spare(xp):
            return reciprocal * reciprocal
        whole, lost = two_sum(1.0, xp.minimum(a, _LARGE))
        square, square_lost = two_product(whole, whole)
        near = quotient(1.0, 0.0, square, square_lost + 2.0 * whole * lost)
        return xp.where(a < _LARGE, near, reciprocal * reciprocal)

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return x / (1 + abs(x))

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return 1 / (1 + abs(x)) ** 2

    def laws(self) -> Laws:
        """Odd, from -1 to 1, rising."""
        return Laws(
            limits=(-1.0, 1.0),
            at_zeros=(-0.0, 0.0),
            derivative_limits=(0.0, 0.0),
            range=(-1.0, 1.0),
            monotone=True,
            symmetry="odd",
        )
