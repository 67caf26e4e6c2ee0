"""Oscillating units: Snake, GCU, SinLU."""

from __future__ import annotations

import math
import sys
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from actreg import FEATURES, Constant, Elementwise, Finite, Info, Laws, Param, Positive
from actreg_zoo.tails import lifted

_CLOSED: Final = -1000.0
"""Below, the sigmoid and all its products are 0."""
_MOST: Final = sys.float_info.max


class Snake(Elementwise):
    """Snake, x + sin²(alpha·x) / alpha: rises, and repeats itself; alpha is learned, one for all or one a channel.

    alpha has shape (num_parameters,), runs along `axis` of x, and must not become 0. The derivative has no limits.
    """

    info: ClassVar[Info] = Info(
        name="snake",
        latex=r"\operatorname{Snake}(x) = x + \frac{\sin^2(\alpha x)}{\alpha}",
        paper="L. Ziyin, T. Hartwig, M. Ueda, Neural Networks Fail to Learn Periodic Functions and How to Fix It, 2020,"
        " arXiv:2006.08195",
        foreign={"a": "init", "alpha": "init", "frequency": "init", "in_features": "num_parameters"},
        main="num_parameters",
    )

    num_parameters: Annotated[int, Field(ge=1, le=1 << 24)] | Literal["each"] = Field(
        1, description="frequencies: 1 for all, a number of channels, or each", examples=["each"]
    )
    init: Positive = Field(1.0, description="initial alpha", examples=[0.5])
    axis: int = Field(1, description="the channel axis of x, batch counted; negative from the end")

    def parameters(self) -> dict[str, Param]:
        """alpha: the frequencies."""
        size: int | Literal["features"] = FEATURES if self.num_parameters == "each" else self.num_parameters
        return {"alpha": Param(shape=(size,), init=Constant(self.init), axis=self.axis)}

    def forward(self, xp: Any, x: Any, alpha: Any) -> Any:
        """At ±inf, where the sine is NaN, the limit is x."""
        s = xp.sin(_angle(xp, x, alpha))
        return xp.where(xp.isinf(x), x, x + s * s / alpha)

    def derivative(self, xp: Any, x: Any, alpha: Any) -> Any:
        """1 + sin(2u) with u = alpha·x, written as (sin u + cos u)², which keeps its digits beside the double roots."""
        u = _angle(xp, x, alpha)
        both = xp.sin(u) + xp.cos(u)
        return both * both

    def parameter_derivatives(self, xp: Any, x: Any, alpha: Any) -> dict[str, Any]:
        """dy/dalpha = 2x·cos u·sin u / alpha - (sin u / alpha)², x last, so that nothing overflows."""
        u = _angle(xp, x, alpha)
        part = xp.sin(u) / alpha
        return {"alpha": 2.0 * part * xp.cos(u) * x - part * part}

    def reference(self, mp: Any, x: Any, alpha: Any) -> Any:
        """By definition."""
        return x + mp.sin(alpha * x) ** 2 / alpha

    def reference_derivative(self, mp: Any, x: Any, alpha: Any) -> Any:
        """By the chain rule."""
        return 1 + mp.sin(2 * alpha * x)

    def laws(self) -> Laws:
        """Rises everywhere; the derivative swings between 0 and 2."""
        return Laws(
            limits=(-math.inf, math.inf),
            at_zeros=(0.0, 0.0),
            derivative_limits=(math.nan, math.nan),
            monotone=True,
        )


