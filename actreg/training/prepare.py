"""Raw arrays to what a network takes: scaled, shaped, of its dtype, every value checked.

Requirements:

- A value is converted once: divided in float64 and rounded to the training dtype.
- What is not finite, out of range or of a shape that does not fit is a DataError that names row and remedy.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from actreg.contracts.plan import Plan
from actreg.errors import DataError
from actreg.training.npz import MAX_BYTES

Array = np.ndarray[Any, Any]
_BLOCK = 1 << 20


def dtype_named(name: str) -> np.dtype[Any]:
    """The NumPy dtype of a training dtype."""
    if name == "bfloat16":
        import ml_dtypes

        brain: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
        return brain
    return np.dtype(name)


def samples(file: str, raw: Array, plan: Plan, scale: float | None, dtype: str) -> Array:
    """Samples as the network of `plan` takes them: numbers of `dtype`, or token ids, which nothing scales."""
    if plan.input_dtype is None:
        return inputs(file, raw, plan.input_shape, scale, dtype)
    if scale is not None:
        raise DataError(file, "the network reads token ids, which have no scale: leave it out of data:")
    return ids(file, raw, plan.input_shape, plan.vocabulary)


def ids(file: str, raw: Array, shape: tuple[int, ...], vocabulary: int | None) -> Array:
    """Token ids, int64 of shape (n, *shape), each in [0, vocabulary); `raw` is (n, …) of the same size."""
    _check_numbers(file, "the inputs", raw)
    _check_size(file, raw, shape)
    _check_finite(file, "the inputs", raw, raw, 0, len(raw))
    for what, wrong in (
        ("is no token id: ids are integers", raw != np.floor(raw) if raw.dtype.kind == "f" else raw != raw),
        (
            f"is no token id: the vocabulary has 0 to {(vocabulary or 1) - 1}",
            (raw < 0) | (raw >= (vocabulary or np.inf)),
        ),
    ):
        if wrong.any():
            row = int(np.flatnonzero(wrong.reshape(len(raw), -1).any(axis=1))[0])
            raise DataError(file, f"{raw[row][wrong[row]].flat[0]} in row {row} of the inputs {what}")
    return raw.astype(np.int64).reshape(len(raw), *shape)


def inputs(file: str, raw: Array, shape: tuple[int, ...], scale: float | None, dtype: str) -> Array:
    """Samples for a network: `raw` divided by `scale`, (n, *shape), of `dtype`; `raw` is (n, …) of the same size."""
    _check_numbers(file, "the inputs", raw)
    _check_size(file, raw, shape)
    size, target = math.prod(shape), dtype_named(dtype)
    if raw.size * target.itemsize > MAX_BYTES:
        raise DataError(file, f"the inputs take {raw.size * target.itemsize:,} bytes in {dtype}: at most {MAX_BYTES:,}")
    out = np.empty((len(raw), *shape), target)
    rows = max(1, _BLOCK // max(size, 1))
    for start in range(0, len(raw), rows):
        block = raw[start : start + rows].astype(np.float64).reshape(-1, *shape)
        with np.errstate(all="ignore"):
            out[start : start + rows] = block / scale if scale else block
        _check_finite(file, "the inputs", raw, out, start, start + rows)
    return out


def labels(file: str, raw: Array, classes: int) -> Array:
    """Class indices, int64 of shape (n,), each in [0, classes)."""
    _check_numbers(file, "the targets", raw)
    if raw.ndim == 2 and raw.shape[1] == 1:
        raw = raw[:, 0]
    if raw.ndim != 1:
        raise DataError(file, f"targets for cross_entropy are class indices, one a sample, not shape {raw.shape}")
    _check_finite(file, "the targets", raw, raw, 0, len(raw))
    broken = np.flatnonzero(raw != np.floor(raw)) if raw.dtype.kind == "f" else np.empty(0, np.int64)
    if len(broken):
        raise DataError(
            file, f"target {raw[broken[0]]} of row {broken[0]} is no class index: use loss: mse to fit values"
        )
    wrong = np.flatnonzero((raw < 0) | (raw >= classes))
    if len(wrong):
        row = int(wrong[0])
        known = f"the network has {classes} outputs, for classes 0 to {classes - 1}"
        raise DataError(file, f"target {int(raw[row])} of row {row} is no class: {known}")
    return raw.astype(np.int64)


def values(file: str, raw: Array, shape: tuple[int, ...], dtype: str) -> Array:
    """Targets for mse: (n, *shape) of `dtype`."""
    _check_numbers(file, "the targets", raw)
    if math.prod(raw.shape[1:]) != math.prod(shape):
        given = tuple(raw.shape[1:])
        raise DataError(file, f"each target has shape {given}, but the network's output is {tuple(shape)}")
    with np.errstate(all="ignore"):
        out = raw.reshape(len(raw), *shape).astype(np.float64).astype(dtype_named(dtype))
    _check_finite(file, "the targets", raw, out, 0, len(raw))
    return out


def _check_size(file: str, raw: Array, shape: tuple[int, ...]) -> None:
    size, wanted = math.prod(raw.shape[1:]), math.prod(shape)
    if size != wanted:
        given = tuple(raw.shape[1:])
        problem = f"each sample has shape {given}, {size} value(s), but the network's input is {tuple(shape)}, {wanted}"
        raise DataError(file, f"{problem}: change the spec's input")


def _check_numbers(file: str, what: str, raw: Array) -> None:
    if raw.ndim == 0 or len(raw) == 0:
        raise DataError(file, f"{what} have shape {raw.shape}: an array of samples, first axis first, is needed")
    if raw.dtype.kind not in "biuf":
        raise DataError(file, f"{what} are {raw.dtype}: real numbers are needed")


def _check_finite(file: str, what: str, raw: Array, converted: Array, start: int, stop: int) -> None:
    block = converted[start:stop]
    bad = ~np.isfinite(block.astype(np.float64)) if block.dtype.kind == "V" else ~np.isfinite(block)
    if not bad.any():
        return
    row = start + int(np.flatnonzero(bad.reshape(len(block), -1).any(axis=1))[0])
    given = raw[row].astype(np.float64).ravel()
    known = np.isfinite(given)
    if known.all():
        raise DataError(file, f"row {row} of {what} overflows {converted.dtype}: scale it, or train in float32")
    raise DataError(file, f"row {row} of {what} holds {given[~known][0]}: remove the row or fill it in")
