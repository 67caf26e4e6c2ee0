"""The namespace of operations `xp` over which formulas are written.

Requirements:

- Array-API names and meanings where the array API has the operation (`where`, `exp`, `expm1`, …).
- Bound to a dtype: constants take the dtype of the computation, whatever the library's promotion rules are.
- The operations from which stable activations are made are primitives, so that each is made well once per library:
  `sigmoid`, `softplus`, `erf`, `erfc`, and pairs whose members share an exponential.
- `gate(x, p)` is x·p, but a signed zero where p is 0: x·sigmoid(x) is NaN at -inf, its limit is -0.
- NaN propagates through `maximum` and `minimum`; comparisons with NaN are false.
- A namespace with a true attribute `spare` computes wider than the result: there a formula need not compensate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

ELEMENTWISE: Final = (
    "abs",
    "atan",
    "cos",
    "cosh",
    "erf",
    "erfc",
    "exp",
    "expm1",
    "floor",
    "gate",
    "isinf",
    "isnan",
    "log",
    "log1p",
    "maximum",
    "minimum",
    "normal_pair",
    "sigmoid",
    "sigmoid_pair",
    "sign",
    "sin",
    "sinh",
    "softplus",
    "sqrt",
    "tanh",
    "tanh_pair",
    "where",
)
"""What every namespace offers to elementwise formulas."""

ALONG_AXES: Final = (
    *("concat", "cumsum", "flip", "matmul", "max", "moveaxis"),
    *("pick_max", "reshape", "sort", "stack", "sum"),
)
"""What namespaces of array libraries offer besides."""


class Namespace(Protocol):
    """What a formula may use. Arrays are the library's own; python floats may stand in for constants."""

    def abs(self, x: Any, /) -> Any: ...
    def atan(self, x: Any, /) -> Any: ...
    def cos(self, x: Any, /) -> Any: ...
    def cosh(self, x: Any, /) -> Any: ...
    def erf(self, x: Any, /) -> Any: ...
    def erfc(self, x: Any, /) -> Any: ...
    def exp(self, x: Any, /) -> Any: ...
    def expm1(self, x: Any, /) -> Any: ...
    def floor(self, x: Any, /) -> Any: ...
    def gate(self, x: Any, p: Any, /) -> Any:
        """x·p, a signed zero where p is 0."""

    def isinf(self, x: Any, /) -> Any: ...
    def isnan(self, x: Any, /) -> Any: ...
    def log(self, x: Any, /) -> Any: ...
    def log1p(self, x: Any, /) -> Any: ...
    def maximum(self, a: Any, b: Any, /) -> Any: ...
    def minimum(self, a: Any, b: Any, /) -> Any: ...
    def normal_pair(self, x: Any, /) -> tuple[Any, Any]:
        """The standard normal's cumulative distribution and density at x."""

    def sigmoid(self, x: Any, /) -> Any: ...
    def sigmoid_pair(self, x: Any, /) -> tuple[Any, Any]:
        """The sigmoid and its slope, both without cancellation."""

    def sign(self, x: Any, /) -> Any: ...
    def sin(self, x: Any, /) -> Any: ...
    def sinh(self, x: Any, /) -> Any: ...
    def softplus(self, x: Any, /) -> Any:
        """log(1 + exp(x)), without overflow."""

    def sqrt(self, x: Any, /) -> Any: ...
    def tanh(self, x: Any, /) -> Any: ...
    def tanh_pair(self, x: Any, /) -> tuple[Any, Any]:
        """tanh and its slope, both without cancellation."""

    def where(self, condition: Any, a: Any, b: Any, /) -> Any: ...

    # Along axes; not offered by the namespaces of dual numbers and other elementwise interpreters.

    def concat(self, parts: Sequence[Any], /, *, axis: int = -1) -> Any: ...
    def cumsum(self, x: Any, /, *, axis: int = -1) -> Any: ...
    def flip(self, x: Any, /, *, axis: int = -1) -> Any: ...
    def matmul(self, a: Any, b: Any, /) -> Any: ...
    def max(self, x: Any, /, *, axis: int = -1) -> Any:
        """The largest along an axis, which is kept with size 1."""

    def moveaxis(self, x: Any, source: int, destination: int, /) -> Any: ...
    def pick_max(self, x: Any, /, *, axis: int = -1) -> tuple[Any, Any]:
        """The largest along an axis (dropped), and a boolean mask of x's shape that is true at its first winner."""

    def reshape(self, x: Any, shape: tuple[int, ...], /) -> Any: ...
    def sort(self, x: Any, /, *, axis: int = -1) -> Any:
        """Ascending along an axis."""

    def stack(self, parts: Sequence[Any], /, *, axis: int = -1) -> Any: ...
    def sum(self, x: Any, /, *, axis: int | tuple[int, ...] = -1) -> Any:
        """The sum along one or more axes, kept with size 1."""
