"""GELU in its three forms: exact, by tanh, and by the sigmoid.

The forms differ by up to 2e-2, and frameworks disagree about what the bare name means, so the form is an option that
says which, never a boolean.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from actreg.activations.gates import gate_reference, gated_reference, sigmoid_gate, sigmoid_gate_slope
from actreg.contracts.info import Info, Laws
from actreg.contracts.kinds import Elementwise

Form = Literal["none", "tanh", "sigmoid"]

CUBIC: Final = 0.044715
"""The cubic term of the tanh form, as the float64 that every framework holds."""

QUICK: Final = 1.702
"""The slope of the sigmoid form, likewise."""

_FAR: Final = -38.0
_LINEAR: Final = 2.0 * math.sqrt(2.0 / math.pi)
_LOWEST: Final = {"none": -0.16997120747990366, "tanh": -0.17004075057125406, "sigmoid": -0.1636101896363536}


def gelu_value(xp: Any, x: Any, form: Form) -> Any:
    """GELU of x."""
    if form != "none":
        return sigmoid_gate(xp, x, _exponent(x, form))
    cdf, density = xp.normal_pair(x)
    # Beyond -38 the distribution underflows before x times it does; there Mills' ratio has its asymptotic series.
    z = x * x
    return xp.where(x < _FAR, ((1.0 - 3.0 / z) / z - 1.0) * density, xp.gate(x, cdf))


def gelu_slope(xp: Any, x: Any, form: Form) -> Any:
    """The derivative, p + x·p' with the gate p."""
    if form == "none":
        cdf, density = xp.normal_pair(x)
        return cdf + xp.gate(x, density)
    return sigmoid_gate_slope(xp, _exponent(x, form), _rate(x, form))


def _exponent(x: Any, form: Form) -> Any:
    """u, where the gate is sigmoid(u): (1 + tanh(u/2))/2 without the cancellation of 1 + tanh."""
    return QUICK * x if form == "sigmoid" else x * (_LINEAR + _LINEAR * CUBIC * (x * x))


def _rate(x: Any, form: Form) -> Any:
    """x·du/dx."""
    return QUICK * x if form == "sigmoid" else x * (_LINEAR + 3.0 * _LINEAR * CUBIC * (x * x))


def gelu_reference(mp: Any, x: Any, form: Form) -> Any:
    """By definition, with the tails' own digits."""
    if form == "none":
        return gated_reference(mp, x, mp.erfc(-x / mp.sqrt(2)) / 2)
    return gated_reference(mp, x, gate_reference(mp, _reference_exponent(mp, x, form)[0]))


def gelu_reference_slope(mp: Any, x: Any, form: Form) -> Any:
    """By definition, with the tails' own digits."""
    if form == "none":
        return mp.erfc(-x / mp.sqrt(2)) / 2 + x * mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)
    u, slope = _reference_exponent(mp, x, form)
    e = mp.exp(-abs(u))
    p = (1 if u >= 0 else e) / (1 + e)
    return p + x * slope * e / (1 + e) ** 2


def _reference_exponent(mp: Any, x: Any, form: Form) -> tuple[Any, Any]:
    """u and du/dx, where the gate is sigmoid(u)."""
    if form == "sigmoid":
        return mp.mpf(QUICK) * x, mp.mpf(QUICK)
    scale, cubic = 2 * mp.sqrt(2 / mp.pi), mp.mpf(CUBIC)
    return scale * x * (1 + cubic * x**2), scale * (1 + 3 * cubic * x**2)


class GELU(Elementwise):
    """Gaussian error linear unit, x·Φ(x) with Φ the standard normal's distribution function.

    approximate: ``none`` is exact, through erfc; ``tanh`` is x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2; ``sigmoid`` is
    x·sigmoid(1.702·x), known as quick GELU. GELU(-inf) is -0.0.
    """

    info: ClassVar[Info] = Info(
        name="gelu",
        latex=r"\operatorname{GELU}(x) = x \, \Phi(x) = \frac{x}{2} \operatorname{erfc}\left(-\frac{x}{\sqrt 2}\right)",
        paper="D. Hendrycks, K. Gimpel, Gaussian Error Linear Units, 2016, arXiv:1606.08415",
        foreign={"approx": "approximate", "mode": "approximate", "approximation_mode": "approximate"},
        main="approximate",
    )

    approximate: Form = Field("none", description="the form: none is exact, tanh and sigmoid are approximations")

    def forward(self, xp: Any, x: Any) -> Any:
        """x times its gate."""
        return gelu_value(xp, x, self.approximate)

    def derivative(self, xp: Any, x: Any) -> Any:
        """p + x·p', from the gate p and its slope, neither of which cancels."""
        return gelu_slope(xp, x, self.approximate)

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return gelu_reference(mp, x, self.approximate)

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return gelu_reference_slope(mp, x, self.approximate)

    def laws(self) -> Laws:
        """Falls to its minimum near -0.752, then rises; -0 at -inf."""
        return Laws(
            limits=(-0.0, math.inf),
            at_zeros=(-0.0, 0.0),
            derivative_limits=(0.0, 1.0),
            range=(_LOWEST[self.approximate], math.inf),
        )
