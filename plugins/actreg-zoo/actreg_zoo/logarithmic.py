"""x gated by a logarithm or an error function of something smooth: Logish, Gish, Serf."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final

from actreg import Elementwise, Info, Laws
from actreg_zoo.tails import gated, gated_slope

_MOST: Final = 64.0
"""From here on exp(-exp(x)) is 0 in every format."""
_ROOT: Final = 2.0 / math.sqrt(math.pi)


class Logish(Elementwise):
    """Logish, x·log(1 + sigmoid(x)). Rises as log(2)·x; Logish(-inf) is -0.0."""

    info: ClassVar[Info] = Info(
        name="logish",
        latex=r"\operatorname{Logish}(x) = x \log(1 + \sigma(x))",
        paper="H. Zhu, H. Zeng, J. Liu, X. Zhang, Logish: A New Nonlinear Nonmonotonic Activation Function for"
        " Convolutional Neural Network, Neurocomputing 458, 2021, doi:10.1016/j.neucom.2021.06.067",
    )

    def forward(self, xp: Any, x: Any) -> Any:
        """Gated, because -inf·0 is NaN and the limit is -0."""
        return gated(xp, x, lambda xp, x: xp.log1p(xp.sigmoid(x)))

    def derivative(self, xp: Any, x: Any) -> Any:
        """log(1 + s) + x·s' / (1 + s)."""
        return gated_slope(xp, x, _logish_gate)

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return x * mp.log1p(1 / (1 + mp.exp(-x)))

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By the product rule; the slope of the logarithm is 1 / ((1 + e^x)·(2 + e^-x))."""
        return mp.log1p(1 / (1 + mp.exp(-x))) + x / ((1 + mp.exp(x)) * (2 + mp.exp(-x)))

    def laws(self) -> Laws:
        """Falls to its minimum at -1.3725, then rises."""
        return Laws(
            limits=(-0.0, math.inf),
            at_zeros=(-0.0, 0.0),
            derivative_limits=(0.0, math.log(2.0)),
            range=(-0.252768816790, math.inf),
        )


def _logish_gate(xp: Any, x: Any) -> tuple[Any, Any]:
    s, slope = xp.sigmoid_pair(x)
    return xp.log1p(s), slope / (1.0 + s)


class Gish(Elementwise):
    """Gish, x·log(2 - exp(-exp(x))). Rises as log(2)·x; Gish(-inf) is -0.0."""

    info: ClassVar[Info] = Info(
        name="gish",
        latex=r"\operatorname{Gish}(x) = x \log\left(2 - e^{-e^{x}}\right)",
        paper="M. Kaytan, I. B. Aydilek, C. Yeroglu, Gish: A Novel Activation Function for Image Classification, Neural"
        " Computing and Applications 35, 2023, doi:10.1007/s00521-023-09035-5",
    )

    def forward(self, xp: Any, x: Any) -> Any:
        """log1p and expm1, because the gate is as small as exp(x) below 0."""
        return gated(xp, x, lambda xp, x: _gish_gate(xp, x)[0])

    def derivative(self, xp: Any, x: Any) -> Any:
        """log(2 - g) + x·e·g / (2 - g), with e = exp(x) and g = exp(-e)."""
        return gated_slope(xp, x, _gish_gate)

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return x * mp.log(2 - mp.exp(-mp.exp(min(x, mp.mpf(_MOST)))))

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By the product rule and the chain rule."""
        e = mp.exp(min(x, mp.mpf(_MOST)))
        return mp.log1p(-mp.expm1(-e)) + x * e / (2 * mp.exp(e) - 1)

    def laws(self) -> Laws:
        """Falls to its minimum at -1.2821, then rises."""
        return Laws(
            limits=(-0.0, math.inf),
            at_zeros=(-0.0, 0.0),
            derivative_limits=(0.0, math.log(2.0)),
            range=(-0.278159460897, math.inf),
        )


def _gish_gate(xp: Any, x: Any) -> tuple[Any, Any]:
    e = xp.exp(xp.minimum(x, _MOST))
    more = -xp.expm1(-e)
    return xp.log1p(more), e * xp.exp(-e) / (1.0 + more)


class Serf(Elementwise):
    """Serf, x·erf(softplus(x)): the log-softplus error activation. Serf(-inf) is -0.0."""

    info: ClassVar[Info] = Info(
        name="serf",
        latex=r"\operatorname{Serf}(x) = x \operatorname{erf}\left(\log(1 + e^{x})\right)",
        paper="S. Nag, M. Bhattacharyya, A. Mukherjee, R. Kundu, SERF, 2021, arXiv:2108.09598",
    )

    def forward(self, xp: Any, x: Any) -> Any:
        """Gated, because -inf·0 is NaN and the limit is -0."""
        return gated(xp, x, lambda xp, x: xp.erf(xp.softplus(x)))

    def derivative(self, xp: Any, x: Any) -> Any:
        """erf(s) + x·(2 / √π)·exp(-s²)·sigmoid(x), with s = softplus(x)."""
        return gated_slope(xp, x, _serf_gate)

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return x * mp.erf(mp.log1p(mp.exp(x)) if x < 100 else x)

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """By the product rule and the chain rule."""
        s = mp.log1p(mp.exp(x)) if x < 100 else x
        return mp.erf(s) + 2 * x * mp.exp(-s * s) / mp.sqrt(mp.pi) / (1 + mp.exp(-x))

    def laws(self) -> Laws:
        """Falls to its minimum at -1.1931, then rises."""
        return Laws(
            limits=(-0.0, math.inf),
            at_zeros=(-0.0, 0.0),
            derivative_limits=(0.0, 1.0),
            range=(-0.348437458760, math.inf),
        )


def _serf_gate(xp: Any, x: Any) -> tuple[Any, Any]:
    s = xp.softplus(x)
    return xp.erf(s), _ROOT * xp.exp(-s * s) * xp.sigmoid(x)
