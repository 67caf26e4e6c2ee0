"""The namespace of operations over torch, bound to a dtype and a device.

Requirements:

- Every operation is differentiable by torch and works in place on nothing, so that it runs under autograd, under
  `torch.func` transforms and under compilers alike.
- Stable at ±inf, values and gradients: whatever decays goes through exp(-|x|).
- Constants take the bound dtype, whatever torch's default dtype is.
- Where two branches meet, the gradient is one side's, and the same side's in every term of a sum: torch's own `abs` and
  `maximum` give half a gradient there, which breaks softplus at 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import torch

_SQRT_HALF: Final = math.sqrt(0.5)
_DENSITY: Final = 1.0 / math.sqrt(2.0 * math.pi)


class TorchNamespace:
    """`xp` for formulas on tensors of one dtype on one device."""

    def __init__(self, dtype: torch.dtype, device: torch.device) -> None:
        self.dtype = dtype
        self.device = device

    def array(self, x: Any) -> torch.Tensor:
        """x as a tensor; a Python number becomes a 0-d one of the bound dtype."""
        return x if isinstance(x, torch.Tensor) else torch.full((), x, dtype=self.dtype, device=self.device)

    def abs(self, x: Any) -> Any:
        """The absolute value; its slope at 0 is 0."""
        return torch.abs(self.array(x))

    def atan(self, x: Any) -> Any:
        """The arc tangent."""
        return torch.atan(self.array(x))

    def cos(self, x: Any) -> Any:
        """The cosine."""
        return torch.cos(self.array(x))

    def cosh(self, x: Any) -> Any:
        """The hyperbolic cosine."""
        return torch.cosh(self.array(x))

    def erf(self, x: Any) -> Any:
        """The error function."""
        return torch.erf(self.array(x))

    def erfc(self, x: Any) -> Any:
        """1 - erf(x), without cancellation."""
        return torch.erfc(self.array(x))

    def exp(self, x: Any) -> Any:
        """The exponential."""
        return torch.exp(self.array(x))

    def expm1(self, x: Any) -> Any:
        """exp(x) - 1, without cancellation."""
        return torch.expm1(self.array(x))

    def floor(self, x: Any) -> Any:
        """The largest integer not above x."""
        return torch.floor(self.array(x))

    def gate(self, x: Any, p: Any) -> Any:
        """x·p; where p is 0, a zero with the sign of x·p, although x may be infinite."""
        if isinstance(p, float | int) and p != 0:
            return x * p
        x, p = self.array(x), self.array(p)
        held = torch.logical_and(torch.eq(p, 0), torch.isinf(x))
        return self.where(held, self.where(torch.lt(x, 0), -1.0, 1.0), x) * p

    def isinf(self, x: Any) -> Any:
        """Where x is infinite."""
        return torch.isinf(self.array(x))

    def isnan(self, x: Any) -> Any:
        """Where x is NaN."""
        return torch.isnan(self.array(x))

    def log(self, x: Any) -> Any:
        """The natural logarithm."""
        return torch.log(self.array(x))

    def log1p(self, x: Any) -> Any:
        """log(1 + x), without cancellation."""
        return torch.log1p(self.array(x))

    def maximum(self, a: Any, b: Any) -> Any:
        """The larger; NaN where either is. On a tie the gradient is a's."""
        a, b = self.array(a), self.array(b)
        return torch.where(torch.logical_or(torch.ge(a, b), torch.isnan(a)), a, b)

    def minimum(self, a: Any, b: Any) -> Any:
        """The smaller; NaN where either is. On a tie the gradient is a's."""
        a, b = self.array(a), self.array(b)
        return torch.where(torch.logical_or(torch.le(a, b), torch.isnan(a)), a, b)

    def normal_pair(self, x: Any) -> tuple[Any, Any]:
        """The standard normal's distribution, erfc(-x/√2)/2, and density."""
        x = self.array(x)
        return 0.5 * torch.erfc(x * -_SQRT_HALF), _DENSITY * torch.exp(-0.5 * (x * x))

    def sigmoid(self, x: Any) -> Any:
        """1 / (1 + exp(-x)), through exp(-|x|), which neither overflows nor loses the tail."""
        x = self.array(x)
        e = self._decay(x)
        return torch.where(torch.lt(x, 0), e, 1.0) / (1.0 + e)

    def sigmoid_pair(self, x: Any) -> tuple[Any, Any]:
        """The sigmoid and its slope e / (1 + e)²."""
        x = self.array(x)
        e = self._decay(x)
        whole = 1.0 + e
        return torch.where(torch.lt(x, 0), e, 1.0) / whole, e / whole / whole

    def sign(self, x: Any) -> Any:
        """-1, 0 or 1; NaN of NaN."""
        x = self.array(x)
        return torch.where(torch.isnan(x), x, torch.sign(x))

    def sin(self, x: Any) -> Any:
        """The sine."""
        return torch.sin(self.array(x))

    def sinh(self, x: Any) -> Any:
        """The hyperbolic sine."""
        return torch.sinh(self.array(x))

    def softplus(self, x: Any) -> Any:
        """log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|))."""
        x = self.array(x)
        return self.maximum(x, 0.0) + torch.log1p(self._decay(x))

    def sqrt(self, x: Any) -> Any:
        """The square root."""
        return torch.sqrt(self.array(x))

    def tanh(self, x: Any) -> Any:
        """The hyperbolic tangent."""
        return torch.tanh(self.array(x))

    def tanh_pair(self, x: Any) -> tuple[Any, Any]:
        """tanh and sech² = 4e / (1 + e)², e = exp(-2|x|)."""
        x = self.array(x)
        e = self._decay(2.0 * x)
        whole = 1.0 + e
        return torch.tanh(x), 4.0 * e / whole / whole

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        """a where the condition holds, b elsewhere."""
        if not isinstance(a, torch.Tensor) and not isinstance(b, torch.Tensor):
            a = self.array(a)
        return torch.where(condition, a, b)

    def concat(self, parts: Sequence[Any], *, axis: int = -1) -> Any:
        """Joins arrays along an axis."""
        return torch.cat(list(parts), dim=axis)

    def cumsum(self, x: Any, *, axis: int = -1) -> Any:
        """Running sums."""
        return torch.cumsum(x, dim=axis)

    def flip(self, x: Any, *, axis: int = -1) -> Any:
        """Reversed along an axis."""
        return torch.flip(x, dims=(axis,))

    def matmul(self, a: Any, b: Any) -> Any:
        """The matrix product."""
        return torch.matmul(a, b)

    def max(self, x: Any, *, axis: int = -1) -> Any:
        """The largest along an axis, kept; -inf of nothing."""
        if x.shape[axis] == 0:
            shape = [1 if place == axis % x.ndim else size for place, size in enumerate(x.shape)]
            return torch.full(shape, -math.inf, dtype=x.dtype, device=x.device)
        return torch.amax(x, dim=axis, keepdim=True)

    def moveaxis(self, x: Any, source: int, destination: int) -> Any:
        """One axis in another place, in C order: a sum's bits depend on strides, and may not."""
        return torch.movedim(x, source, destination).contiguous() if x.ndim else x

    def pick_max(self, x: Any, *, axis: int = -1) -> tuple[Any, Any]:
        """The largest along an axis, dropped, and the mask of its first winner; a NaN wins."""
        top = torch.amax(x, dim=axis, keepdim=True)
        wins = torch.logical_or(torch.eq(x, top), torch.isnan(x))
        won = torch.logical_and(wins, torch.eq(torch.cumsum(wins, dim=axis), 1))
        index = torch.argmax(won.to(torch.uint8), dim=axis, keepdim=True)
        return torch.squeeze(torch.gather(x, axis, index), dim=axis), won

    def reshape(self, x: Any, shape: tuple[int, ...]) -> Any:
        """The same elements in another shape."""
        return torch.reshape(x, shape)

    def sort(self, x: Any, *, axis: int = -1) -> Any:
        """Ascending; equal elements keep their order."""
        return torch.sort(x, dim=axis, stable=True).values

    def stack(self, parts: Sequence[Any], *, axis: int = -1) -> Any:
        """Joins arrays along a new axis."""
        return torch.stack(list(parts), dim=axis)

    def sum(self, x: Any, *, axis: int | tuple[int, ...] = -1) -> Any:
        """The sum along axes, kept."""
        return torch.sum(x, dim=axis, keepdim=True)

    @staticmethod
    def _decay(x: torch.Tensor) -> torch.Tensor:
        """exp(-|x|), with the slope of x >= 0 at 0."""
        return torch.exp(torch.where(torch.lt(x, 0), x, -x))
