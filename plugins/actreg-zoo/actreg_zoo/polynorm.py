"""PolyNorm: a polynomial along a line whose powers are normalised, each by itself."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from pydantic import Field

from actreg import Axiswise, Constant, Info, Laws, Param, Positive

_LARGE: Final = 1e6
"""A line that reaches beyond is scaled, or its sixth powers might overflow."""
_POWERS: Final = (3, 2, 1)


class PolyNorm(Axiswise):
    """Polynomial composition of order 3 with normalised powers: Σ weight_k·x^k / √(mean(x^2k) + eps) + bias.

    weight, of shape (3,), belongs to x³, x² and x, in that order, as in the paper's own code; bias has shape (1,).
    Infinite entries outgrow all others, whose powers then are 0, and each other not.
    """

    info: ClassVar[Info] = Info(
        name="polynorm",
        latex=r"\operatorname{PolyNorm}(x)_i = \sum_{k=1}^{3} \frac{a_k x_i^k}"
        r"{\sqrt{\frac{1}{n} \sum_j x_j^{2k} + \epsilon}} + b",
        paper="Z. Zhuo, Y. Wang, Y. Zeng, X. Li, X. Zhou, J. Ma, Polynomial Composition Activations, 2024,"
        " arXiv:2411.03884",
        foreign={"dim": "axis", "epsilon": "eps", "variance_epsilon": "eps", "alpha_init": "init"},
        main="axis",
    )

    init: Positive = Field(1.0 / 3.0, description="initial weights; the bias starts at 0")
    eps: Positive = Field(1e-6, description="added to each mean square", examples=[0.25])

    def parameters(self) -> dict[str, Param]:
        """weight and bias."""
        return {"weight": Param(shape=(3,), init=Constant(self.init)), "bias": Param(shape=(1,), init=Constant(0.0))}

    def _scaled(self, xp: Any, x: Any) -> tuple[Any, Any]:
        """The line divided by a number that keeps it small, and that number."""
        top = xp.max(xp.abs(x))
        size = xp.where(top > _LARGE, top, 1.0)
        limit = xp.where(xp.isinf(x), xp.sign(x), 0.0)
        return xp.where(xp.isinf(size), limit, x / size), size

    def _root(self, xp: Any, r: Any, size: Any, power: int) -> Any:
        """√(mean(x^2k) + eps) / size^k."""
        one = r**power
        return xp.sqrt(xp.sum(one * one) / r.shape[-1] + self.eps * (1.0 / size) ** (2 * power))

    def forward(self, xp: Any, x: Any, weight: Any, bias: Any) -> Any:
        """Each power divided before it is raised, so that it underflows last."""
        r, size = self._scaled(xp, x)
        total = bias
        for place, power in enumerate(_POWERS):
            total = total + weight[place : place + 1] * (r / self._root(xp, r, size, power) * r ** (power - 1))
        return total

    def pullback(self, xp: Any, x: Any, y: Any, grad: Any, weight: Any, bias: Any) -> dict[str, Any]:
        """With n_k the normalised power and g_k = weight_k·grad: Σ k·n_k/x·(g_k - n_k·mean(g_k·n_k))."""
        r, size = self._scaled(xp, x)
        total: Any = 0.0
        weights = []
        for place, power in enumerate(_POWERS):
            root = self._root(xp, r, size, power)
            rise = r ** (power - 1) / root
            n = rise * r
            inner = grad - n * (xp.sum(grad * n) / r.shape[-1])
            total = total + (weight[place : place + 1] * power) * (rise * inner)
            weights.append(xp.reshape(xp.sum(grad * n, axis=tuple(range(len(r.shape)))), (1,)))
        return {"x": total / size, "weight": xp.concat(weights), "bias": grad}

    def reference(self, mp: Any, xs: Any, weight: Any, bias: Any) -> list[Any]:
        """By definition; of infinite entries the limit as they grow alike."""
        eps = mp.mpf(self.eps)
        if any(mp.isinf(x) for x in xs):
            eps, xs = mp.mpf(0), [mp.sign(x) if mp.isinf(x) else mp.mpf(0) for x in xs]
        ys = [mp.mpf(bias[0])] * len(xs)
        for w, power in zip(weight, _POWERS, strict=True):
            root = mp.sqrt(mp.fsum(x ** (2 * power) for x in xs) / len(xs) + eps)
            ys = [y + w * x**power / root for x, y in zip(xs, ys, strict=True)]
        return ys

    def laws(self) -> Laws:
        """Nothing that one input decides."""
        return Laws()
