"""Polynomials of what is above 0: PolyReLU, xIELU."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final

from pydantic import Field, model_validator

from actreg import Constant, Elementwise, Info, Laws, Param, Positive

_TERMS: Final = 20


class PolyReLU(Elementwise):
    """Polynomial composition of order 3: a0 + a1·r + a2·r² + a3·r³ with r = max(x, 0); the coefficients are learned.

    Each has shape (1,). The derivative at 0 is 0.
    """

    info: ClassVar[Info] = Info(
        name="polyrelu",
        latex=r"\operatorname{PolyReLU}(x) = \sum_{i=0}^{3} a_i \max(x, 0)^i",
        paper="Z. Zhuo, Y. Wang, Y. Zeng, X. Li, X. Zhou, J. Ma, Polynomial Composition Activations, 2024,"
        " arXiv:2411.03884",
        main="init",
    )

    init: Positive = Field(1.0 / 3.0, description="initial a1, a2 and a3; a0 starts at 0", examples=[0.25])

    def parameters(self) -> dict[str, Param]:
        """a0 to a3."""
        return {f"a{power}": Param(shape=(1,), init=Constant(self.init if power else 0.0)) for power in range(4)}

    def forward(self, xp: Any, x: Any, a0: Any, a1: Any, a2: Any, a3: Any) -> Any:
        """By Horner's rule."""
        r = xp.where(x <= 0, 0.0, x)
        return ((a3 * r + a2) * r + a1) * r + a0

    def derivative(self, xp: Any, x: Any, a0: Any, a1: Any, a2: Any, a3: Any) -> Any:
        """a1 + 2·a2·x + 3·a3·x² above 0."""
        r = xp.where(x <= 0, 0.0, x)
        return xp.where(x > 0, (3.0 * a3 * r + 2.0 * a2) * r + a1, 0.0)

    def parameter_derivatives(self, xp: Any, x: Any, a0: Any, a1: Any, a2: Any, a3: Any) -> dict[str, Any]:
        """The powers of r."""
        r = xp.where(x <= 0, 0.0, x)
        return {"a0": xp.where(x == x, 1.0, x), "a1": r, "a2": r * r, "a3": r * r * r}

    def reference(self, mp: Any, x: Any, a0: Any, a1: Any, a2: Any, a3: Any) -> Any:
        """By definition."""
        r = max(x, mp.mpf(0))
        return a0 + a1 * r + a2 * r**2 + a3 * r**3

    def reference_derivative(self, mp: Any, x: Any, a0: Any, a1: Any, a2: Any, a3: Any) -> Any:
        """Power by power."""
        return a1 + 2 * a2 * x + 3 * a3 * x**2 if x > 0 else mp.mpf(0)

    def laws(self) -> Laws:
        """Those at the initial coefficients."""
        return Laws(
            limits=(0.0, math.inf),
            derivative_limits=(0.0, math.inf),
            kinks={0.0: 0.0},
            range=(0.0, math.inf),
            monotone=True,
        )


