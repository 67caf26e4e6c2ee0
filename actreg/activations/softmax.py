"""Softmax."""

from __future__ import annotations

from typing import Any, ClassVar

from actreg.contracts.info import Info, Laws
from actreg.contracts.kinds import Axiswise


class Softmax(Axiswise):
    """Softmax along one axis: exp(x_i) / Σ exp(x_j); positive values that sum to 1.

    Shifted by the maximum, so that nothing overflows. An entry of -inf gets 0. As in every library, a line of which
    every entry is -inf, or one of which is +inf, has no softmax and is NaN.
    """

    info: ClassVar[Info] = Info(
        name="softmax",
        latex=r"\operatorname{softmax}(x)_i = \frac{e^{x_i}}{\sum_j e^{x_j}}",
        paper="J. Bridle, 1990, doi:10.1007/978-3-642-76153-9_28",
        foreign={"dim": "axis"},
        main="axis",
    )

    def forward(self, xp: Any, x: Any) -> Any:
        """x - max loses up to half an ulp, which exp magnifies by |x|: the loss is computed and put back."""
        shift = xp.max(x)
        d = x - shift
        # The two-sum of Knuth: d + lost is x - shift exactly.
        back = d - x
        lost = (x - (d - back)) - (shift + back)
        e = xp.exp(d)
        e = e + xp.gate(xp.where(xp.isinf(d), 0.0, lost), e)
        return e / xp.sum(e)

    def pullback(self, xp: Any, x: Any, y: Any, grad: Any) -> dict[str, Any]:
        """y·(grad - Σ grad·y), from the exact y."""
        return {"x": y * (grad - xp.sum(grad * y))}

    def reference(self, mp: Any, xs: Any) -> list[Any]:
        """By definition, shifted by the maximum."""
        top = max(xs)
        powers = [mp.exp(x - top) for x in xs]
        total = mp.fsum(powers)
        return [power / total for power in powers]

    def laws(self) -> Laws:
        """Between 0 and 1, with sum 1; differences alone count."""
        return Laws(range=(0.0, 1.0), normalises="sum", shift_invariant=True, equivariant=True)
