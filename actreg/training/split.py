"""Which rows are held out, and in which order batches go: from seeds, the same on every backend and machine.

Requirements:

- Drawn from Philox's raw stream, which NumPy keeps the same for ever (its `Generator` methods may change).
- J. Salmon et al., 2011, doi:10.1145/2063384.2063405.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from actreg.errors import DataError

Array = np.ndarray[Any, Any]


def order(count: int, *seeds: int) -> Array:
    """A permutation of `count` rows that the seeds decide, int64 of shape (count,)."""
    raw = np.random.Philox(np.random.SeedSequence(list(seeds))).random_raw(count)
    return np.argsort(raw, kind="stable").astype(np.int64)


def stratified(groups: Array, fraction: float, seed: int) -> Array:
    """Sorted indices of a random share of every group, rounded to the nearest whole number.

    groups: (n,), equal values are one group. Of a group of several rows at least one stays on either side.
    """
    chosen = []
    for number, group in enumerate(np.unique(groups)):
        members = np.flatnonzero(groups == group)
        count = int(np.floor(len(members) * fraction + 0.5))
        if len(members) > 1:
            count = min(max(count, 1), len(members) - 1)
        chosen.append(members[order(len(members), seed, number)[:count]])
    return np.sort(np.concatenate(chosen)) if chosen else np.zeros(0, np.int64)


def checked_indices(file: str, name: str, indices: Array, rows: int) -> Array:
    """Given held-out indices as sorted int64; DataError where they are no distinct rows that leave some to train on."""
    if indices.ndim != 1 or indices.dtype.kind not in "iu":
        raise DataError(
            file, f"{name!r} lists row indices, (n,) integers, not {indices.dtype} of shape {indices.shape}"
        )
    if not len(indices) or len(indices) >= rows:
        raise DataError(file, f"{name!r} holds out {len(indices)} of {rows} rows: some to train on and some to test on")
    outside = indices[(indices < 0) | (indices >= rows)]
    if len(outside):
        raise DataError(file, f"{name!r} names row {int(outside[0])}: there are rows 0 to {rows - 1}")
    found = np.unique(indices.astype(np.int64))
    if len(found) != len(indices):
        raise DataError(file, f"{name!r} names a row twice")
    return found
