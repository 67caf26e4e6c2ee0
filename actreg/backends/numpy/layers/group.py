"""Normalisation of each sample over groups of channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from actreg.backends.numpy.layers.base import Array, Arrays, Gradients, Layer, LayerPullback, Run


@dataclass(frozen=True)
class GroupNorm(Layer):
    """torch.nn.GroupNorm (Wu and He, 2018, arXiv:1803.08494); reads ``weight`` and ``bias``, both (C,)."""

    groups: int
    eps: float

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """x (N, C, …) -> the same shape."""
        normalised, _ = self._normalised(inputs[0])
        normalised *= parameters["weight"][:, None]
        normalised += parameters["bias"][:, None]
        return normalised.reshape(inputs[0].shape)

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps the normalised input and each group's inverse deviation."""
        (x,) = inputs
        normalised, inverse = self._normalised(x)
        grouped = self._grouped(normalised)
        y = normalised * parameters["weight"][:, None]
        y += parameters["bias"][:, None]

        def pullback(grad: Array, wanted: bool) -> Gradients:
            incoming = grad.reshape(normalised.shape)
            found = {
                "weight": np.sum(incoming * normalised, axis=(0, 2)),
                "bias": np.sum(incoming, axis=(0, 2)),
            }
            if not wanted:
                return Gradients((), found)
            through = self._grouped(incoming * parameters["weight"][:, None])
            slope = np.vecdot(through, grouped)[..., None] / grouped.shape[2]
            through = through - np.mean(through, axis=2, keepdims=True)
            through -= grouped * slope
            through *= inverse
            return Gradients((through.reshape(x.shape),), found)

        return y.reshape(x.shape), pullback

    def _normalised(self, x: Array) -> tuple[Array, Array]:
        """(N, C, cells), each group of mean 0 and variance 1, a fresh array, and 1 / deviation (N, groups, 1)."""
        cells = int(np.prod(x.shape[2:]))
        grouped = self._grouped(x.reshape(x.shape[0], x.shape[1], cells))
        centred = grouped - np.mean(grouped, axis=2, keepdims=True)
        variance = np.vecdot(centred, centred)[..., None] / centred.shape[2]
        inverse = np.asarray(1.0 / np.sqrt(variance + self.eps))
        centred *= inverse
        return centred.reshape(x.shape[0], x.shape[1], cells), inverse

    def _grouped(self, x: Array) -> Array:
        """x (N, C, cells) as (N, groups, C / groups · cells)."""
        return x.reshape(x.shape[0], self.groups, x.shape[1] // self.groups * x.shape[2])
