"""Pooling of images into as many bins as are asked for.

Requirements:

- Bin i of n over a length L covers the cells from ⌊i·L/n⌋ up to ⌈(i + 1)·L/n⌉, as in torch: neighbours may share cells.
- A NaN is its bin's maximum, and takes its gradient (the last NaN does, as in torch); among equal maxima the first
  takes all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from actreg.backends.numpy.layers.base import Array, Arrays, Gradients, Layer, LayerPullback, Run
from actreg.backends.numpy.layers.layout import Pair, batch_first, batch_last


@dataclass(frozen=True)
class AdaptiveAvgPool2d(Layer):
    """torch.nn.AdaptiveAvgPool2d; one axis after the other, because a bin is a rectangle."""

    size: Pair

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """x (N, C, H, W) -> (N, C, *size)."""
        x = batch_last(inputs[0])
        rows, columns = _bins(x.shape[1], self.size[0]), _bins(x.shape[2], self.size[1])
        total = np.stack([np.sum(x[:, part], axis=1) for part in rows], axis=1)
        total = np.stack([np.sum(total[:, :, part], axis=2) for part in columns], axis=2)
        total /= _areas(rows, columns, x.dtype)
        return batch_first(total)

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps x's shape."""
        batch, channels, height, width = inputs[0].shape
        rows, columns = _bins(height, self.size[0]), _bins(width, self.size[1])

        def pullback(grad: Array, wanted: bool) -> Gradients:
            share = batch_last(grad) / _areas(rows, columns, grad.dtype)
            wide = np.zeros((channels, len(rows), width, batch), dtype=grad.dtype)
            for place, part in enumerate(columns):
                wide[:, :, part] += share[:, :, place, None]
            total = np.zeros((channels, height, width, batch), dtype=grad.dtype)
            for place, part in enumerate(rows):
                total[:, part] += wide[:, place, None]
            return Gradients((batch_first(total),), {})

        return self.evaluate(inputs, parameters), pullback


@dataclass(frozen=True)
class AdaptiveMaxPool2d(Layer):
    """torch.nn.AdaptiveMaxPool2d."""

    size: Pair

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """x (N, C, H, W) -> (N, C, *size)."""
        x = batch_last(inputs[0])
        y = np.empty((x.shape[0], *self.size, x.shape[3]), dtype=x.dtype)
        for i, j, rows, columns in self._cells(x):
            y[:, i, j] = np.max(x[:, rows, columns], axis=(1, 2))
        return batch_first(y)

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps the place of every winner."""
        x = batch_last(inputs[0])
        channels, _, width, batch = x.shape
        winners = np.empty((channels, *self.size, batch), dtype=np.intp)
        for i, j, rows, columns in self._cells(x):
            found = _winner(_flat(x[:, rows, columns]))
            row, column = np.divmod(found, columns.stop - columns.start)
            winners[:, i, j] = (row + rows.start) * width + column + columns.start
        flat = _flat(winners)
        y = np.take_along_axis(_flat(x), flat, axis=1)

        def pullback(grad: Array, wanted: bool) -> Gradients:
            incoming = batch_last(grad).reshape(flat.shape)
            total = np.zeros((channels, x.shape[1] * width, batch), dtype=grad.dtype)
            first, last = np.arange(channels)[:, None], np.arange(batch)
            for place in range(flat.shape[1]):
                # Within one bin every target is another cell; bins may share cells.
                total[first, flat[:, place], last] += incoming[:, place]
            return Gradients((batch_first(total.reshape(x.shape)),), {})

        return batch_first(y.reshape(winners.shape)), pullback

    def _cells(self, x: Array) -> Iterator[tuple[int, int, slice, slice]]:
        for i, rows in enumerate(_bins(x.shape[1], self.size[0])):
            for j, columns in enumerate(_bins(x.shape[2], self.size[1])):
                yield i, j, rows, columns


def _bins(length: int, count: int) -> list[slice]:
    return [slice(place * length // count, -(-(place + 1) * length // count)) for place in range(count)]


def _areas(rows: list[slice], columns: list[slice], dtype: np.dtype[np.generic]) -> Array:
    """(oh, ow, 1): how many cells each bin has."""
    high, wide = (np.array([part.stop - part.start for part in parts]) for parts in (rows, columns))
    return np.asarray(high[:, None, None] * wide[:, None], dtype=dtype)


def _flat(x: Array) -> Array:
    """x (C, H, W, N) as (C, H · W, N)."""
    return x.reshape(x.shape[0], x.shape[1] * x.shape[2], x.shape[3])


def _winner(window: Array) -> Array:
    """The place of the largest of window (C, cells, N) along its middle axis."""
    winner = np.argmax(window, axis=1)
    lost = np.isnan(window)
    if not lost.any():
        return np.asarray(winner)
    last = window.shape[1] - 1 - np.argmax(lost[:, ::-1], axis=1)
    return np.asarray(np.where(lost.any(axis=1), last, winner))
