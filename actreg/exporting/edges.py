"""Inputs at which an exported activation is judged: where runtimes and converters go wrong.

Requirements:

- Every edge value meets every element of a parameter and every place of a line.
- What works along a line gets lines of ordinary numbers with one edge value each: a NaN hides the rest of its line.
- Small: axes that mean nothing to the activation are cut short.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

Array = np.ndarray[Any, Any]
_LARGEST: Final = float(np.finfo(np.float32).max)
_NORMAL: Final = float(np.finfo(np.float32).tiny)

VALUES: Final = (
    *(0.0, -0.0, 20.0, -20.0, 100.0, -100.0, np.inf, -np.inf, np.nan),
    *(1e-45, -1e-45, 5e-39, -5e-39, _NORMAL, -_NORMAL, _LARGEST, -_LARGEST, 1e-20, -1e-20, 1e20, -1e20),
    *(0.5, -0.5, 1.0, -1.0, 3.0, -3.0, 5.5, -5.5, 8.75, -8.75, 15.0, -15.0, 17.5, -17.5, 40.0, -40.0, 88.0, -88.0),
    *(0.001, -0.001, 0.1, -0.1, 2.0, -2.0, 6.0, -6.0, 0.25, -0.25, 1.5, -1.5, -1.25),
)
"""Zeros, ±20, ±100, infinities, NaN, subnormals, the largest; and ordinary numbers."""


def inputs(act: Any, shape: tuple[int, ...]) -> Array:
    """float32 inputs of shape (many, *shape[1:]) for an activation that takes `shape`, batch axis first."""
    values = np.array(VALUES, dtype=np.float32)
    width = math.prod(shape[1:])
    if act.kind == "elementwise":
        turned = np.stack([np.resize(np.roll(values, shift), width) for shift in range(len(values))])
        return turned.reshape(-1, *shape[1:])
    rng = np.random.Generator(np.random.Philox(key=7))
    lines = rng.standard_normal((2 * len(values), width)).astype(np.float32) * 3
    lines[np.arange(len(values)), np.arange(len(values)) % max(width, 1)] = values
    return lines.reshape(-1, *shape[1:])


def shortened(act: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape with axes that mean nothing to the activation cut to two, and a batch of two."""
    kept = _axes_that_matter(act, len(shape))
    return (2, *(size if place in kept else min(size, 2) for place, size in enumerate(shape) if place > 0))


def example_shape(act: Any) -> tuple[int, ...]:
    """A shape that the activation takes, batch axis first; twelve divides into pieces, pairs and halves."""
    axes = [getattr(act, "axis", -1), *(param.axis for param in act.parameters().values())]
    ndim = max(2, *(axis + 1 if axis >= 0 else -axis for axis in axes))
    own = {axis % ndim: size for axis, size in _sizes(act)}
    return (2, *(own.get(place, 12) for place in range(1, ndim)))


def _sizes(act: Any) -> list[tuple[int, int]]:
    params = act.parameters().values() if act.kind == "elementwise" else ()
    return [
        (p.axis, p.shape[0]) for p in params if len(p.shape) == 1 and isinstance(p.shape[0], int) and p.shape[0] > 1
    ]


def _axes_that_matter(act: Any, ndim: int) -> set[int]:
    axes = {param.axis % ndim for param in act.parameters().values()}
    if act.kind == "projection":
        axes.add(ndim - 1)
    elif act.kind != "elementwise":
        axes.add(act.axis % ndim)
    return axes
