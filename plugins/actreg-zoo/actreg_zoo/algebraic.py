"""Units made of a square root, without any exponential: Squareplus, PFLU."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final

from pydantic import Field

from actreg import Elementwise, Finite, Info, Laws

_FAR: Final = 1e100
"""From here on √(x² + b) is |x| in every format, and x² might overflow."""


def _root(xp: Any, x: Any, b: float) -> Any:
    size = xp.abs(x)
    near = xp.minimum(size, _FAR)
    return xp.where(size > _FAR, size, xp.sqrt(near * near + b))


class Squareplus(Elementwise):
    """Squareplus, (x + √(x² + b)) / 2: like softplus, with a tail that falls as b / (4·|x|)."""

    info: ClassVar[Info] = Info(
        name="squareplus",
        latex=r"\operatorname{Squareplus}(x) = \frac{x + \sqrt{x^2 + b}}{2}",
        paper="J. T. Barron, Squareplus: A Softplus-Like Algebraic Rectifier, 2021, arXiv:2112.11687",
        main="b",
    )

    b: Finite = Field(4.0, gt=0.0, le=1e30, description="width of the bend at 0", examples=[1.0])

    def forward(self, xp: Any, x: Any) -> Any:
        """Below 0 as (b / 2) / (√(x² + b) - x), without a difference."""
        return _squareplus(xp, x, _root(xp, x, self.b), self.b)

    def derivative(self, xp: Any, x: Any) -> Any:
        """The value divided by √(x² + b)."""
        root = _root(xp, x, self.b)
        slope = xp.where(x > _FAR, 1.0, _squareplus(xp, x, root, self.b) / root)
        return xp.where(xp.isinf(x), xp.where(x > 0, 1.0, 0.0), slope)

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return (x + mp.sqrt(x**2 + mp.mpf(self.b))) / 2

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By the chain rule."""
        return (1 + x / mp.sqrt(x**2 + mp.mpf(self.b))) / 2

    def laws(self) -> Laws:
        """Rises from 0."""
        return Laws(limits=(0.0, math.inf), derivative_limits=(0.0, 1.0), range=(0.0, math.inf), monotone=True)


def _squareplus(xp: Any, x: Any, root: Any, b: float) -> Any:
    # A compiler may make (x + root) / 2 of it, which overflows far out.
    above = xp.where(x > _FAR, x, 0.5 * x + 0.5 * root)
    return xp.where(x < 0, 0.25 * b / (0.5 * root - 0.5 * xp.minimum(x, 0.0)), above)


class PFLU(Elementwise):
    """Power function linear unit, (x / 2)·(1 + x / √(1 + x²)). Its tail falls as 1 / (4x); PFLU(-inf) is -0.0."""

    info: ClassVar[Info] = Info(
        name="pflu",
        latex=r"\operatorname{PFLU}(x) = \frac{x}{2} \left(1 + \frac{x}{\sqrt{1 + x^2}}\right)",
        paper="M. Zhu, W. Min, Q. Wang, S. Zou, X. Chen, PFLU and FPFLU: Two Novel Non-Monotonic Activation Functions"
        " in Convolutional Neural Networks, Neurocomputing 429, 2021, doi:10.1016/j.neucom.2020.11.068",
    )

    def forward(self, xp: Any, x: Any) -> Any:
        """With s = √(1 + x²): below 0 the gate is 1 / (2·s·(s - x)), without a difference."""
        s = _root(xp, x, 1.0)
        below = (0.25 / (0.5 * s - 0.5 * xp.minimum(x, 0.0))) * (x / s)
        finite = xp.where(x < 0, below, 0.5 * x * (1.0 + x / s))
        return xp.where(xp.isinf(x), xp.where(x < 0, -0.0, x), finite)

    def derivative(self, xp: Any, x: Any) -> Any:
        """(1 + x / s + x / s³) / 2; well below 0 it is (1 / s + x) / (2·s²·(s - x)), with its root at s = -1 / x."""
        s = _root(xp, x, 1.0)
        below = ((1.0 / s + x) / s) / s * (0.25 / (0.5 * s - 0.5 * xp.minimum(x, 0.0)))
        above = 0.5 * (1.0 + (x / s) * (1.0 + 1.0 / s / s))
        return xp.where(xp.isinf(x), xp.where(x < 0, 0.0, 1.0), xp.where(x < -0.4, below, above))

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return x / 2 * (1 + x / mp.sqrt(1 + x**2))

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By the product rule."""
        s = mp.sqrt(1 + x**2)
        return (1 + x / s + x / s**3) / 2

    def laws(self) -> Laws:
        """Falls to its minimum at -0.7862, then rises."""
        return Laws(
            limits=(-0.0, math.inf),
            at_zeros=(-0.0, 0.0),
            derivative_limits=(0.0, 1.0),
            range=(-0.150141553001, math.inf),
        )
