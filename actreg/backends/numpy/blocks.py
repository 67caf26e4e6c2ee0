"""Elementwise evaluation block by block: wide temporaries that stay in cache, rounded once into the result.

Requirements:

- A value depends on its element alone: not on length, offset, strides or the block that it falls into. Every block is
  therefore a fresh, contiguous float64 copy (or a contiguous view of float64), computed by the same loops.
- Memory beyond the result is a few blocks, however large the input.
- `out` may be x itself: a block is read before it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np

from actreg.backends.numpy.rounding import narrow, widen

BLOCK: Final = 8192
"""Elements a block: temporaries of 64 KiB, of which a handful fit a second-level cache."""

Index = tuple[slice, ...]


def slices(shape: tuple[int, ...], most: int = BLOCK) -> Iterator[Index]:
    """Index tuples that cover an array of `shape`, each selecting at most `most` elements (or one along an axis)."""
    rest = 1
    for size in shape[1:]:
        rest *= size
    if not shape:
        yield ()
    elif rest <= most:
        step = max(1, most // max(rest, 1))
        for start in range(0, shape[0], step):
            yield (slice(start, start + step),)
    else:
        for place in range(shape[0]):
            for tail in slices(shape[1:], most):
                yield (slice(place, place + 1), *tail)


def run(
    formula: Callable[..., Sequence[Any]], arrays: Sequence[Any], outs: Sequence[Any | Callable[[Index, Any], None]]
) -> None:
    """Runs `formula` over blocks of `arrays`.

    arrays: the first sets the shape; the others broadcast to it. formula: from as many float64 blocks to as many
    float64 blocks as there are `outs`. outs: an array of the first's shape, into which results are rounded, or a
    function of (index, block) that takes them wide.
    """
    shape = arrays[0].shape
    views = [array if array.shape == shape else np.broadcast_to(array, shape) for array in arrays]
    if arrays[0].size <= BLOCK:
        _one_block(formula, views, outs, ())
        return
    targets = [out for out in outs if isinstance(out, np.ndarray)]
    flat = len(targets) == len(outs) and all(a.flags.c_contiguous for a in (*views, *targets))
    if flat:
        views = [view.reshape(-1) for view in views]
        outs = [target.reshape(-1) for target in targets]
    for index in slices(views[0].shape):
        _one_block(formula, [view[index] for view in views], outs, index)


def _one_block(formula: Callable[..., Sequence[Any]], blocks: Sequence[Any], outs: Sequence[Any], index: Index) -> None:
    for out, result in zip(outs, formula(*map(widen, blocks)), strict=True):
        if isinstance(out, np.ndarray):
            out[index] = narrow(result, out.dtype)
        else:
            out(index, result)
