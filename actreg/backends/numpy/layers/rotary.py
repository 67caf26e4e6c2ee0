"""Rotary positions: each pair of features is turned by an angle that grows with the token's place.

J. Su et al., 2021, arXiv:2104.09864. Feature i is paired with feature i + size / 2, as in most published weights (the
paper pairs neighbours, which is the same up to the order of rows in the projections).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from actreg.backends.numpy.layers.base import Array


def turned(x: Array, base: float, *, back: bool = False) -> Array:
    """x (…, tokens, size) turned by its positions, or back again, which is also the turn's pullback."""
    cosine, sine = (table.astype(x.dtype) for table in _tables(x.shape[-2], x.shape[-1], base))
    if back:
        sine = -sine
    first, second = np.split(x, 2, axis=-1)
    return np.concatenate([first * cosine - second * sine, second * cosine + first * sine], axis=-1)


@lru_cache(maxsize=16)
def _tables(tokens: int, size: int, base: float) -> tuple[Array, Array]:
    """Cosines and sines, each (tokens, size / 2)."""
    angles = np.arange(tokens)[:, None] * base ** (-2.0 * np.arange(size // 2) / size)
    return np.cos(angles), np.sin(angles)
