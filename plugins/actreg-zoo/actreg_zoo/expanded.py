"""Gates of an expanded range: what xSiLU, xGELU, xATLU and their gated units share, and xGELU and xATLU.

A gate g(x) between 0 and 1 becomes g(x)·(1 + 2·alpha) - alpha, which lies between -alpha and 1 + alpha; alpha is
learned, of shape (1,), and starts at 0, where all of these are what they extend.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from pydantic import Field

from actreg import Constant, Elementwise, Finite, Info, Laws, Param
from actreg_zoo.tails import FAR, gelu_pair, inside, normal_reference, silu, silu_slope

PAPER: Final = "A. H. Huang, Expanded Gating Ranges Improve Activation Functions, 2024, arXiv:2405.20768"
_SQRT_HALF: Final = math.sqrt(0.5)
_OVER_PI: Final = 1.0 / math.pi
_FLAT: Final = -1e10
"""Below, x·g(x) of the arc tangent is -1/π in every format."""
_STEEP: Final = -1.25
_TERMS: Final = 22


@dataclass(frozen=True)
class Unit:
    """u(x) = x·g(x), where g(-x) = 1 - g(x).

    gate, value, slope: g, u and u'. odd: 2·g - 1, an odd function. closed: below, u is no product with g. end: u(-inf).
    """

    gate: Callable[[Any, Any], Any]
    value: Callable[[Any, Any], Any]
    slope: Callable[[Any, Any], Any]
    odd: Callable[[Any, Any], Any]
    closed: float
    end: float = -0.0

    def forward(self, xp: Any, x: Any, alpha: Any) -> Any:
        """The gate first, because inf - inf is NaN; the tail is a difference whose zero is -0."""
        wide = 1.0 + 2.0 * alpha
        tail = -(xp.gate(x, alpha) - self.value(xp, x) * wide)
        return xp.where(x < self.closed, tail, xp.gate(x, self.gate(xp, x) * wide - alpha))

    def derivative(self, xp: Any, x: Any, alpha: Any) -> Any:
        """u'·(1 + 2·alpha) - alpha."""
        return self.slope(xp, x) * (1.0 + 2.0 * alpha) - alpha

    def by_alpha(self, xp: Any, x: Any) -> Any:
        """x·(2·g - 1)."""
        return x * self.odd(xp, x)

    def pullback(self, xp: Any, a: Any, b: Any, grad: Any, alpha: Any) -> dict[str, Any]:
        """Of b times the unit of a."""
        through = grad * b
        return {
            "a": xp.gate(through, self.derivative(xp, a, alpha)),
            "b": xp.gate(grad, self.forward(xp, a, alpha)),
            "alpha": xp.gate(self.by_alpha(xp, a), through),
        }

    def laws(self, alpha: float) -> Laws:
        """The limits at the initial alpha."""
        return Laws(
            limits=(self.end if alpha == 0.0 else alpha * math.inf, math.inf if alpha > -1.0 else math.nan),
            derivative_limits=(-alpha, 1.0 + alpha),
        )


def _gelu_slope(xp: Any, x: Any) -> Any:
    _, slope, scale = gelu_pair(xp, x)
    return slope * scale


def _gelu(xp: Any, x: Any) -> Any:
    value, _, scale = gelu_pair(xp, x)
    return value * scale


SILU: Final = Unit(
    gate=lambda xp, x: xp.sigmoid(x),
    value=lambda xp, x: silu(xp, x, x),
    slope=silu_slope,
    odd=lambda xp, x: xp.tanh(0.5 * x),
    closed=FAR,
)
GELU: Final = Unit(
    gate=lambda xp, x: xp.normal_pair(x)[0],
    value=_gelu,
    slope=_gelu_slope,
    odd=lambda xp, x: xp.erf(_SQRT_HALF * x),
    closed=-30.0,
)


ATLU: Final = Unit(
    gate=lambda xp, x: 0.5 + _OVER_PI * xp.atan(x),
    value=lambda xp, x: xp.where(x < _FLAT, -_OVER_PI, x * (_OVER_PI * xp.atan(-1.0 / x))),
    slope=lambda xp, x: _atlu_slope(xp, x),
    odd=lambda xp, x: (2.0 * _OVER_PI) * xp.atan(x),
    closed=-1.0,
    end=-_OVER_PI,
)


