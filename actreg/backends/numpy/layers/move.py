"""Layers that put values elsewhere or take some of them: reshape, permute, select; and the mean over an axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from actreg.backends.numpy.layers.base import Array, Arrays, Gradients, Layer, LayerPullback, Run


@dataclass(frozen=True)
class Reshape(Layer):
    """(N, …) -> (N, *shape), in C order; a view where memory allows."""

    shape: tuple[int, ...]

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """The same values in other sizes."""
        return inputs[0].reshape(inputs[0].shape[0], *self.shape)

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps x's shape."""
        before = inputs[0].shape
        return self.evaluate(inputs, parameters), lambda grad, _: Gradients((grad.reshape(before),), {})


@dataclass(frozen=True)
class Permute(Layer):
    """The axes in another order, a view; `axes` counts the batch, which stays in front."""

    axes: tuple[int, ...]

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """x with its axes moved."""
        return inputs[0].transpose(0, *self.axes)

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps nothing."""
        back = np.argsort((0, *self.axes))
        return self.evaluate(inputs, parameters), lambda grad, _: Gradients((grad.transpose(back),), {})


@dataclass(frozen=True)
class Select(Layer):
    """Entry `index` of `axis`, which is dropped; a view. The axis counts the batch."""

    index: int
    axis: int

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """x without the axis."""
        return inputs[0][self._place()]

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps x's shape."""
        shape = inputs[0].shape

        def pullback(grad: Array, wanted: bool) -> Gradients:
            total = np.zeros(shape, dtype=grad.dtype)
            total[self._place()] = grad
            return Gradients((total,), {})

        return self.evaluate(inputs, parameters), pullback

    def _place(self) -> tuple[slice | int, ...]:
        return (*(slice(None),) * self.axis, self.index)


@dataclass(frozen=True)
class Mean(Layer):
    """The mean over `axis`, which is dropped. The axis counts the batch."""

    axis: int

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """x without the axis."""
        return np.asarray(np.mean(inputs[0], axis=self.axis))

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps the axis's size."""
        size = inputs[0].shape[self.axis]

        def pullback(grad: Array, wanted: bool) -> Gradients:
            return Gradients((np.repeat(np.expand_dims(grad / size, self.axis), size, self.axis),), {})

        return self.evaluate(inputs, parameters), pullback
