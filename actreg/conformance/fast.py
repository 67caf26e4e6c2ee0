"""Fast truth for sweeps: formulas in NumPy's widest type, written apart from the activations'.

Requirements:

- Independent: no formula here is shared with `actreg.activations` or with a backend.
- Honest: `spare_bits` says how much wider than float64 the type is; `sweeps` measures the formulas' own error against
  the tables before it believes them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from actreg.conformance.formats import Array

_ONE: Final = np.longdouble(1)


def spare_bits() -> int:
    """Bits of significand beyond float64's: 11 on x86, 60 with quadruple precision, 0 where there is nothing wider."""
    return int(np.finfo(np.longdouble).nmant) - 52


def _sigmoid(u: Array) -> Array:
    return np.asarray(np.where(u > 0, _ONE / (_ONE + np.exp(-u)), np.exp(u) / (_ONE + np.exp(u))))


def _sigmoid_slope(u: Array) -> Array:
    return np.asarray(_ONE / (2 + 2 * np.cosh(u)))


def _wide(number: float) -> Any:
    return np.longdouble(number)


def _silu(act: Any, x: Array) -> Array:
    return np.asarray(x * _sigmoid(_wide(act.beta) * x))


def _silu_slope(act: Any, x: Array) -> Array:
    u = _wide(act.beta) * x
    tail = np.exp(-np.abs(u))
    top = np.where(u >= 0, 1 + tail * (1 + u), tail * (1 + u + tail))
    return np.asarray(top / (1 + tail) ** 2)


def _softplus(act: Any, x: Array) -> Array:
    beta = _wide(act.beta)
    return np.asarray(np.where(x > act.threshold / act.beta, x, np.logaddexp(_wide(0), beta * x) / beta))


def _softplus_slope(act: Any, x: Array) -> Array:
    return np.asarray(np.where(x > act.threshold / act.beta, _ONE, _sigmoid(_wide(act.beta) * x)))


def _slope_below(act: Any) -> Any:
    return _wide(act.negative_slope if act.info.name == "leaky_relu" else 0.0)


FORMULAS: Final[dict[str, tuple[Callable[[Any, Array], Array], Callable[[Any, Array], Array]]]] = {
    "elu": (
        lambda act, x: np.where(x > 0, x, _wide(act.alpha) * np.expm1(np.minimum(x, 0))),
        lambda act, x: np.where(x > 0, _ONE, _wide(act.alpha) * np.exp(np.minimum(x, 0))),
    ),
    "leaky_relu": (
        lambda act, x: np.where(x > 0, x, _slope_below(act) * x),
        lambda act, x: np.where(x > 0, _ONE, _slope_below(act)),
    ),
    "relu": (lambda act, x: np.where(x > 0, x, _wide(0)), lambda act, x: np.where(x > 0, _ONE, _wide(0))),
    "sigmoid": (lambda act, x: _sigmoid(x), lambda act, x: _sigmoid_slope(x)),
    "silu": (_silu, _silu_slope),
    "softplus": (_softplus, _softplus_slope),
    "tanh": (lambda act, x: np.tanh(x), lambda act, x: _ONE / np.cosh(x) ** 2),
}
"""Value and derivative of elementwise activations without parameters, in the widest type."""


def evaluate(act: Any, x: Array, order: int) -> Array:
    """The value (order 0) or the derivative (1) at finite x, in the widest type."""
    with np.errstate(all="ignore"):
        return np.asarray(FORMULAS[act.info.name][order](act, x.astype(np.longdouble)))
