"""Inverted dropout: zeros with probability p, the rest scaled by 1 / (1 - p).

N. Srivastava et al., 2014, JMLR 15:1929.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from actreg.backends.numpy.layers.base import Array, Arrays, Gradients, Layer, LayerPullback, Run


@dataclass(frozen=True)
class Dropout(Layer):
    """torch.nn.Dropout: the identity in evaluation. The draw depends on the shape alone, not on dtype or strides."""

    p: float

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """x itself."""
        return inputs[0]

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps the mask, already scaled; p = 0 draws nothing."""
        (x,) = inputs
        if not run.training or self.p == 0.0:
            return x, lambda grad, _: Gradients((grad,), {})
        scale = 1.0 / (1.0 - self.p) if self.p < 1.0 else 0.0
        kept: Array = np.asarray(run.generator.random(x.shape, dtype=np.float32) >= self.p)
        mask = kept.astype(x.dtype)
        mask *= scale
        return x * mask, lambda grad, _: Gradients((grad * mask,), {})
