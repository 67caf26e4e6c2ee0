"""The five kinds: each says what happens to shapes, and so which methods an author writes.

The laws of every kind, which the conformance suite checks:

- `forward` and the backward method are pure: no state, no branch on the values of an array.
- parameters come in their declared shapes, to broadcast from the right; whatever the shape of a parameter's gradient
  that a `pullback` gives, the host sums it over the axes along which the parameter was broadcast, in wide precision.
- `reference` computes the same with mpmath and shares no code with `forward`; it stays the judge.
- the backward method is the adjoint of `forward`'s linearisation (the dot-product identity).
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from actreg.contracts.activation import Activation, Kind

Axis = Annotated[int, Field(description="axis of x, batch counted; negative from the end")]


class Elementwise(Activation):
    """y_i depends on x_i alone.

    forward(xp, x, **p) -> value. derivative(xp, x, **p) -> slope; dual numbers give it when absent.
    parameter_derivatives(xp, x, **p) -> {name: dy/dp elementwise}; dual numbers give it when absent.
    reference(mp, x, **p) -> the value at one point, an mpf. reference_derivative(mp, x, **p), optional.
    """

    kind: ClassVar[Kind] = "elementwise"

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The formula: forward(self, xp, x, **parameters)."""
        raise NotImplementedError


class Axiswise(Activation):
    """Values along one axis depend on each other; the shape stays.

    forward(xp, x, **p) and pullback(xp, x, y, grad, **p) -> {"x": …, and every parameter}: the host moves `axis` to the
    last place, so formulas work along axis -1. reference(mp, xs, **p) -> list of values for one list of inputs,
    parameters as nested lists.
    """

    kind: ClassVar[Kind] = "axiswise"
    required: ClassVar[tuple[str, ...]] = ("forward", "pullback")

    axis: Axis = Field(-1, description="axis of x, batch counted; negative from the end")

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The formula: forward(self, xp, x, **parameters)."""
        raise NotImplementedError


class Gated(Activation):
    """One half of the axis gates the other; the axis halves.

    forward(xp, a, b, **p): `a` is the half that is the gate, `b` the value; the host splits by `gate`.
    pullback(xp, a, b, grad, **p) -> {"a": …, "b": …, and every parameter}. reference(mp, a, b, **p) at one point,
    each parameter as the number that stands there.
    """

    kind: ClassVar[Kind] = "gated"
    required: ClassVar[tuple[str, ...]] = ("forward", "pullback")

    gate: Literal["first", "second", "interleaved"] = Field(
        description="which half is the gate: the first, the second, or every other element from the first"
    )
    axis: Axis = Field(-1, description="axis of x, batch counted; negative from the end")

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The formula: forward(self, xp, a, b, **parameters)."""
        raise NotImplementedError


class Expanding(Activation):
    """The size of one axis changes.

    output_size(n) -> size for n inputs; ValueError where n does not fit. forward(xp, x, **p) along axis -1, and
    pullback(xp, x, y, grad, **p) -> {"x": …, and every parameter}. reference(mp, xs, **p) -> list, parameters as nested
    lists.
    """

    kind: ClassVar[Kind] = "expanding"
    required: ClassVar[tuple[str, ...]] = ("forward", "pullback", "output_size")

    axis: Axis = Field(-1, description="axis of x, batch counted; negative from the end")

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The formula: forward(self, xp, x, **parameters)."""
        raise NotImplementedError

    def output_size(self, size: int) -> int:
        """The size of the axis after `forward`; raises ValueError where `size` does not fit."""
        raise NotImplementedError


class Projection(Activation):
    """Owns affine maps; works along the last axis of x and changes its size to `output_size(n)`.

    forward(xp, x, **p) with x of shape (rows, d), and pullback(xp, x, y, grad, **p) -> {"x": …, and every parameter};
    reference(mp, xs, **p) -> list of outputs for one row, parameters as nested lists.
    """

    kind: ClassVar[Kind] = "projection"
    required: ClassVar[tuple[str, ...]] = ("forward", "pullback", "output_size")

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The formula: forward(self, xp, x, weight, bias)."""
        raise NotImplementedError

    def output_size(self, size: int) -> int:
        """The number of outputs for `size` input features."""
        raise NotImplementedError
