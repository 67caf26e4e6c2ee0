"""Layers that take the place of a normalisation, element by element: DyT and Derf.

Both squash alpha·x and then scale and shift each channel, as LayerNorm does; neither looks at any other element.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from actreg import FEATURES, Constant, Elementwise, Finite, Info, Laws, Param, Positive
from actreg_zoo.tails import times_bell, times_sech2

_ROOT: Final = 2.0 / math.sqrt(math.pi)
_FLAT: Final = 40
_TINY: Final = 1e-290
_Count = Annotated[int, Field(ge=1, le=1 << 24)] | Literal["each"]


def _affine(count: int | Literal["each"], axis: int) -> dict[str, Param]:
    size: int | Literal["features"] = FEATURES if count == "each" else count
    return {
        "weight": Param(shape=(size,), init=Constant(1.0), axis=axis),
        "bias": Param(shape=(size,), init=Constant(0.0), axis=axis),
    }


def _shifted(y: Any, shift: Any) -> Any:
    """y + shift; as a difference, because -0.0 + 0.0 is 0.0 and -0.0 - 0.0 is -0.0."""
    return y - (0.0 - shift)


class DyT(Elementwise):
    """Dynamic tanh, weight·tanh(alpha·x) + bias: in the place of LayerNorm.

    alpha has shape (1,); weight and bias have shape (num_parameters,) and run along `axis` of x. ``num_parameters:
    each`` is the paper's layer, one weight and one bias a channel.
    """

    info: ClassVar[Info] = Info(
        name="dyt",
        aliases=("dynamic_tanh",),
        latex=r"\operatorname{DyT}(x) = \gamma \tanh(\alpha x) + \beta",
        paper="J. Zhu, X. Chen, K. He, Y. LeCun, Z. Liu, Transformers without Normalization, 2025, arXiv:2503.10622",
        foreign={"alpha": "init", "alpha_init_value": "init", "normalized_shape": "num_parameters", "dim": "axis"},
        main="num_parameters",
    )

    num_parameters: _Count = Field(
        1, description="weights and biases: 1 for all, a number of channels, or each", examples=["each"]
    )
    init: Positive = Field(0.5, description="initial alpha")
    axis: int = Field(-1, description="the channel axis of x, batch counted; negative from the end")

    def parameters(self) -> dict[str, Param]:
        """alpha, weight (the paper's gamma) and bias (its beta)."""
        return {
            "alpha": Param(shape=(1,), init=Constant(self.init)),
            **_affine(self.num_parameters, self.axis),
        }

    def forward(self, xp: Any, x: Any, alpha: Any, weight: Any, bias: Any) -> Any:
        """As it stands, but for the sign of a zero."""
        return _shifted(weight * xp.tanh(alpha * x), bias)

    def derivative(self, xp: Any, x: Any, alpha: Any, weight: Any, bias: Any) -> Any:
        """weight·alpha·sech²(alpha·x)."""
        return times_sech2(xp, weight * alpha, alpha * x)

    def parameter_derivatives(self, xp: Any, x: Any, alpha: Any, weight: Any, bias: Any) -> dict[str, Any]:
        """dy/dalpha = weight·x·sech²(alpha·x); the others are those of an affine map."""
        u = alpha * x
        return {"alpha": times_sech2(xp, weight * x, u), "weight": xp.tanh(u), "bias": xp.where(u == u, 1.0, u)}

    def reference(self, mp: Any, x: Any, alpha: Any, weight: Any, bias: Any) -> Any:
        """By definition."""
        return weight * mp.tanh(alpha * x) + bias

    def reference_derivative(self, mp: Any, x: Any, alpha: Any, weight: Any, bias: Any) -> Any:
        """By the chain rule."""
        return weight * alpha * mp.sech(alpha * x) ** 2

    def laws(self) -> Laws:
        """Those at the initial weight and bias."""
        return Laws(limits=(-1.0, 1.0), derivative_limits=(0.0, 0.0), monotone=self.num_parameters == 1)


class Derf(Elementwise):
    """Dynamic erf, weight·erf(alpha·x + shift) + bias: in the place of LayerNorm.

    alpha and shift have shape (1,); weight and bias have shape (num_parameters,) and run along `axis` of x.
    ``num_parameters: each`` is the paper's layer, one weight and one bias a channel.
    """

    info: ClassVar[Info] = Info(
        name="derf",
        latex=r"\operatorname{Derf}(x) = \gamma \operatorname{erf}(\alpha x + s) + \beta",
        paper="M. Chen, T. Lu, J. Zhu, M. Sun, Z. Liu, Stronger Normalization-Free Transformers, 2025,"
        " arXiv:2512.10938",
        foreign={"alpha": "init", "s": "shift_init", "shift": "shift_init", "normalized_shape": "num_parameters"},
        main="num_parameters",
    )

    num_parameters: _Count = Field(
        1, description="weights and biases: 1 for all, a number of channels, or each", examples=["each"]
    )
    init: Positive = Field(0.5, description="initial alpha")
    shift_init: Finite = Field(0.0, description="initial shift")
    axis: int = Field(-1, description="the channel axis of x, batch counted; negative from the end")

    def parameters(self) -> dict[str, Param]:
        """alpha, shift (the paper's s), weight (its gamma) and bias (its beta)."""
        return {
            "alpha": Param(shape=(1,), init=Constant(self.init)),
            "shift": Param(shape=(1,), init=Constant(self.shift_init)),
            **_affine(self.num_parameters, self.axis),
        }

    def forward(self, xp: Any, x: Any, alpha: Any, shift: Any, weight: Any, bias: Any) -> Any:
        """As it stands; beside 0 as a line, because alpha·x alone may vanish where its product with 2 / √π does not."""
        line = weight * xp.erf(shift) + (_ROOT * weight * alpha * xp.exp(-shift * shift)) * x
        curve = weight * xp.erf(alpha * x + shift)
        return _shifted(xp.where(xp.abs(x) < _TINY, line, curve), bias)

    def derivative(self, xp: Any, x: Any, alpha: Any, shift: Any, weight: Any, bias: Any) -> Any:
        """weight·alpha·(2 / √π)·exp(-u²), with u = alpha·x + shift."""
        return times_bell(xp, _ROOT * weight * alpha, alpha * x + shift)

    def parameter_derivatives(self, xp: Any, x: Any, alpha: Any, shift: Any, weight: Any, bias: Any) -> dict[str, Any]:
        """dy/dshift = weight·(2 / √π)·exp(-u²), dy/dalpha is x times that; the others are those of an affine map."""
        u = alpha * x + shift
        return {
            "alpha": times_bell(xp, _ROOT * weight * x, u),
            "shift": times_bell(xp, _ROOT * weight, u),
            "weight": xp.erf(u),
            "bias": xp.where(u == u, 1.0, u),
        }

    def reference(self, mp: Any, x: Any, alpha: Any, shift: Any, weight: Any, bias: Any) -> Any:
        """By definition."""
        u = alpha * x + shift
        # Nearer to ±1 than any format tells, which takes mpmath a long time to say.
        return weight * (mp.erf(u) if abs(u) < _FLAT else mp.sign(u)) + bias

    def reference_derivative(self, mp: Any, x: Any, alpha: Any, shift: Any, weight: Any, bias: Any) -> Any:
        """By the chain rule."""
        return 2 * weight * alpha * mp.exp(-((alpha * x + shift) ** 2)) / mp.sqrt(mp.pi)

    def laws(self) -> Laws:
        """Those at the initial weight and bias."""
        return Laws(limits=(-1.0, 1.0), derivative_limits=(0.0, 0.0), monotone=self.num_parameters == 1)
