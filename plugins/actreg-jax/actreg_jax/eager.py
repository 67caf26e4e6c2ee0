"""Calls on arrays that are there, not traced: few shapes, compiled once each.

Requirements:

- XLA compiles one program for every shape, in tens of milliseconds, and vectorises it for that shape: a value could
  differ in its last bit with the length of its array. So arrays on the CPU are cut into lines and padded to one of few
  lengths; an element's value then depends on the element alone.
- What works along an axis, or has a parameter for each place on one, is padded by whole lines, never within one.
- What is padded is cut again. Gradients of parameters, sums over everything, are computed elsewhere: 0 times the slope
  at what was padded would be NaN where that is infinite.
- Under a transformation of JAX (jit, grad, vmap) nothing of this happens: the program is the user's then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import jax
import numpy as np

from actreg_jax.rounding import x64
from actreg_jax.rows import BLOCK

SMALLEST: Final = 64
"""The shortest padded length of elementwise calls; each further one is four times as long."""

LONGEST: Final = 1 << 18
"""Beyond this compiling costs little beside computing, and the shape is taken as it is."""


def concrete(arrays: Any) -> bool:
    """Whether all are on the CPU and none is traced."""
    return not any(isinstance(array, jax.core.Tracer) for array in arrays) and all(
        device.platform == "cpu" for array in arrays for device in array.devices()
    )


def padded(size: int, smallest: int = SMALLEST) -> int:
    """The length that `size` is padded to, a multiple of the smallest."""
    if size > LONGEST:
        return -(-size // smallest) * smallest
    length = smallest
    while length < size:
        length *= 4
    return length


def pointwise(run: Callable[..., Any], arrays: tuple[Any, ...], extras: Mapping[str, Any]) -> Any:
    """run(arrays, extras) of arrays of one shape, flat and padded; the result, one array, is cut."""
    shape = arrays[0].shape
    size = arrays[0].size
    length = padded(size)
    with x64():
        flat = [jax.device_put(_filled(np.asarray(array).reshape(-1), length)) for array in arrays]
        found = run(*flat, *(jax.device_put(np.asarray(e).reshape(-1)[:1]) for e in extras.values()))
        return jax.device_put(np.asarray(found)[:size].reshape(shape).copy())


def lines(run: Callable[..., Any], arrays: tuple[Any, ...], axis: int, extras: Mapping[str, Any]) -> Any:
    """run(arrays, extras) of arrays as lines, one a row, the axis last; rows are padded, and those added are cut.

    The result, one array, has a line for each row, and goes back to the arrays' axis.
    """
    moved = [np.moveaxis(np.asarray(array), axis, -1) for array in arrays]
    lead = moved[0].shape[:-1]
    count = int(np.prod(lead, dtype=np.int64))
    length = padded(count, BLOCK)
    with x64():
        rows = [jax.device_put(_filled(np.ascontiguousarray(m).reshape(count, m.shape[-1]), length)) for m in moved]
        found = run(*rows, *extras.values())
        made = np.asarray(found)[:count].reshape(*lead, found.shape[-1])
        return jax.device_put(np.moveaxis(made, -1, axis).copy())


def _filled(array: Any, length: int) -> Any:
    if array.shape[0] == length:
        return array
    full = np.zeros((length, *array.shape[1:]), dtype=array.dtype)
    full[: array.shape[0]] = array
    return full
