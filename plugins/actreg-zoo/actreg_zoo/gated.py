"""Gated linear units whose gate has a learned range: xSwiGLU, xGEGLU, xATGLU."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from actreg import Finite, Gated, Info, Laws, Param
from actreg_zoo.expanded import ATLU, GELU, PAPER, SILU, arc_reference, expanded, learned
from actreg_zoo.tails import normal_reference


def _times(mp: Any, b: Any, unit: Any) -> Any:
    """b·unit, where an infinite b that meets a closed gate has the limit 0."""
    return mp.mpf(0) if not unit else b * unit


class XSwiGLU(Gated):
    """SwiGLU with an expanded gate, b·a·(sigmoid(a)·(1 + 2·alpha) - alpha), with a the half that is the gate.

    alpha is learned, of shape (1,). At alpha = 0, where it starts, it is SwiGLU.
    """

    info: ClassVar[Info] = Info(
        name="xswiglu",
        latex=r"\operatorname{xSwiGLU}(a, b) = a \left(\sigma(a) (1 + 2 \alpha) - \alpha\right) b",
        paper=PAPER,
        foreign={"dim": "axis", "alpha": "init"},
        main="gate",
    )

    init: Finite = Field(0.0, description="initial alpha", examples=[0.25])

    def parameters(self) -> dict[str, Param]:
        """alpha: one for all."""
        return learned(self.init)

    def forward(self, xp: Any, a: Any, b: Any, alpha: Any) -> Any:
        """Gated, since an infinite b may meet a closed gate."""
        return xp.gate(b, SILU.forward(xp, a, alpha))

    def pullback(self, xp: Any, a: Any, b: Any, grad: Any, alpha: Any) -> dict[str, Any]:
        """grad·b·xsilu'(a), grad·xsilu(a), and grad·b·a·(2s - 1) for alpha."""
        return SILU.pullback(xp, a, b, grad, alpha)

    def reference(self, mp: Any, a: Any, b: Any, alpha: Any) -> Any:
        """By definition."""
        return _times(mp, b, _times(mp, a, expanded(1 / (1 + mp.exp(-a)), alpha)))

    def laws(self) -> Laws:
        """Nothing that one input decides."""
        return Laws()


class XGEGLU(Gated):
    """GEGLU with an expanded gate, b·a·(Φ(a)·(1 + 2·alpha) - alpha), with a the half that is the gate.

    alpha is learned, of shape (1,). At alpha = 0, where it starts, it is GEGLU with the exact GELU.
    """

    info: ClassVar[Info] = Info(
        name="xgeglu",
        latex=r"\operatorname{xGEGLU}(a, b) = a \left(\Phi(a) (1 + 2 \alpha) - \alpha\right) b",
        paper=PAPER,
        foreign={"dim": "axis", "alpha": "init"},
        main="gate",
    )

    init: Finite = Field(0.0, description="initial alpha", examples=[0.25])

    def parameters(self) -> dict[str, Param]:
        """alpha: one for all."""
        return learned(self.init)

    def forward(self, xp: Any, a: Any, b: Any, alpha: Any) -> Any:
        """Gated, since an infinite b may meet a closed gate."""
        return xp.gate(b, GELU.forward(xp, a, alpha))

    def pullback(self, xp: Any, a: Any, b: Any, grad: Any, alpha: Any) -> dict[str, Any]:
        """grad·b·xgelu'(a), grad·xgelu(a), and grad·b·a·(2Φ - 1) for alpha."""
        return GELU.pullback(xp, a, b, grad, alpha)

    def reference(self, mp: Any, a: Any, b: Any, alpha: Any) -> Any:
        """By definition."""
        return _times(mp, b, _times(mp, a, expanded(normal_reference(mp, a), alpha)))

    def laws(self) -> Laws:
        """Nothing that one input decides."""
        return Laws()


class XATGLU(Gated):
    """Arc tangent gated linear unit with an expanded gate, b·a·(g·(1 + 2·alpha) - alpha) with g = (atan(a) + π/2) / π.

    a is the half that is the gate; alpha is learned, of shape (1,), and starts at 0.
    """

    info: ClassVar[Info] = Info(
        name="xatglu",
        latex=r"\operatorname{xATGLU}(a, b) = a"
        r" \left(\frac{\arctan(a) + \pi / 2}{\pi} (1 + 2 \alpha) - \alpha\right) b",
        paper=PAPER,
        foreign={"dim": "axis", "alpha": "init"},
        main="gate",
    )

    init: Finite = Field(0.0, description="initial alpha", examples=[0.25])

    def parameters(self) -> dict[str, Param]:
        """alpha: one for all."""
        return learned(self.init)

    def forward(self, xp: Any, a: Any, b: Any, alpha: Any) -> Any:
        """Gated, since an infinite b may meet a closed gate."""
        return xp.gate(b, ATLU.forward(xp, a, alpha))

    def pullback(self, xp: Any, a: Any, b: Any, grad: Any, alpha: Any) -> dict[str, Any]:
        """grad·b·xatlu'(a), grad·xatlu(a), and grad·b·a·(2 / π)·atan(a) for alpha."""
        return ATLU.pullback(xp, a, b, grad, alpha)

    def reference(self, mp: Any, a: Any, b: Any, alpha: Any) -> Any:
        """By definition, with the limit where a is -inf."""
        if mp.isinf(a) and a < 0 and not alpha:
            return _times(mp, b, -1 / mp.pi)
        return _times(mp, b, _times(mp, a, expanded(arc_reference(mp, a), alpha)))

    def laws(self) -> Laws:
        """Nothing that one input decides."""
        return Laws()
