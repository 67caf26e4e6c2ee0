"""Formulas that work along an axis (axiswise, gated, expanding, projection) as maps.

Requirements:

- The gradient is the author's pullback, computed wide and rounded once.
- The pullback is made of differentiable operations, so that torch itself takes it to higher orders.
- Forward mode is the transpose of the pullback, which is linear in the incoming gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from actreg import interpret
from actreg_torch.maps import Gradients, Map, Run, Tensor, Tensors, plain
from actreg_torch.namespace import TorchNamespace
from actreg_torch.partials import X
from actreg_torch.rounding import narrow, wide_dtype, widen


@dataclass(frozen=True)
class Lines:
    """An activation and its extras' names, in the order in which their tensors follow x; `fixed` have no gradient."""

    act: Any
    names: tuple[str, ...]
    fixed: tuple[str, ...] = ()

    def evaluate(self, tensors: Tensors) -> Tensor:
        """The activation of x, in x's dtype."""
        x, *extras = (widen(tensor) for tensor in tensors)
        result = self._value(x, extras)
        return narrow(result.clone() if result is x else result, tensors[0].dtype)

    def pullback(self, tensors: Tensors, grad: Tensor, wanted: Sequence[bool], run: Run) -> Gradients:
        """The author's pullback, from a value that was not rounded."""
        x, *extras = (widen(tensor) for tensor in tensors)
        named = dict(zip(self.names, extras, strict=True))
        found = interpret.pullback(self.act, _space(x), x, self._value(x, extras), widen(grad), named)
        return tuple(
            narrow(found[name], tensor.dtype) if want and name not in self.fixed else None
            for name, tensor, want in zip((X, *self.names), tensors, wanted, strict=True)
        )

    def push(self, count: int, moving: tuple[int, ...]) -> Map:
        """By transposing the pullback."""
        return Pushed(self, count, moving)

    def _value(self, x: Tensor, extras: Tensors) -> Tensor:
        named = dict(zip(self.names, extras, strict=True))
        return interpret.value(self.act, _space(x), x, named)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Pushed:
    """The derivative of a map along tangents."""

    inner: Map
    count: int
    moving: tuple[int, ...]

    def evaluate(self, tensors: Tensors) -> Tensor:
        """The transpose of the inner pullback, applied to the tangents."""
        primals, tangents = tensors[: self.count], tensors[self.count :]
        wanted = [place in self.moving for place in range(self.count)]

        def pull(grad: Tensor) -> tuple[Tensor, ...]:
            found = self.inner.pullback(primals, grad, wanted, plain)
            return tuple(_present(found[place], primals[place]) for place in self.moving)

        found: Any = torch.func.vjp(pull, torch.zeros_like(self.inner.evaluate(primals)))
        gradient: Tensor = found[1](tuple(tangents))[0]
        # The transpose of a sum is broadcast, and torch wants a tangent laid out as its value is.
        return gradient.contiguous()

    def pullback(self, tensors: Tensors, grad: Tensor, wanted: Sequence[bool], run: Run) -> Gradients:
        """By torch, through `evaluate`."""
        found: Any = torch.func.vjp(lambda *given: self.evaluate(given), *tensors)
        return tuple(found[1](grad))

    def push(self, count: int, moving: tuple[int, ...]) -> Map:
        """Once more."""
        return Pushed(self, count, moving)


def _present(gradient: Tensor | None, tensor: Tensor) -> Tensor:
    return torch.zeros_like(tensor) if gradient is None else gradient


def _space(x: Tensor) -> Any:
    return TorchNamespace(wide_dtype(x.device), x.device)
