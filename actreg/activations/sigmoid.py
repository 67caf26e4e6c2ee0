"""The logistic sigmoid, its logarithm, and the hyperbolic tangent."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from actreg.contracts.info import Info, Laws
from actreg.contracts.kinds import Elementwise


class Sigmoid(Elementwise):
    """Logistic sigmoid, 1 / (1 + exp(-x)). Saturates on both sides: its slope, at most 1/4, vanishes there."""

    info: ClassVar[Info] = Info(
        name="sigmoid",
        aliases=("logistic",),
        latex=r"\sigma(x) = \frac{1}{1 + e^{-x}}",
        paper="P.-F. Verhulst, 1838; as a unit: D. Rumelhart, G. Hinton, R. Williams, 1986, doi:10.1038/323533a0",
    )

    def forward(self, xp: Any, x: Any) -> Any:
        """Stable on both sides through exp(-|x|)."""
        return xp.sigmoid(x)

    def derivative(self, xp: Any, x: Any) -> Any:
        """s·(1 - s) without the cancellation of 1 - s."""
        return xp.sigmoid_pair(x)[1]

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return 1 / (1 + mp.exp(-x))

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """exp(-x) / (1 + exp(-x))²."""
        e = mp.exp(-abs(x))
        return e / (1 + e) ** 2

    def laws(self) -> Laws:
        """From 0 to 1, rising."""
        return Laws(
            limits=(0.0, 1.0), at_zeros=(0.5, 0.5), derivative_limits=(0.0, 0.0), range=(0.0, 1.0), monotone=True
        )


class LogSigmoid(Elementwise):
    """Logarithm of the sigmoid, -log(1 + exp(-x)); x far below 0, -exp(-x) far above, and -0.0 at inf."""

    info: ClassVar[Info] = Info(
        name="log_sigmoid",
        latex=r"\log \sigma(x) = -\log(1 + e^{-x})",
        paper="as a loss: D. Cox, The Regression Analysis of Binary Sequences, 1958",
    )

    def forward(self, xp: Any, x: Any) -> Any:
        """Minus the softplus of -x."""
        return -xp.softplus(-x)

    def derivative(self, xp: Any, x: Any) -> Any:
        """The sigmoid of -x."""
        return xp.sigmoid(-x)

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return -mp.log1p(mp.exp(-x))

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """exp(-x) / (1 + exp(-x)), from the side that is small."""
        e = mp.exp(-abs(x))
        return (e if x > 0 else mp.mpf(1)) / (1 + e)

    def laws(self) -> Laws:
        """Rising, below 0."""
        return Laws(limits=(-math.inf, -0.0), derivative_limits=(1.0, 0.0), range=(-math.inf, 0.0), monotone=True)


class Tanh(Elementwise):
    """Hyperbolic tangent; zero-centred, and saturating as the sigmoid does: tanh(x) = 2·sigmoid(2x) - 1."""

    info: ClassVar[Info] = Info(
        name="tanh",
        latex=r"\tanh(x) = \frac{e^{x} - e^{-x}}{e^{x} + e^{-x}}",
        paper="Y. LeCun, L. Bottou, G. Orr, K.-R. Müller, Efficient BackProp, 1998, doi:10.1007/3-540-49430-8_2",
    )

    def forward(self, xp: Any, x: Any) -> Any:
        """The library's own tanh."""
        return xp.tanh(x)

    def derivative(self, xp: Any, x: Any) -> Any:
        """sech²(x), without the cancellation of 1 - tanh²."""
        return xp.tanh_pair(x)[1]

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return mp.tanh(x)

    def reference_derivative(self, mp: Any, x: Any) -> Any:
        """sech²(x) = 4 exp(-2|x|) / (1 + exp(-2|x|))²."""
        e = mp.exp(-2 * abs(x))
        return 4 * e / (1 + e) ** 2

    def laws(self) -> Laws:
        """Odd, from -1 to 1, rising; keeps the sign of zero."""
        return Laws(
            limits=(-1.0, 1.0),
            at_zeros=(-0.0, 0.0),
            derivative_limits=(0.0, 0.0),
            range=(-1.0, 1.0),
            monotone=True,
            symmetry="odd",
        )
