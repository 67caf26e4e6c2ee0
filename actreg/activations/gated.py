"""Gated linear units: one half of the axis, put through a nonlinearity, multiplies the other.

Which half is the gate differs between frameworks, and a wrong half runs without an error; so `gate` has no default.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from actreg.activations.gates import gate_reference, gated_reference, sigmoid_gate, sigmoid_gate_slope
from actreg.activations.gelu import Form, gelu_reference, gelu_slope, gelu_value
from actreg.contracts.config import Finite
from actreg.contracts.info import Info, Laws
from actreg.contracts.kinds import Gated

_SHAZEER = "N. Shazeer, GLU Variants Improve Transformer, 2020, arXiv:2002.05202"


class GLU(Gated):
    """Gated linear unit, b·sigmoid(a), with a the half that is the gate: everywhere the second, ``gate: second``."""

    info: ClassVar[Info] = Info(
        name="glu",
        latex=r"\operatorname{GLU}(a, b) = \sigma(a) \, b",
        paper="Y. Dauphin, A. Fan, M. Auli, D. Grangier, 2016, arXiv:1612.08083",
        foreign={"dim": "axis"},
        main="gate",
    )

    def forward(self, xp: Any, a: Any, b: Any) -> Any:
        """Gated, since an infinite b may meet a closed gate."""
        return sigmoid_gate(xp, b, a)

    def pullback(self, xp: Any, a: Any, b: Any, grad: Any) -> dict[str, Any]:
        """grad·b·s'(a) and grad·s(a)."""
        s, slope = xp.sigmoid_pair(a)
        return {"a": xp.gate(grad * b, slope), "b": xp.gate(grad, s)}

    def reference(self, mp: Any, a: Any, b: Any) -> Any:
        """By definition."""
        return gated_reference(mp, b, gate_reference(mp, a))

    def laws(self) -> Laws:
        """Nothing that one input decides."""
        return Laws()


class SwiGLU(Gated):
    """Gated unit with SiLU, b·a·sigmoid(beta·a), with a the half that is the gate.

    Most put the gate first (LLaMA's fused projections, ONNX, PaddlePaddle), some second, and some interleave.
    """

    info: ClassVar[Info] = Info(
        name="swiglu",
        latex=r"\operatorname{SwiGLU}(a, b) = a \, \sigma(\beta a) \, b",
        paper=_SHAZEER,
        foreign={"dim": "axis", "alpha": "beta"},
        main="gate",
    )

    beta: Finite = Field(1.0, description="sharpness of the gate's SiLU")

    def forward(self, xp: Any, a: Any, b: Any) -> Any:
        """Gated, since an infinite b may meet a closed gate."""
        return xp.gate(b, sigmoid_gate(xp, a, xp.gate(a, self.beta)))

    def pullback(self, xp: Any, a: Any, b: Any, grad: Any) -> dict[str, Any]:
        """grad·b·silu'(a) and grad·silu(a)."""
        u = xp.gate(a, self.beta)
        return {
            "a": xp.gate(grad * b, sigmoid_gate_slope(xp, u, u)),
            "b": xp.gate(grad, sigmoid_gate(xp, a, u)),
        }

    def reference(self, mp: Any, a: Any, b: Any) -> Any:
        """By definition."""
        silu = gated_reference(mp, a, gate_reference(mp, mp.mpf(self.beta) * a))
        return gated_reference(mp, b, silu)

    def laws(self) -> Laws:
        """Nothing that one input decides."""
        return Laws()


class GEGLU(Gated):
    """Gated unit with GELU, b·GELU(a), with a the half that is the gate; `approximate` chooses GELU's form."""

    info: ClassVar[Info] = Info(
        name="geglu",
        latex=r"\operatorname{GEGLU}(a, b) = \operatorname{GELU}(a) \, b",
        paper=_SHAZEER,
        foreign={"dim": "axis", "approx": "approximate"},
        main="gate",
    )

    approximate: Form = Field("none", description="the form of GELU: none is exact, tanh and sigmoid approximate it")

    def forward(self, xp: Any, a: Any, b: Any) -> Any:
        """Gated, since an infinite b may meet a closed gate."""
        return xp.gate(b, gelu_value(xp, a, self.approximate))

    def pullback(self, xp: Any, a: Any, b: Any, grad: Any) -> dict[str, Any]:
        """grad·b·GELU'(a) and grad·GELU(a)."""
        return {
            "a": xp.gate(grad * b, gelu_slope(xp, a, self.approximate)),
            "b": xp.gate(grad, gelu_value(xp, a, self.approximate)),
        }

    def reference(self, mp: Any, a: Any, b: Any) -> Any:
        """By definition."""
        return gated_reference(mp, b, gelu_reference(mp, a, self.approximate))

    def laws(self) -> Laws:
        """Nothing that one input decides."""
        return Laws()
