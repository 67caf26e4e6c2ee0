"""The affine layer along the last axis: y = x Wᵀ + b, W of shape (out, in)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from actreg.backends.numpy.layers.base import Array, Arrays, Gradients, Layer, LayerPullback, Run


@dataclass(frozen=True)
class Linear(Layer):
    """torch.nn.Linear; reads ``weight`` (out, in) and, where there is one, ``bias`` (out,)."""

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """x (…, in) -> (…, out)."""
        (x,) = inputs
        weight = parameters["weight"]
        y = rows_of(x) @ weight.T
        if "bias" in parameters:
            y += parameters["bias"]
        return y.reshape(*x.shape[:-1], weight.shape[0])

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps x."""
        (x,) = inputs
        weight = parameters["weight"]

        def pullback(grad: Array, wanted: bool) -> Gradients:
            rows = rows_of(grad)
            found = {"weight": rows.T @ rows_of(x)}
            if "bias" in parameters:
                found["bias"] = np.ones(len(rows), dtype=rows.dtype) @ rows
            return Gradients(((rows @ weight).reshape(x.shape),) if wanted else (), found)

        return self.evaluate(inputs, parameters), pullback


def rows_of(x: Array) -> Array:
    """x (…, n) as a matrix of rows; an empty batch has no row."""
    return x.reshape(x.size // x.shape[-1] if x.shape[-1] else 0, x.shape[-1])
