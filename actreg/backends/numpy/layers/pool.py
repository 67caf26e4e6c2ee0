"""Pooling of images: the largest or the mean of each window.

Requirements:

- A NaN in a window is its maximum, and takes its gradient (the last NaN does, as in torch); among equal maxima the
  first takes all, and never a cell of the padding.
- The mean counts padded zeros.
"""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class MaxPool2d(Layer):
    """torch.nn.MaxPool2d; padding is -inf and at most half the kernel."""

    kernel: Pair
    stride: Pair
    padding: Pair

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """x (N, C, H, W) -> (N, C, oh, ow)."""
        return batch_first(self._largest(padded(batch_last(inputs[0]), self.padding, -np.inf)))

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps the winner's place in each window, one small integer each."""
        full = padded(batch_last(inputs[0]), self.padding, -np.inf)
        shape, dtype = full.shape, full.dtype
        y, winner = self._winner(full)

        def pullback(grad: Array, wanted: bool) -> Gradients:
            incoming = batch_last(grad)
            total = np.zeros(shape, dtype=dtype)
            for place, cell in enumerate(cells(total, self.kernel, self.stride)):
                cell += _where(winner == place, incoming)
            return Gradients((batch_first(unpadded(total, self.padding)),), {})

        return batch_first(y), pullback

    def _largest(self, full: Array) -> Array:
        views = cells(full, self.kernel, self.stride)
        largest = next(views).copy()
        for cell in views:
            np.maximum(largest, cell, out=largest)
        return largest

    def _winner(self, full: Array) -> tuple[Array, Array]:
        """The largest value of every window, and the place where it stands."""
        views = cells(full, self.kernel, self.stride)
        largest = next(views).copy()
        first = self._first_inside(full.shape)
        winner = np.broadcast_to(first[..., None], largest.shape).copy()
        any_nan = bool(np.isnan(full).any())
        for place, cell in enumerate(views, start=1):
            better = cell > largest
            if any_nan:
                better |= np.isnan(cell)
            np.maximum(largest, cell, out=largest)
            # Places rise, so the largest place that was ever better is the winner: faster than a masked copy.
            np.maximum(winner, better.astype(winner.dtype) * winner.dtype.type(place), out=winner)
        return largest, winner

    def _first_inside(self, shape: tuple[int, ...]) -> Array:
        """(oh, ow): the first place of each window that is no padding, the winner where all is -inf."""
        counts = window_counts((shape[1], shape[2]), self.kernel, self.stride)
        row, column = (
            np.maximum(pad - np.arange(count) * step, 0)
            for pad, count, step in zip(self.padding, counts, self.stride, strict=True)
        )
        smallest = np.min_scalar_type(self.kernel[0] * self.kernel[1])
        return (row[:, None] * self.kernel[1] + column).astype(smallest)


def _where(chosen: Array, values: Array) -> Array:
    """Values where chosen, 0 elsewhere, by their bits: `np.where` is slower, and a product makes NaN of inf · 0."""
    bits = np.dtype(f"i{values.dtype.itemsize}")
    kept: Array = values.view(bits) & -chosen.astype(bits)
    return kept.view(values.dtype)


@dataclass(frozen=True)
class AvgPool2d(Layer):
    """torch.nn.AvgPool2d with its default of counting the padding."""

    kernel: Pair
    stride: Pair
    padding: Pair

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """x (N, C, H, W) -> (N, C, oh, ow)."""
        views = cells(padded(batch_last(inputs[0]), self.padding), self.kernel, self.stride)
        total = next(views).copy()
        for cell in views:
            total += cell
        total /= self.kernel[0] * self.kernel[1]
        return batch_first(total)

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps x's shape."""
        batch, channels, height, width = inputs[0].shape
        shape = (channels, height + 2 * self.padding[0], width + 2 * self.padding[1], batch)

        def pullback(grad: Array, wanted: bool) -> Gradients:
            share = batch_last(grad) / (self.kernel[0] * self.kernel[1])
            total = np.zeros(shape, dtype=grad.dtype)
            for cell in cells(total, self.kernel, self.stride):
                cell += share
            return Gradients((batch_first(unpadded(total, self.padding)),), {})

        return self.evaluate(inputs, parameters), pullback
