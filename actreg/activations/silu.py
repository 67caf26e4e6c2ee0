"""SiLU, also called swish."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from pydantic import Field

from actreg.activations.gates import sigmoid_gate, sigmoid_gate_slope
from actreg.contracts.config import Finite
from actreg.contracts.info import Info, Laws
from actreg.contracts.kinds import Elementwise
from actreg.contracts.param import Constant, Param


class SiLU(Elementwise):
    """Sigmoid linear unit, x·sigmoid(beta·x); swish where beta is fixed or learned.

    With ``trainable: true`` beta is a parameter of shape (1,) that starts at `beta`. SiLU(-inf) is -0.0.
    """

    info: ClassVar[Info] = Info(
        name="silu",
        aliases=("swish",),
        latex=r"\operatorname{SiLU}(x) = x \, \sigma(\beta x)",
        paper="S. Elfwing, E. Uchibe, K. Doya, 2017, arXiv:1702.03118; P. Ramachandran et al., 2017, arXiv:1710.05941",
        foreign={"alpha": "beta"},
        main="beta",
    )

    beta: Finite = Field(1.0, description="sharpness of the gate")
    trainable: bool = Field(False, description="whether beta is learned, starting from its value")

    def parameters(self) -> dict[str, Param]:
        """beta, where it is trainable."""
        return {"beta": Param(shape=(1,), init=Constant(self.beta))} if self.trainable else {}

    def forward(self, xp: Any, x: Any, beta: Any = None) -> Any:
        """Gated, because -inf·sigmoid(-inf) is NaN and its limit is -0."""
        return sigmoid_gate(xp, x, xp.gate(x, self._beta(beta)))

    def derivative(self, xp: Any, x: Any, beta: Any = None) -> Any:
        """s + u·s' with u = beta·x."""
        u = xp.gate(x, self._beta(beta))
        return sigmoid_gate_slope(xp, u, u)

    def parameter_derivatives(self, xp: Any, x: Any, beta: Any = None) -> dict[str, Any]:
        """dy/dbeta = x²·s'(u)."""
        if not self.trainable:
            return {}
        _, slope = xp.sigmoid_pair(xp.gate(x, self._beta(beta)))
        return {"beta": xp.gate(x, xp.gate(x, slope))}

    def _beta(self, beta: Any) -> Any:
        return self.beta if beta is None else beta

    def reference(self, mp: Any, x: Any, beta: Any = None) -> Any:
        """By definition."""
        b = mp.mpf(self.beta) if beta is None else beta
        return x / (1 + mp.exp(-b * x))

    def reference_derivative(self, mp: Any, x: Any, beta: Any = None) -> Any:
        """(1 + e + u·e) / (1 + e)², with e = exp(-u)."""
        u = (mp.mpf(self.beta) if beta is None else beta) * x
        e = mp.exp(-abs(u))
        return (1 + e + u * e) / (1 + e) ** 2 if u >= 0 else (e * (1 + e) + u * e) / (1 + e) ** 2

    def laws(self) -> Laws:
        """Bounded below by -0.2785/beta; falls, then rises."""
        if self.beta == 0.0:
            return Laws(limits=(-math.inf, math.inf), at_zeros=(-0.0, 0.0), monotone=True, symmetry="odd")
        scale = 0.27846454276107380 / abs(self.beta)
        if self.beta < 0.0:
            return Laws(limits=(-math.inf, 0.0), at_zeros=(-0.0, 0.0), range=(-math.inf, scale))
        return Laws(
            limits=(-0.0, math.inf), at_zeros=(-0.0, 0.0), derivative_limits=(0.0, 1.0), range=(-scale, math.inf)
        )
