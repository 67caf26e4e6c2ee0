"""Maps that know their own gradients, as torch functions.

Requirements:

- Saves the map's inputs and nothing else.
- Works under autograd, double backward, forward mode, vmap and their compositions.
- What does not move has no tangent, rather than one of zeros: 0 times an infinite partial derivative would be NaN.
- Forward mode is a function of the same form again: torch turns forward mode off inside a function's `jvp`, so plain
  operations there would lose the tangents of an outer level without a word.
- `torch.compile` refuses a function with `jvp`, so it gets a twin without.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch.autograd import Function

Tensor = torch.Tensor
Tensors = Sequence[Tensor]
Gradients = tuple[Tensor | None, ...]


class Map(Protocol):
    """A differentiable map from several tensors to one."""

    def evaluate(self, tensors: Tensors) -> Tensor:
        """The value, by plain operations."""

    def pullback(self, tensors: Tensors, grad: Tensor, wanted: Sequence[bool], run: Run) -> Gradients:
        """The gradient of every wanted tensor, in its shape and dtype; None for the others.

        run: how to evaluate a map that this one's gradient is made of.
        """

    def push(self, count: int, moving: tuple[int, ...]) -> Map:
        """The derivative along tangents: a map of the `count` tensors, then of the tangents of those in `moving`."""


Run = Callable[[Map, Tensors], Tensor]


class Traced(Function):
    """A map under autograd, for compilers; its gradient is made of plain operations."""

    generate_vmap_rule = True

    @staticmethod
    def forward(given: Map, *tensors: Tensor) -> Any:
        """The value."""
        return given.evaluate(tensors)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Saves what came in."""
        ctx.map, *tensors = inputs
        ctx.save_for_backward(*tensors)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """The pullback."""
        return (None, *ctx.map.pullback(ctx.saved_tensors, grads[0], ctx.needs_input_grad[1:], plain))


class Differentiable(Function):
    """A map under autograd, with forward mode; its gradient can be differentiated again."""

    generate_vmap_rule = True

    @staticmethod
    def forward(given: Map, *tensors: Tensor) -> Any:
        """The value."""
        return given.evaluate(tensors)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Saves what came in."""
        ctx.map, *tensors = inputs
        ctx.save_for_backward(*tensors)
        ctx.save_for_forward(*tensors)
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """The pullback."""
        if grads[0] is None:
            return (None,) * len(ctx.needs_input_grad)
        return (None, *ctx.map.pullback(ctx.saved_tensors, grads[0], ctx.needs_input_grad[1:], differentiable))

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        """The derivative along the tangents that there are."""
        tensors = ctx.saved_tensors
        moving = {place: tangent for place, tangent in enumerate(tangents[1:]) if tangent is not None}
        return differentiable(ctx.map.push(len(tensors), tuple(moving)), (*tensors, *moving.values()))


def plain(given: Map, tensors: Tensors) -> Tensor:
    """The map's value, by plain operations."""
    return given.evaluate(tensors)


def differentiable(given: Map, tensors: Tensors) -> Tensor:
    """The map's value, with its own gradient."""
    return Differentiable.apply(given, *tensors)  # type: ignore[no-any-return, no-untyped-call]


def run(given: Map, tensors: Tensors) -> Tensor:
    """The map's value with its own gradient, also where a compiler is looking."""
    if torch.compiler.is_compiling():
        return Traced.apply(given, *tensors)  # type: ignore[no-any-return, no-untyped-call]
    return differentiable(given, tensors)
