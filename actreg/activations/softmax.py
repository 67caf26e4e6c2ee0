"""Softmax and its logarithm."""

from __future__ import annotations

import math
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
        """The exponentials of the shifted line, divided by their sum."""
        e = _shifted(xp, x)[1]
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


class LogSoftmax(Axiswise):
    """Logarithm of the softmax along one axis: x_i - log Σ exp(x_j), to the last digit of what is nearly 0.

    An entry of -inf gets -inf. A line of which every entry is -inf, or one of which is +inf, is NaN, as its softmax is.
    """

    info: ClassVar[Info] = Info(
        name="log_softmax",
        latex=r"\log\operatorname{softmax}(x)_i = x_i - \log \sum_j e^{x_j}",
        paper="J. Bridle, 1990, doi:10.1007/978-3-642-76153-9_28",
        foreign={"dim": "axis"},
        main="axis",
    )

    def forward(self, xp: Any, x: Any) -> Any:
        """The largest entry's own term is the 1 of log1p, so that the others' sum is seen however small it is.

        Negated last, since what underflows was below 0.
        """
        d, _, rest = self._parts(xp, x)
        return -(xp.log1p(rest) - d)

    def pullback(self, xp: Any, x: Any, y: Any, grad: Any) -> dict[str, Any]:
        """grad - softmax·Σ grad."""
        _, powers, rest = self._parts(xp, x)
        return {"x": grad - powers / (1.0 + rest) * xp.sum(grad)}

    @staticmethod
    def _parts(xp: Any, x: Any) -> tuple[Any, Any, Any]:
        """x - max, its exponential, and the sum of that over all but the first largest entry."""
        d, powers = _shifted(xp, x)
        return d, powers, xp.sum(xp.where(xp.pick_max(x)[1], 0.0, powers))

    def reference(self, mp: Any, xs: Any) -> list[Any]:
        """-log(1 + Σ exp(x_j - x_i)) over all j but i."""
        return [-mp.log1p(mp.fsum(mp.exp(x - own) for j, x in enumerate(xs) if j != i)) for i, own in enumerate(xs)]

    def laws(self) -> Laws:
        """Never above 0."""
        return Laws(range=(-math.inf, 0.0))


def _shifted(xp: Any, x: Any) -> tuple[Any, Any]:
    """x - max, and its exponential.

    The difference loses up to half an ulp, which exp magnifies by |x|: the loss is computed and put back.
    """
    top = xp.max(x)
    d = x - top
    # The two-sum of Knuth: d + lost is x - top exactly.
    back = d - x
    lost = (x - (d - back)) - (top + back)
    e = xp.exp(d)
    return d, e + xp.gate(xp.where(xp.isinf(d), 0.0, lost), e)