class XIELU(Elementwise):
    """Expanded integral of ELU: p·x² + beta·x above 0, n·(exp(x) - 1 - x) + beta·x below.

    p = softplus(alpha_p) and n = beta + softplus(alpha_n), where alpha_p and alpha_n are learned, each of shape (1,);
    `trainable: false` keeps p and n as they are given. The derivative is continuous, beta at 0.
    """

    info: ClassVar[Info] = Info(
        name="xielu",
        latex=r"\operatorname{xIELU}(x) = \begin{cases} \alpha_p x^2 + \beta x & x > 0 \\"
        r" \alpha_n (e^x - 1 - x) + \beta x & x \le 0 \end{cases}",
        paper="A. H. Huang, I. Schlag, Deriving Activation Functions Using Integration, 2024, arXiv:2411.13010",
        foreign={"alpha_p": "p_init", "alpha_n": "n_init", "alpha_p_init": "p_init", "alpha_n_init": "n_init"},
    )

    p_init: Positive = Field(0.8, description="initial p, the curvature above 0")
    n_init: Positive = Field(0.8, description="initial n, larger than beta")
    beta: Positive = Field(0.5, description="slope at 0")
    trainable: bool = Field(True, description="whether p and n are learned")

    @model_validator(mode="after")
    def _ordered(self) -> XIELU:
        if self.n_init <= self.beta:
            raise ValueError(f"n_init must be larger than beta, {self.n_init} is not larger than {self.beta}")
        return self

    def parameters(self) -> dict[str, Param]:
        """alpha_p and alpha_n, before softplus, where they are trainable."""
        if not self.trainable:
            return {}
        starts = {"alpha_p": self.p_init, "alpha_n": self.n_init - self.beta}
        return {name: Param(shape=(1,), init=Constant(_before_softplus(y))) for name, y in starts.items()}

    def _curves(self, xp: Any, alpha_p: Any, alpha_n: Any) -> tuple[Any, Any]:
        """p, and n - beta."""
        if not self.trainable:
            return self.p_init, self.n_init - self.beta
        return xp.softplus(alpha_p), xp.softplus(alpha_n)

    def forward(self, xp: Any, x: Any, alpha_p: Any = None, alpha_n: Any = None) -> Any:
        """Below 0 as n·expm1(x) - (n - beta)·x."""
        p, rest = self._curves(xp, alpha_p, alpha_n)
        return xp.where(x > 0, (p * x + self.beta) * x, (self.beta + rest) * xp.expm1(xp.minimum(x, 0.0)) - rest * x)

    def derivative(self, xp: Any, x: Any, alpha_p: Any = None, alpha_n: Any = None) -> Any:
        """2·p·x + beta above 0, n·exp(x) - (n - beta) below."""
        p, rest = self._curves(xp, alpha_p, alpha_n)
        below = self.beta + (self.beta + rest) * xp.expm1(xp.minimum(x, 0.0))
        return xp.where(x > 0, 2.0 * p * x + self.beta, below)

    def parameter_derivatives(self, xp: Any, x: Any, alpha_p: Any = None, alpha_n: Any = None) -> dict[str, Any]:
        """dy/dalpha = sigmoid(alpha) times x² above 0, or exp(x) - 1 - x below."""
        if not self.trainable:
            return {}
        return {
            "alpha_p": xp.where(x > 0, x * x, 0.0) * xp.sigmoid(alpha_p),
            "alpha_n": xp.where(x > 0, 0.0, _remainder(xp, xp.minimum(x, 0.0))) * xp.sigmoid(alpha_n),
        }

    def reference(self, mp: Any, x: Any, alpha_p: Any = None, alpha_n: Any = None) -> Any:
        """By definition."""
        p, n = self._reference_curves(mp, alpha_p, alpha_n)
        return (p * x**2 if x > 0 else n * (mp.expm1(x) - x)) + mp.mpf(self.beta) * x

    def reference_derivative(self, mp: Any, x: Any, alpha_p: Any = None, alpha_n: Any = None) -> Any:
        """By the sum rule."""
        p, n = self._reference_curves(mp, alpha_p, alpha_n)
        return (2 * p * x if x > 0 else n * mp.expm1(x)) + mp.mpf(self.beta)

    def _reference_curves(self, mp: Any, alpha_p: Any, alpha_n: Any) -> tuple[Any, Any]:
        beta = mp.mpf(self.beta)
        if not self.trainable:
            return mp.mpf(self.p_init), mp.mpf(self.n_init)
        return mp.log1p(mp.exp(alpha_p)), beta + mp.log1p(mp.exp(alpha_n))

    def laws(self) -> Laws:
        """Falls from +inf to a minimum below 0, then rises."""
        return Laws(limits=(math.inf, math.inf), derivative_limits=(self.beta - self.n_init, math.inf))


def _before_softplus(y: float) -> float:
    return y + math.log(-math.expm1(-y))


def _remainder(xp: Any, x: Any) -> Any:
    """exp(x) - 1 - x, by its series where the difference would cancel."""
    small, total = xp.maximum(x, -1.0), 0.0
    for power in range(_TERMS, 2, -1):
        total = (total + 1.0) * small / power
    return xp.where(x > -1.0, 0.5 * small * small * (total + 1.0), xp.expm1(x) - x)
