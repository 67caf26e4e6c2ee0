"""Depthwise convolution: one filter for each channel.

Requirements:

- No matrix of columns, which would be as many times the image as a filter has cells for a product of one row: each cell
  of the filter scales its view of the image and is added up, in blocks of channels that stay in cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from actreg.backends.numpy.layers.base import Array, Arrays, Gradients, Layer, LayerPullback, Run
from actreg.backends.numpy.layers.layout import Pair, batch_first, batch_last, cells, padded, unpadded, window_counts

BLOCK: Final = 1 << 16
"""Elements of one block of the output; one channel may exceed it."""


@dataclass(frozen=True)
class DepthwiseConv2d(Layer):
    """torch.nn.Conv2d with as many groups as it has channels, before and after it.

    Reads ``weight`` (C, 1, kh, kw) and, where there is one, ``bias`` (C,).
    """

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair = (1, 1)

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """x (N, C, H, W) -> (N, C, oh, ow)."""
        x = batch_last(inputs[0])
        weight = _filters(parameters["weight"])
        y = np.empty(self._output_shape(x), dtype=x.dtype)
        for part, scaled in _blocks(y):
            views = self._cells(padded(x[part], self.padding))
            np.multiply(next(views), weight[0, part], out=y[part])
            for place, cell in enumerate(views, start=1):
                y[part] += np.multiply(cell, weight[place, part], out=scaled)
        if "bias" in parameters:
            y += parameters["bias"][:, None, None, None]
        return batch_first(y)

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps x."""
        x = batch_last(inputs[0])
        weight = _filters(parameters["weight"])

        def pullback(grad: Array, wanted: bool) -> Gradients:
            incoming = batch_last(grad)
            slopes = np.empty(weight.shape[:2], dtype=x.dtype)
            total = np.empty(x.shape if wanted else (0, *x.shape[1:]), dtype=x.dtype)
            for part, scaled in _blocks(incoming):
                full = padded(x[part], self.padding)
                for place, cell in enumerate(self._cells(full)):
                    np.multiply(cell, incoming[part], out=scaled)
                    slopes[place, part] = np.sum(scaled.reshape(len(scaled), -1), axis=1)
                if wanted:
                    back = np.zeros_like(full)
                    for place, cell in enumerate(self._cells(back)):
                        cell += np.multiply(incoming[part], weight[place, part], out=scaled)
                    total[part] = unpadded(back, self.padding)
            found = {"weight": slopes.T.reshape(parameters["weight"].shape)}
            if "bias" in parameters:
                found["bias"] = np.sum(incoming.reshape(len(incoming), -1), axis=1)
            return Gradients((batch_first(total),) if wanted else (), found)

        return self.evaluate(inputs, parameters), pullback

    def _cells(self, full: Array) -> Iterator[Array]:
        return cells(full, self.kernel, self.stride, self.dilation)

    def _output_shape(self, x: Array) -> tuple[int, int, int, int]:
        size = (x.shape[1] + 2 * self.padding[0], x.shape[2] + 2 * self.padding[1])
        return (x.shape[0], *window_counts(size, self.kernel, self.stride, self.dilation), x.shape[3])


def _filters(weight: Array) -> Array:
    """weight (C, 1, kh, kw) as (kh · kw, C, 1, 1, 1)."""
    return np.ascontiguousarray(weight.reshape(len(weight), -1).T)[:, :, None, None, None]


def _blocks(y: Array) -> Iterator[tuple[slice, Array]]:
    """Blocks of channels of y (C, oh, ow, N), each with an array of its shape to work in."""
    each = y.shape[1] * y.shape[2] * y.shape[3]
    step = max(1, BLOCK // max(1, each))
    work = np.empty((min(step, len(y)), *y.shape[1:]), dtype=y.dtype)
    for start in range(0, len(y), step):
        part = slice(start, min(start + step, len(y)))
        yield part, work[: part.stop - start]
