"""Division by the root mean square over trailing axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from actreg.backends.numpy.layers.base import Array, Arrays, Gradients, Layer, LayerPullback, Run


@dataclass(frozen=True)
class RMSNorm(Layer):
    """torch.nn.RMSNorm (Zhang and Sennrich, 2019, arXiv:1910.07467), over the trailing axes that ``weight`` spans."""

    eps: float

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """x (…, *shape) -> the same shape."""
        normalised, _ = self._normalised(inputs[0], parameters["weight"].size)
        normalised *= parameters["weight"].reshape(-1)
        return normalised.reshape(inputs[0].shape)

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps the normalised input and each row's inverse root mean square."""
        (x,) = inputs
        weight = parameters["weight"]
        normalised, inverse = self._normalised(x, weight.size)

        def pullback(grad: Array, wanted: bool) -> Gradients:
            rows = grad.reshape(normalised.shape)
            found = {"weight": (np.ones(len(rows), dtype=rows.dtype) @ (rows * normalised)).reshape(weight.shape)}
            if not wanted:
                return Gradients((), found)
            through = rows * weight.reshape(-1)
            through -= normalised * (np.vecdot(through, normalised)[:, None] / weight.size)
            through *= inverse
            return Gradients((through.reshape(x.shape),), found)

        return (normalised * weight.reshape(-1)).reshape(x.shape), pullback

    def _normalised(self, x: Array, size: int) -> tuple[Array, Array]:
        """Rows (count, size) of mean square 1, a fresh array, and what each was multiplied by (count, 1)."""
        rows = x.reshape(x.size // size, size)
        inverse = np.asarray(1.0 / np.sqrt(np.vecdot(rows, rows)[:, None] / size + self.eps))
        return rows * inverse, inverse
