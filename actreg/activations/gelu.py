"""GELU in its three forms: exact, by tanh, and by the sigmoid.

The forms differ by up to 2e-2, and frameworks disagree about what the bare name means, so the form is an option that
says which, never a boolean.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from actreg.activations.compensated import has_spare, two_product, two_sum
from actreg.activations.gates import gate_reference, gated_reference, sigmoid_gate, sigmoid_gate_slope
from actreg.contracts.info import Info, Laws
from actreg.contracts.kinds import Elementwise

Form = Literal["none", "tanh", "sigmoid"]

CUBIC: Final = 0.044715
"""The cubic term of the tanh form, as the float64 that every framework holds."""

QUICK: Final = 1.702
"""The slope of the sigmoid form, likewise."""

_FAR: Final = -38.0
_REACH: Final = 1e60
"""Far beyond where the gates are closed, and not yet where a product is infinite."""

_DENSITY: Final = 0.3989422804014327
_DENSITY_REST: Final = -2.4923272022777433e-17
"""1/√(2π), in two numbers."""

_NEAR: Final = 0.5
_VALUE: Final = tuple((-1) ** k * _DENSITY / ((2 * k + 1) * 2**k * math.factorial(k)) for k in range(12))
_SLOPE: Final = tuple((2 * k + 2) * coefficient for k, coefficient in enumerate(_VALUE))
"""Up to _NEAR, Φ(x) is 1/2 + x times a series in x², Φ(x) + x·φ(x) likewise: there the rounding of Φ would be felt."""

_LINEAR: Final = 1.5957691216057308
_LINEAR_REST: Final = -9.96930920881092e-17
"""2·√(2/π), in two numbers, and it times CUBIC."""

_CUBE: Final = 0.07135481627260025
_CUBE_REST: Final = -4.1218577217431825e-18
_LOWEST: Final = {"none": -0.16997120747990366, "tanh": -0.17004075057125406, "sigmoid": -0.1636101896363536}


def gelu_value(xp: Any, x: Any, form: Form) -> Any:
    """GELU of x."""
    if form != "none":
        return sigmoid_gate(xp, x, *_exponent(xp, x, form)[:2])
    cdf, density = xp.normal_pair(x)
    # Beyond -38 the distribution underflows before x times it does; there Mills' ratio has its asymptotic series.
    z = x * x
    whole = xp.where(x < _FAR, ((1.0 - 3.0 / z) / z - 1.0) * density, xp.gate(x, cdf))
    if has_spare(xp):
        return whole
    # Not at 0, whose sign the sum would lose.
    near = xp.abs(xp.abs(x) - 0.5 * _NEAR) < 0.5 * _NEAR
    return xp.where(near, 0.5 * x + x * (x * _series(xp, near, z, _VALUE)), whole)


def gelu_slope(xp: Any, x: Any, form: Form) -> Any:
    """The derivative, p + x·p' with the gate p."""
    if form == "none":
        return _normal_slope(xp, x)
    u, u_rest, rate, rate_rest = _exponent(xp, x, form)
    return sigmoid_gate_slope(xp, u, rate, u_rest, rate_rest)


def _normal_slope(xp: Any, x: Any) -> Any:
    """Φ(x) + x·φ(x); below 0 the two cancel, so that the product is taken in two numbers before anything is rounded."""
    cdf, density = xp.normal_pair(x)
    if has_spare(xp):
        return cdf + xp.gate(x, density)
    x = xp.minimum(xp.maximum(x, -_REACH), _REACH)
    square, square_rest = two_product(x, x)
    e = xp.exp(-0.5 * square)
    factor, factor_rest = two_product(_DENSITY, x)
    product, product_rest = two_product(factor, e)
    total, total_rest = two_sum(cdf, product)
    rest = total_rest + product_rest + e * (factor_rest + _DENSITY_REST * x - 0.5 * square_rest * factor)
    near = xp.abs(x) < _NEAR
    odd, odd_rest = two_product(x, _series(xp, near, square, _SLOPE))
    return xp.where(near, (0.5 + odd) + odd_rest, total + rest)


def _series(xp: Any, near: Any, square: Any, coefficients: tuple[float, ...]) -> Any:
    total = xp.where(near, coefficients[-1], 0.0)
    for coefficient in coefficients[-2::-1]:
        total = total * square + coefficient
    return total


def _exponent(xp: Any, x: Any, form: Form) -> tuple[Any, Any, Any, Any]:
    """u, where the gate is sigmoid(u), which is (1 + tanh(u/2))/2 without its cancellation, and x·du/dx.

    Each in two numbers: half an ulp of u would cost u/2 ulp of the tail.
    """
    if has_spare(xp):
        if form == "sigmoid":
            return QUICK * x, 0.0, QUICK * x, 0.0
        square = x * x
        return x * (_LINEAR + _CUBE * square), 0.0, x * (_LINEAR + 3.0 * _CUBE * square), 0.0
    x = xp.minimum(xp.maximum(x, -_REACH), _REACH)
    if form == "sigmoid":
        u, u_rest = two_product(QUICK, x)
        return u, u_rest, u, u_rest
    square, square_rest = two_product(x, x)
    term, term_rest = two_product(_CUBE, square)
    term_rest = term_rest + (_CUBE * square_rest + _CUBE_REST * square)
    line, line_rest = two_product(x, _LINEAR)
    cube, cube_rest = two_product(x, term)
    cube_rest = cube_rest + x * term_rest
    line_rest = line_rest + _LINEAR_REST * x
    u, u_rest = two_sum(line, cube)
    rate, rate_rest = two_sum(u, 2.0 * cube)
    return u, u_rest + (line_rest + cube_rest), rate, rate_rest + (u_rest + (line_rest + 3.0 * cube_rest))


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