def _atlu_slope(xp: Any, x: Any) -> Any:
    """g + x·g'. Below, where the two cancel, it is the series of 2·(atan(w) - w·(1 - w²) / (1 + w²)²) / π, in which
    w = |x|⁻¹ / (1 + √(1 + x⁻²)) is the tangent of half the angle whose tangent is 1/|x|."""
    size = xp.maximum(-x, 1.0)
    w = 1.0 / (size + xp.sqrt(1.0 + size * size))
    square = w * w
    series: Any = 0.0
    for odd in range(2 * _TERMS + 1, 1, -2):
        series = (odd - 1.0 / odd) - square * series
    cut = inside(xp, x)
    near = 0.5 + _OVER_PI * (xp.atan(x) + cut / (1.0 + cut * cut))
    return xp.where(x < _STEEP, (2.0 * _OVER_PI * series) * w * w * w, near)


def arc_reference(mp: Any, x: Any) -> Any:
    """(atan(x) + π/2) / π, below 0 without a difference."""
    return mp.mpf(1) / 2 + mp.atan(x) / mp.pi if x >= 0 else mp.atan(-1 / x) / mp.pi


def learned(init: float) -> dict[str, Param]:
    """alpha: one for all."""
    return {"alpha": Param(shape=(1,), init=Constant(init))}


def expanded(gate: Any, alpha: Any) -> Any:
    """The gate in its new range."""
    return (1 + 2 * alpha) * gate - alpha


class XGELU(Elementwise):
    """GELU with an expanded gate, x·(Φ(x)·(1 + 2·alpha) - alpha), alpha being learned, of shape (1,).

    The gate lies between -alpha and 1 + alpha. At alpha = 0, where it starts, it is the exact GELU.
    """

    info: ClassVar[Info] = Info(
        name="xgelu",
        latex=r"\operatorname{xGELU}(x) = x \left(\Phi(x) (1 + 2 \alpha) - \alpha\right)",
        paper=PAPER,
        foreign={"alpha": "init"},
        main="init",
    )

    init: Finite = Field(0.0, description="initial alpha", examples=[0.25])

    def parameters(self) -> dict[str, Param]:
        """alpha: one for all."""
        return learned(self.init)

    def forward(self, xp: Any, x: Any, alpha: Any) -> Any:
        """x times its gate."""
        return GELU.forward(xp, x, alpha)

    def derivative(self, xp: Any, x: Any, alpha: Any) -> Any:
        """gate + x·(1 + 2·alpha)·φ."""
        return GELU.derivative(xp, x, alpha)

    def parameter_derivatives(self, xp: Any, x: Any, alpha: Any) -> dict[str, Any]:
        """dy/dalpha = x·(2Φ - 1)."""
        return {"alpha": GELU.by_alpha(xp, x)}

    def reference(self, mp: Any, x: Any, alpha: Any) -> Any:
        """By definition."""
        return x * expanded(normal_reference(mp, x), alpha)

    def reference_derivative(self, mp: Any, x: Any, alpha: Any) -> Any:
        """By the product rule."""
        p, density = normal_reference(mp, x), mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)
        return expanded(p + x * density, alpha)

    def laws(self) -> Laws:
        """The limits."""
        return GELU.laws(self.init)


class XATLU(Elementwise):
    """Arc tangent linear unit with an expanded gate, x·(g(x)·(1 + 2·alpha) - alpha), g(x) = (atan(x) + π/2) / π.

    alpha is learned, of shape (1,); the gate lies between -alpha and 1 + alpha. At alpha = 0, where it starts, the
    limit at -inf is -1/π.
    """

    info: ClassVar[Info] = Info(
        name="xatlu",
        latex=r"\operatorname{xATLU}(x) = x \left(\frac{\arctan(x) + \pi / 2}{\pi} (1 + 2 \alpha) - \alpha\right)",
        paper=PAPER,
        foreign={"alpha": "init"},
        main="init",
    )

    init: Finite = Field(0.0, description="initial alpha", examples=[0.25])

    def parameters(self) -> dict[str, Param]:
        """alpha: one for all."""
        return learned(self.init)

    def forward(self, xp: Any, x: Any, alpha: Any) -> Any:
        """x times its gate."""
        return ATLU.forward(xp, x, alpha)

    def derivative(self, xp: Any, x: Any, alpha: Any) -> Any:
        """gate + x·(1 + 2·alpha) / (π·(1 + x²))."""
        return ATLU.derivative(xp, x, alpha)

    def parameter_derivatives(self, xp: Any, x: Any, alpha: Any) -> dict[str, Any]:
        """dy/dalpha = x·(2 / π)·atan(x)."""
        return {"alpha": ATLU.by_alpha(xp, x)}

    def reference(self, mp: Any, x: Any, alpha: Any) -> Any:
        """By definition."""
        return x * expanded(arc_reference(mp, x), alpha)

    def reference_derivative(self, mp: Any, x: Any, alpha: Any) -> Any:
        """By the product rule."""
        return expanded(arc_reference(mp, x) + x / (mp.pi * (1 + x * x)), alpha)

    def laws(self) -> Laws:
        """The limits."""
        return ATLU.laws(self.init)