class GCU(Elementwise):
    """Growing cosine unit, x·cos(x). There is no limit at ±inf, so the value is NaN there."""

    info: ClassVar[Info] = Info(
        name="gcu",
        latex=r"\operatorname{GCU}(x) = x \cos(x)",
        paper="M. M. Noel, Arunkumar L, A. Trivedi, P. Dutta, Growing Cosine Unit, 2021, arXiv:2108.12943",
    )

    def forward(self, xp: Any, x: Any) -> Any:
        """As it stands."""
        return x * xp.cos(x)

    def derivative(self, xp: Any, x: Any) -> Any:
        """cos(x) - x·sin(x)."""
        return xp.cos(x) - x * xp.sin(x)

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return x * mp.cos(x)

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By the product rule."""
        return mp.cos(x) - x * mp.sin(x)

    def laws(self) -> Laws:
        """Odd, without limits."""
        return Laws(
            limits=(math.nan, math.nan),
            at_zeros=(-0.0, 0.0),
            derivative_limits=(math.nan, math.nan),
            symmetry="odd",
        )


class SinLU(Elementwise):
    """Sinu-sigmoidal linear unit, (x + a·sin(b·x))·sigmoid(x), with a and b learned, each of shape (1,).

    SinLU(-inf) is -0.0; the derivative has no limit at +inf.
    """

    info: ClassVar[Info] = Info(
        name="sinlu",
        latex=r"\operatorname{SinLU}(x) = \left(x + a \sin(b x)\right) \sigma(x)",
        paper="A. Paul, R. Bandyopadhyay, J. H. Yoon, Z. W. Geem, R. Sarkar, SinLU, Mathematics 10(3), 2022,"
        " doi:10.3390/math10030337",
        foreign={"a": "a_init", "b": "b_init"},
    )

    a_init: Finite = Field(1.0, description="initial height of the wave")
    b_init: Finite = Field(1.0, description="initial frequency of the wave")

    def parameters(self) -> dict[str, Param]:
        """a and b: one number each."""
        return {
            "a": Param(shape=(1,), init=Constant(self.a_init)),
            "b": Param(shape=(1,), init=Constant(self.b_init)),
        }

    def forward(self, xp: Any, x: Any, a: Any, b: Any) -> Any:
        """The wave is left out where the gate is closed, or x infinite."""
        near, scale = lifted(xp, x)
        return xp.gate(_wave(xp, x, a, b), xp.sigmoid(near)) * scale

    def derivative(self, xp: Any, x: Any, a: Any, b: Any) -> Any:
        """(1 + a·b·cos(b·x))·s + (x + a·sin(b·x))·s'."""
        near, scale = lifted(xp, x)
        s, slope = xp.sigmoid_pair(near)
        rise = 1.0 + a * b * xp.cos(_wave_angle(xp, x, b))
        return (rise * s + xp.gate(_wave(xp, x, a, b), slope)) * scale

    def parameter_derivatives(self, xp: Any, x: Any, a: Any, b: Any) -> dict[str, Any]:
        """dy/da = sin(b·x)·s and dy/db = a·x·cos(b·x)·s."""
        near, scale = lifted(xp, x)
        s, u = xp.sigmoid(near), _wave_angle(xp, x, b)
        return {"a": xp.sin(u) * s * scale, "b": xp.gate(a * x * xp.cos(u), s) * scale}

    def reference(self, mp: Any, x: Any, a: Any, b: Any) -> Any:
        """By definition."""
        return (x + a * mp.sin(b * x)) / (1 + mp.exp(-x))

    def reference_derivative(self, mp: Any, x: Any, a: Any, b: Any) -> Any:
        """By the product rule."""
        s, opposite = 1 / (1 + mp.exp(-x)), 1 / (1 + mp.exp(x))
        return s * (1 + a * b * mp.cos(b * x) + (x + a * mp.sin(b * x)) * opposite)

    def laws(self) -> Laws:
        """The limits; the rest depends on what is learned."""
        return Laws(limits=(-0.0, math.inf), derivative_limits=(0.0, math.nan))


def _angle(xp: Any, x: Any, rate: Any) -> Any:
    """rate·x; a product beyond the largest number is as good as any: the last bit of x turns it many times."""
    return xp.where(xp.isinf(x), x, xp.minimum(xp.maximum(rate * x, -_MOST), _MOST))


def _wave_angle(xp: Any, x: Any, b: Any) -> Any:
    return _angle(xp, xp.where(x < _CLOSED, 0.0, x), b)


def _wave(xp: Any, x: Any, a: Any, b: Any) -> Any:
    return xp.where(xp.isinf(x), x, x + a * xp.sin(_wave_angle(xp, x, b)))
