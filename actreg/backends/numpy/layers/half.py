"""Layers in float16 and bfloat16: computed in float32 and rounded once at the end.

Requirements:

- NumPy has no matrix product of half precisions, and sums in them lose everything: inputs and parameters are widened
  (exactly), outputs and gradients rounded.
- Buffers keep the network's dtype, as torch's do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from actreg.backends.numpy.layers.base import Array, Arrays, Gradients, Layer, LayerPullback, Run


@dataclass(frozen=True)
class ThroughFloat32(Layer):
    """`inner`, computed in float32; results in `dtype`. Token ids stay as they are."""

    inner: Layer
    dtype: np.dtype[np.generic]

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """The inner layer's output, rounded."""
        wide = self.inner.evaluate(_widened(inputs), _widened_parameters(parameters))
        return wide.astype(self.dtype)

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """The inner layer's, rounded; buffers that it moved are written back."""
        dtype = self.dtype
        wide_parameters = _widened_parameters(parameters)
        y, inner = self.inner.vjp(_widened(inputs), wide_parameters, run)
        if run.training:
            for name in self.inner.buffers:
                parameters[name][...] = wide_parameters[name].astype(dtype)

        def pullback(grad: Array, wanted: bool) -> Gradients:
            found = inner(grad.astype(np.float32), wanted)
            narrow = {name: value.astype(dtype) for name, value in found.parameters.items()}
            return Gradients(tuple(value.astype(dtype) for value in found.inputs), narrow)

        return y.astype(dtype), pullback


def _widened(inputs: tuple[Array, ...]) -> tuple[Array, ...]:
    return tuple(x if np.issubdtype(x.dtype, np.integer) else x.astype(np.float32) for x in inputs)


def _widened_parameters(parameters: Arrays) -> dict[str, Array]:
    return {name: array.astype(np.float32) for name, array in parameters.items()}
