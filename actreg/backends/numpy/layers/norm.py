"""Normalisation over the batch or over trailing axes, each followed by a scale and a shift.

Requirements:

- Variances come from centred values, so that a large mean costs no digits.
- Batch normalisation in training uses the batch's own mean and biased variance, and moves its running mean and
  unbiased running variance by `momentum`; in evaluation it uses those.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from actreg.backends.numpy.layers.base import Array, Arrays, Gradients, Layer, LayerPullback, Run
from actreg.backends.numpy.layers.layout import batch_first, batch_last
from actreg.errors import InputError


@dataclass(frozen=True)
class BatchNorm(Layer):
    """torch.nn.BatchNorm1d and 2d (Ioffe and Szegedy, 2015, arXiv:1502.03167); axis 1 is the channel.

    Reads ``weight``, ``bias`` and the buffers ``running_mean``, ``running_var``, all (C,).
    """

    buffers: ClassVar[tuple[str, ...]] = ("running_mean", "running_var")

    eps: float
    momentum: float

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """x (N, C, …) -> the same shape."""
        x = batch_last(inputs[0])
        scale = parameters["weight"] * _inverse_root(parameters["running_var"], self.eps)
        y = x - _over(parameters["running_mean"], x)
        y *= _over(scale, x)
        y += _over(parameters["bias"], x)
        return batch_first(y)

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps the centred input. Raises InputError in training where a channel has fewer than two values."""
        x = batch_last(inputs[0])
        flat = x.reshape(x.shape[0], -1)
        count = flat.shape[1]
        if run.training:
            if count < 2:
                raise InputError(f"batch_norm in training needs more than {count} value(s) in each channel: {_SHORT}")
            mean = np.mean(flat, axis=1)
        else:
            mean = parameters["running_mean"]
        centred = flat - mean[:, None]
        variance = np.vecdot(centred, centred) / count if run.training else parameters["running_var"]
        inverse = _inverse_root(variance, self.eps)
        if run.training:
            self._move(parameters, mean, variance * (count / (count - 1)))
        scale = parameters["weight"] * inverse
        y = centred * scale[:, None]
        y += parameters["bias"][:, None]

        def pullback(grad: Array, wanted: bool) -> Gradients:
            incoming = batch_last(grad).reshape(flat.shape)
            slope = np.vecdot(incoming, centred) * inverse
            shift = incoming @ np.ones(count, dtype=flat.dtype)
            found = {"weight": slope, "bias": shift}
            if not wanted:
                return Gradients((), found)
            through = incoming
            if run.training:
                through = incoming - (shift / count)[:, None]
                through -= centred * (slope * inverse / count)[:, None]
            return Gradients((batch_first((through * scale[:, None]).reshape(x.shape)),), found)

        return batch_first(y.reshape(x.shape)), pullback

    def _move(self, parameters: Arrays, mean: Array, variance: Array) -> None:
        for name, value in zip(self.buffers, (mean, variance), strict=True):
            buffer = parameters[name]
            buffer *= 1.0 - self.momentum
            buffer += self.momentum * value


_SHORT = "pass a larger batch, or evaluate"


@dataclass(frozen=True)
class LayerNorm(Layer):
    """torch.nn.LayerNorm (Ba et al., 2016, arXiv:1607.06450), over the trailing axes that ``weight`` spans."""

    eps: float

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """x (…, *shape) -> the same shape."""
        normalised, _ = self._normalised(inputs[0], parameters)
        normalised *= parameters["weight"].reshape(-1)
        normalised += parameters["bias"].reshape(-1)
        return normalised.reshape(inputs[0].shape)

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps the normalised input and each row's inverse deviation."""
        (x,) = inputs
        normalised, inverse = self._normalised(x, parameters)
        weight, bias = parameters["weight"], parameters["bias"]
        y = normalised * weight.reshape(-1)
        y += bias.reshape(-1)

        def pullback(grad: Array, wanted: bool) -> Gradients:
            rows = grad.reshape(normalised.shape)
            ones = np.ones(len(rows), dtype=rows.dtype)
            found = {
                "weight": (ones @ (rows * normalised)).reshape(weight.shape),
                "bias": (ones @ rows).reshape(bias.shape),
            }
            if not wanted:
                return Gradients((), found)
            through = rows * weight.reshape(-1)
            slope = np.vecdot(through, normalised)[:, None] / normalised.shape[1]
            through -= np.mean(through, axis=1, keepdims=True)
            through -= normalised * slope
            through *= inverse
            return Gradients((through.reshape(x.shape),), found)

        return y.reshape(x.shape), pullback

    def _normalised(self, x: Array, parameters: Arrays) -> tuple[Array, Array]:
        """Rows (count, size) of mean 0 and variance 1, a fresh array, and 1 / deviation (count, 1)."""
        size = parameters["weight"].size
        rows = x.reshape(x.size // size, size)
        centred = rows - np.mean(rows, axis=1, keepdims=True)
        variance = np.vecdot(centred, centred)[:, None] / size
        inverse = _inverse_root(variance, self.eps)
        centred *= inverse
        return centred, inverse


def _inverse_root(variance: Array, eps: float) -> Array:
    return np.asarray(1.0 / np.sqrt(variance + eps))


def _over(channels: Array, x: Array) -> Array:
    """(C,) shaped to broadcast over x (C, …)."""
    return channels.reshape(-1, *(1,) * (x.ndim - 1))
