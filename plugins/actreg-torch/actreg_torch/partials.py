"""Partial derivatives of elementwise formulas, of every order, over any namespace.

Requirements:

- The first order is the author's closed form where there is one; higher orders, and the first otherwise, are tangents
  of the order below. So a second derivative is exact at ±inf too, where torch's autograd of a formula is NaN.
- Levels never mix: at every level all tensors are lifted, those that do not vary with tangent 0.
- A NaN in x gives NaN at every order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actreg import dual

X = "x"
"""The name of the input among the variables of a formula."""

Values = Mapping[str, Any]


def partial(act: Any, xp: Any, values: Values, order: tuple[str, ...]) -> Any:
    """The partial derivative of `act` by the variables in `order`, first one first; no order: the value.

    values: x under `X`, and every parameter (and noise) so that it broadcasts against x.
    """
    extras = {name: value for name, value in values.items() if name != X}
    if not order:
        return act.forward(xp, values[X], **extras)
    *below, last = order
    slope = _tangent(act, xp, values, tuple(below), last) if below else _first(act, xp, values, last)
    return xp.where(xp.isnan(values[X]), values[X], slope)


def _first(act: Any, xp: Any, values: Values, name: str) -> Any:
    extras = {key: value for key, value in values.items() if key != X}
    if name == X and act.derivative_formula is not None:
        return act.derivative_formula(xp, values[X], **extras)
    # Looked up by hand: torch.compile does not trace pydantic's way of missing an attribute.
    if name != X and any("parameter_derivatives" in cls.__dict__ for cls in type(act).__mro__):
        return act.parameter_derivatives(xp, values[X], **extras)[name]
    return _tangent(act, xp, values, (), name)


def _tangent(act: Any, xp: Any, values: Values, order: tuple[str, ...], name: str) -> Any:
    lifted = {key: dual.Dual(xp, value, 1.0 if key == name else 0.0) for key, value in values.items()}
    return dual.tangent(partial(act, dual.DualNamespace(xp), lifted, order))
