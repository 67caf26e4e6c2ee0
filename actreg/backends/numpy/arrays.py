"""What the NumPy backend takes: checks of inputs, parameters and `out`."""

from __future__ import annotations

from typing import Any

import numpy as np

from actreg.backends.numpy.rounding import DTYPES, NAMES
from actreg.contracts.activation import Activation
from actreg.errors import InputError


def check_input(act: Activation, x: Any) -> Any:
    """x as an array of a floating-point dtype that the backend takes; InputError otherwise."""
    array = np.asarray(x)
    if array.dtype not in NAMES:
        raise InputError(
            f"{act.info.name} takes floating-point arrays ({', '.join(DTYPES)}), not {array.dtype};"
            " convert it first: x.astype(numpy.float32)"
        )
    return array


def check_gradient(act: Activation, grad: Any, y: Any) -> Any:
    """The incoming gradient, of y's shape; InputError otherwise."""
    array = np.asarray(grad)
    if array.shape != y.shape:
        raise InputError(f"{act.info.name}: the gradient has shape {array.shape}, the output {y.shape}")
    return array


def result_array(act: Activation, x: Any, shape: tuple[int, ...], out: Any) -> Any:
    """Where a result of `shape` goes: `out` if it will do, a new array in C order otherwise.

    `out` is x itself or disjoint from it: with a partial overlap, blocks would read what was already overwritten.
    Raises InputError.
    """
    if out is None:
        return np.empty(shape, dtype=x.dtype)
    if not isinstance(out, np.ndarray) or out.shape != shape or out.dtype != x.dtype:
        given = f"{out.dtype} {out.shape}" if isinstance(out, np.ndarray) else type(out).__name__
        raise InputError(f"{act.info.name}: out must be an array of {x.dtype} {shape}, not {given}")
    if not out.flags.writeable:
        raise InputError(f"{act.info.name}: out is read-only")
    if out is not x and not _same_memory(out, x) and _overlap(out, x):
        raise InputError(f"{act.info.name}: out overlaps x without being x; copy x first")
    if 0 in [stride for size, stride in zip(out.shape, out.strides, strict=True) if size > 1]:
        raise InputError(f"{act.info.name}: elements of out share memory")
    return out


def _same_memory(a: Any, b: Any) -> bool:
    return bool(a.__array_interface__["data"] == b.__array_interface__["data"] and a.strides == b.strides)


def _overlap(a: Any, b: Any) -> bool:
    try:
        found = np.shares_memory(a, b, max_work=10_000)  # type: ignore[arg-type]
        return bool(found)
    except np.exceptions.TooHardError:
        return True
