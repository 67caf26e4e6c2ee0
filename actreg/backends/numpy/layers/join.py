"""Layers that make one value of several: sum, product, concatenation.

Inputs may be one array several times: each place gets its gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from actreg.backends.numpy.layers.base import Array, Arrays, Gradients, Layer, LayerPullback, Run


@dataclass(frozen=True)
class Add(Layer):
    """The sum of its inputs, which have one shape."""

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """Summed from the first to the last."""
        total = inputs[0]
        for x in inputs[1:]:
            total = total + x
        return total

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps nothing; every input's gradient is the incoming one itself."""
        count = len(inputs)
        return self.evaluate(inputs, parameters), lambda grad, _: Gradients((grad,) * count, {})


@dataclass(frozen=True)
class Mul(Layer):
    """The product of its inputs, element by element; an axis of size 1 is stretched."""

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """Multiplied from the first to the last."""
        return _product(inputs)

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps its inputs; each one's gradient is the incoming one times the others, summed where it was stretched."""

        def pullback(grad: Array, wanted: bool) -> Gradients:
            if not wanted:
                return Gradients((), {})
            found = []
            for place, x in enumerate(inputs):
                others = (*inputs[:place], *inputs[place + 1 :])
                found.append(_unstretched(_product((grad, *others)), x.shape))
            return Gradients(tuple(found), {})

        return _product(inputs), pullback


def _product(arrays: Sequence[Array]) -> Array:
    total = arrays[0]
    for x in arrays[1:]:
        total = total * x
    return total


def _unstretched(grad: Array, shape: tuple[int, ...]) -> Array:
    axes = tuple(axis for axis, size in enumerate(shape) if size == 1 and grad.shape[axis] != 1)
    total: Array = np.sum(grad, axis=axes, keepdims=True) if axes else grad
    return total


@dataclass(frozen=True)
class Concat(Layer):
    """Its inputs one after the other along an axis, the batch counted; on the other axes they have equal sizes."""

    axis: int

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """From the first to the last."""
        return np.concatenate(inputs, axis=self.axis)

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps sizes alone; every input's gradient is its part of the incoming one."""
        ends = np.cumsum([x.shape[self.axis] for x in inputs])[:-1]

        def pullback(grad: Array, wanted: bool) -> Gradients:
            return Gradients(tuple(np.split(grad, ends, axis=self.axis)) if wanted else (), {})

        return self.evaluate(inputs, parameters), pullback
