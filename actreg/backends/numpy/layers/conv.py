"""Two-dimensional convolution (cross-correlation, as everywhere in deep learning) by matrix products.

Requirements:

- One product per block of images, over a matrix of columns (im2col: Chellapilla et al., 2006) that stays bounded
  however large the batch; the columns are made again for the gradient rather than kept.
- Groups, strides, padding, dilation and any batch size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from actreg.backends.numpy.layers.base import Array, Arrays, Gradients, Layer, LayerPullback, Run
from actreg.backends.numpy.layers.layout import (
    Pair,
    batch_first,
    batch_last,
    cells,
    padded,
    unpadded,
    window_counts,
)

COLUMNS: Final = 1 << 18
"""Elements of the matrix of columns, about a second-level cache; one image may exceed it."""


@dataclass(frozen=True)
class Conv2d(Layer):
    """torch.nn.Conv2d; reads ``weight`` (out, in / groups, kh, kw) and, where there is one, ``bias`` (out,)."""

    kernel: Pair
    stride: Pair
    padding: Pair
    groups: int
    dilation: Pair = (1, 1)

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """x (N, C, H, W) -> (N, out, oh, ow)."""
        x = batch_last(inputs[0])
        weight = self._matrices(parameters["weight"])
        shape = self._output_shape(x, parameters["weight"].shape[0])
        y = np.empty(shape, dtype=x.dtype)
        for part in self._blocks(x):
            columns = self._columns(padded(x[..., part], self.padding))
            y[..., part] = (weight @ columns).reshape(*shape[:3], -1)
        if "bias" in parameters:
            y += parameters["bias"][:, None, None, None]
        return batch_first(y)

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps x."""
        x = batch_last(inputs[0])
        weight = parameters["weight"]

        def pullback(grad: Array, wanted: bool) -> Gradients:
            incoming = batch_last(grad)
            found = {"weight": self._weight_gradient(x, weight, incoming)}
            if "bias" in parameters:
                flat = incoming.reshape(incoming.shape[0], -1)
                found["bias"] = flat @ np.ones(flat.shape[1], dtype=flat.dtype)
            return Gradients((batch_first(self._input_gradient(x, weight, incoming)),) if wanted else (), found)

        return self.evaluate((batch_first(x),), parameters), pullback

    def _weight_gradient(self, x: Array, weight: Array, incoming: Array) -> Array:
        total = np.zeros_like(self._matrices(weight))
        for part in self._blocks(x):
            columns = self._columns(padded(x[..., part], self.padding))
            total += self._by_group(incoming[..., part]) @ columns.transpose(0, 2, 1)
        return total.reshape(weight.shape)

    def _input_gradient(self, x: Array, weight: Array, incoming: Array) -> Array:
        transposed = self._matrices(weight).transpose(0, 2, 1)
        total = np.empty(x.shape, dtype=x.dtype)
        for part in self._blocks(x):
            columns = transposed @ self._by_group(incoming[..., part])
            places = columns.reshape(x.shape[0], self.kernel[0] * self.kernel[1], *incoming[..., part].shape[1:])
            full = np.zeros_like(padded(x[..., part], self.padding))
            for place, cell in enumerate(cells(full, self.kernel, self.stride, self.dilation)):
                cell += places[:, place]
            total[..., part] = unpadded(full, self.padding)
        return total

    def _matrices(self, weight: Array) -> Array:
        """(groups, out / groups, in / groups · kh · kw)."""
        return weight.reshape(self.groups, weight.shape[0] // self.groups, -1)

    def _by_group(self, y: Array) -> Array:
        """y (out, oh, ow, n) as (groups, out / groups, oh · ow · n)."""
        each = y.shape[0] // self.groups
        return y.reshape(self.groups, each, y.shape[1] * y.shape[2] * y.shape[3])

    def _columns(self, full: Array) -> Array:
        """A padded block (C, H, W, n) as (groups, C / groups · kh · kw, oh · ow · n)."""
        views = list(cells(full, self.kernel, self.stride, self.dilation))
        channels, rows, columns, batch = views[0].shape
        result = np.empty((channels, len(views), rows, columns, batch), dtype=full.dtype)
        for place, cell in enumerate(views):
            result[:, place] = cell
        return result.reshape(self.groups, channels // self.groups * len(views), rows * columns * batch)

    def _output_shape(self, x: Array, channels: int) -> tuple[int, int, int, int]:
        size = (x.shape[1] + 2 * self.padding[0], x.shape[2] + 2 * self.padding[1])
        return (channels, *window_counts(size, self.kernel, self.stride, self.dilation), x.shape[3])

    def _blocks(self, x: Array) -> Iterator[slice]:
        """Slices of the batch, each with at most `COLUMNS` elements of columns, or one image."""
        _, rows, columns, batch = self._output_shape(x, 1)
        each = x.shape[0] * self.kernel[0] * self.kernel[1] * rows * columns
        step = max(1, COLUMNS // max(each, 1))
        for start in range(0, batch, step):
            yield slice(start, start + step)
