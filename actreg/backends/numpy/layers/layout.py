"""The memory layout of images: channels first, batch last.

Requirements:

- Shapes are N, C, H, W everywhere; only the order in memory is C, H, W, N. A layer that works on images takes any
  order and gives this one, so that between two of them nothing is copied.
- With the batch innermost, windows, sums over a channel and matrix products all read long contiguous runs.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from actreg.backends.numpy.layers.base import Array

Pair = tuple[int, int]


def batch_last(x: Array) -> Array:
    """x of shape (N, …) as a contiguous array of shape (…, N): a view where memory lies so, else a copy."""
    return np.ascontiguousarray(x.transpose((*range(1, x.ndim), 0)))


def batch_first(x: Array) -> Array:
    """A view of shape (N, …) of an array of shape (…, N)."""
    return x.transpose((x.ndim - 1, *range(x.ndim - 1)))


def padded(x: Array, padding: Pair, value: float = 0.0) -> Array:
    """x (C, H, W, N) with `padding` cells of `value` on both sides of H and W; x itself where there are none."""
    up, left = padding
    if not up and not left:
        return x
    channels, height, width, batch = x.shape
    result = np.full((channels, height + 2 * up, width + 2 * left, batch), value, dtype=x.dtype)
    result[:, up : up + height, left : left + width] = x
    return result


def unpadded(x: Array, padding: Pair) -> Array:
    """The view of x (C, H, W, N) without its padding."""
    up, left = padding
    return x[:, up : x.shape[1] - up, left : x.shape[2] - left]


def window_counts(size: Pair, kernel: Pair, stride: Pair, dilation: Pair = (1, 1)) -> Pair:
    """How many windows fit along H and along W of a padded image."""
    rows, columns = (
        (length - (window - 1) * apart - 1) // step + 1
        for length, window, step, apart in zip(size, kernel, stride, dilation, strict=True)
    )
    return rows, columns


def cells(x: Array, kernel: Pair, stride: Pair, dilation: Pair = (1, 1)) -> Iterator[Array]:
    """For each place in the window, row by row: the view (C, oh, ow, N) of that place in every window of x."""
    rows, columns = window_counts((x.shape[1], x.shape[2]), kernel, stride, dilation)
    for i in range(0, kernel[0] * dilation[0], dilation[0]):
        for j in range(0, kernel[1] * dilation[1], dilation[1]):
            yield x[:, i : i + rows * stride[0] : stride[0], j : j + columns * stride[1] : stride[1]]
