"""Layers that only give values another shape: flatten."""

from __future__ import annotations

from dataclasses import dataclass

from actreg.backends.numpy.layers.base import Array, Arrays, Gradients, Layer, LayerPullback, Run


@dataclass(frozen=True)
class Flatten(Layer):
    """(N, …) -> (N, product of the rest), in C order; a view where memory allows."""

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """All axes but the batch's become one."""
        (x,) = inputs
        features = 1
        for size in x.shape[1:]:
            features *= size
        return x.reshape(x.shape[0], features)

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps x's shape."""
        shape = inputs[0].shape
        return self.evaluate(inputs, parameters), lambda grad, _: Gradients((grad.reshape(shape),), {})
