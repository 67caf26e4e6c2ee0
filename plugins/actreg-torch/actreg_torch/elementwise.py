"""Elementwise formulas as maps whose derivatives of every order are maps of the same form.

Requirements:

- A map is a sum of terms; a term is a partial derivative of the formula times some factors (incoming gradients and
  tangents). It is computed wide and rounded once, from tensors in their own dtypes.
- Gradients of parameters are summed over the axes along which they were broadcast, before they are rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from actreg_torch.maps import Gradients, Map, Run, Tensor, Tensors
from actreg_torch.namespace import TorchNamespace
from actreg_torch.partials import partial
from actreg_torch.rounding import narrow, wide_dtype, widen


@dataclass(frozen=True)
class Part:
    """∂(formula) / ∂(order) times the tensors in the places `factors`."""

    order: tuple[str, ...] = ()
    factors: tuple[int, ...] = ()

    def by(self, place: int, names: tuple[str, ...], factor: int) -> Part | None:
        """The derivative by the tensor in a place, times a new factor; None where it does not occur."""
        if place < len(names):
            return Part((*self.order, names[place]), (factor, *self.factors))
        if place in self.factors:
            return Part(self.order, tuple(factor if old == place else old for old in self.factors))
        return None


@dataclass(frozen=True)
class Terms:
    """A sum of parts, of tensors that are the variables in `names` (x first), each broadcasting to x, and then factors.

    fixed: variables without a gradient. wide: the result stays wide, for sums.
    """

    act: Any
    names: tuple[str, ...]
    fixed: tuple[str, ...]
    parts: tuple[Part, ...]
    wide: bool = False

    def evaluate(self, tensors: Tensors) -> Tensor:
        """The sum, in x's shape."""
        x = tensors[0]
        variables = [widen(tensor) for tensor in tensors[: len(self.names)]]
        xp = TorchNamespace(wide_dtype(x.device), x.device)
        values = [self._part(part, xp, variables, tensors) for part in self.parts]
        total = sum(values[1:], values[0]) if values else torch.zeros_like(variables[0])
        return total if self.wide else narrow(total, x.dtype)

    def pullback(self, tensors: Tensors, grad: Tensor, wanted: Sequence[bool], run: Run) -> Gradients:
        """One sum of terms for each wanted tensor."""
        given = (*tensors, grad)
        found: list[Tensor | None] = []
        for place, tensor in enumerate(tensors):
            if not wanted[place] or self._is_fixed(place):
                found.append(None)
            else:
                found.append(_fitted(run(self.by({place: len(tensors)}, wide=place > 0), given), tensor))
        return tuple(found)

    def push(self, count: int, moving: tuple[int, ...]) -> Map:
        """The sum of the derivatives by every tensor that moves."""
        return self.by({place: count + number for number, place in enumerate(moving)}, wide=self.wide)

    def by(self, factors: dict[int, int], *, wide: bool = False) -> Terms:
        """The sum of the derivatives by the tensors in some places, each times a factor in another place."""
        derived = [
            part.by(place, self.names, factor)
            for place, factor in factors.items()
            if not self._is_fixed(place)
            for part in self.parts
        ]
        return replace(self, parts=tuple(part for part in derived if part is not None), wide=wide)

    def _part(self, part: Part, xp: TorchNamespace, variables: Tensors, tensors: Tensors) -> Tensor:
        value = xp.array(partial(self.act, xp, dict(zip(self.names, variables, strict=True)), part.order))
        value = _filled(value, variables)
        for place in part.factors:
            value = widen(tensors[place]) * value
        return value

    def _is_fixed(self, place: int) -> bool:
        return place < len(self.names) and self.names[place] in self.fixed


def _fitted(value: Tensor, tensor: Tensor) -> Tensor:
    """The value summed to the tensor's shape and rounded to its dtype."""
    over = [place for place, size in enumerate(tensor.shape) if size != value.shape[place]]
    if over:
        value = torch.sum(value, dim=over, keepdim=True)
    return narrow(value, tensor.dtype)


def _filled(value: Tensor, variables: Tensors) -> Tensor:
    """The value in x's shape, never one of the variables itself."""
    if value.shape != variables[0].shape:
        return value.expand(variables[0].shape).clone()
    return value.clone() if any(value is variable for variable in variables) else value
