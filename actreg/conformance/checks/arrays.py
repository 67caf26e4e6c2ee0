"""Arrays: shapes, layouts, `out`, and inputs that stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from actreg.conformance.checks.finding import Finding, same_bits
from actreg.conformance.subject import Subject
from actreg.errors import InputError


def shapes(s: Subject) -> Finding:
    """Dtype and shape are preserved (an axis may change its size), for 0-d, empty and many-dimensional arrays."""
    size = s.sample().shape[-1]
    wanted = [(), (1,), (0,), (3, 0, 2), (2, 3, 4, 5)] if s.pointwise else [(size,) * 3, (size,) * 4, (0, size, size)]
    broken = []
    for shape in wanted:
        if s.kind not in ("elementwise", "projection") and shape[s.act.axis] == 0:
            continue
        x = s.native(np.zeros(shape) + 0.5)
        y = s.native_value(x)
        if s.library.dtype_of(y) != s.dtype:
            broken.append(f"{s.dtype} {shape} gave {s.library.dtype_of(y)}")
        axis = _changing(s, len(shape))
        if tuple(n for k, n in enumerate(y.shape) if k != axis) != tuple(n for k, n in enumerate(shape) if k != axis):
            broken.append(f"shape {shape} gave {tuple(y.shape)}")
        gradients = s.library.vjp(s.act, x, s.parameters)[1](s.native(np.ones(tuple(y.shape))))
        for name, array in {"x": x, **s.parameters}.items():
            given = s.library.dtype_of(gradients[name]), tuple(gradients[name].shape)
            if given != (s.dtype, tuple(array.shape)):
                broken.append(f"the gradient of {name} {tuple(array.shape)} is {given[0]} {given[1]}, x being {shape}")
    return Finding(broken=broken)


def layouts(s: Subject) -> Finding:
    """Strided, reversed, transposed, offset, Fortran-ordered, broadcast and read-only arrays give the bits, in value
    and gradient, that contiguous copies give."""
    broken = []
    for name, view in _views(s):
        plain = s.native(s.back(view).astype(np.float64))
        for what, run in (("value", s.native_value), ("gradient", _gradient_of(s))):
            if not same_bits(s.back(run(view)), s.back(run(plain))):
                broken.append(f"the {what} of {name} input has other bits than of its contiguous copy")
    x = s.native(s.sample())
    y, pullback = s.library.vjp(s.act, x, s.parameters)
    ones = s.native(np.ones(tuple(y.shape)))
    spread = _broadcast(s.native(np.ones(1)), tuple(y.shape))
    if spread is not None and not same_bits(s.back(pullback(spread)["x"]), s.back(pullback(ones)["x"])):
        broken.append("an incoming gradient that is broadcast gives another gradient than its copy")
    return Finding(broken=broken)


def input_kept(s: Subject) -> Finding:
    """Nothing changes its input: value, derivative, pullback, a call into ``out=``; nor a parameter or a gradient."""
    x = s.native(s.sample())
    before = {"the input": s.back(x).copy(), **{name: s.back(a).copy() for name, a in s.parameters.items()}}
    y, pullback = s.library.vjp(s.act, x, s.parameters)
    grad = s.native(np.ones(tuple(y.shape)))
    value = s.back(y).copy()
    pullback(grad)
    pullback(grad)
    s.native_value(x)
    if "inplace" in s.library.capabilities:
        s.native_value(x, out=s.native(np.zeros(tuple(y.shape))))
    if s.kind == "elementwise":
        s.library.derivative(s.act, x, s.parameters)
    after = {"the input": s.back(x), **{name: s.back(a) for name, a in s.parameters.items()}}
    changed = [f"{name} was changed" for name in before if not same_bits(before[name], after[name])]
    if not np.all(s.back(grad).astype(np.float64) == 1.0):
        changed.append("the incoming gradient was changed")
    if not same_bits(s.back(y), value):
        changed.append("the value was changed by its own pullback")
    return Finding(broken=changed)


def out(s: Subject) -> Finding:
    """``out=`` is filled with exactly the value, and returned; it may be x itself, but not overlap it otherwise."""
    if "inplace" not in s.library.capabilities:
        return Finding(skipped="inplace")
    x = s.native(s.sample())
    expected = s.back(s.native_value(x))
    target = s.native(np.full(expected.shape, 7.0))
    broken = []
    if s.native_value(x, out=target) is not target or not same_bits(s.back(target), expected):
        broken.append("out= was not filled with the value and returned")
    if expected.shape == tuple(x.shape):
        alias = s.native(s.sample())
        if s.native_value(alias, out=alias) is not alias or not same_bits(s.back(alias), expected):
            broken.append("out=x gave another result")
        both = s.native(np.concatenate([s.sample(), s.sample()]))
        half = len(s.sample())
        try:
            s.native_value(both[:half], out=both[half // 2 : half // 2 + half])
        except InputError:
            pass
        else:
            broken.append("an out= that overlaps x in part is accepted")
    return Finding(broken=broken)


def _gradient_of(s: Subject) -> Callable[[Any], Any]:
    def gradient(x: Any) -> Any:
        y, pullback = s.library.vjp(s.act, x, s.parameters)
        return pullback(s.native(np.ones(tuple(y.shape))))["x"]

    return gradient


def _views(s: Subject) -> Iterator[tuple[str, Any]]:
    base = s.sample(64)
    if base.ndim == 1:
        base = base.reshape(8, 8)
    native = s.native(np.repeat(base, 2, axis=0))
    yield "strided", native[::2]
    yield "transposed", s.native(np.swapaxes(base, 0, 1).copy()).swapaxes(0, 1)
    yield "Fortran-ordered", s.native(np.swapaxes(base, 0, -1).copy()).swapaxes(0, -1)
    yield "offset", s.native(np.concatenate([base[:1], base]))[1:]
    if s.pointwise:
        yield "every third", s.native(np.repeat(base.reshape(-1), 3))[1::3]
    spread = _broadcast(native[:1], tuple(base.shape))
    if spread is not None:
        yield "broadcast", spread
    if isinstance(native, np.ndarray):
        yield "reversed", native[::2][::-1]
        yield "reversed along the last axis", native[..., ::-1]
        locked = native[::2].copy()
        locked.setflags(write=False)
        yield "read-only", locked


def _broadcast(array: Any, shape: tuple[int, ...]) -> Any:
    """A view without copies, where the library has one."""
    if isinstance(array, np.ndarray):
        return np.broadcast_to(array, shape)
    method = getattr(array, "broadcast_to", None)
    return method(shape) if method is not None else None


def _changing(s: Subject, ndim: int) -> int:
    if s.kind in ("elementwise", "axiswise"):
        return -1
    axis = -1 if s.kind == "projection" else int(s.act.axis)
    return axis if axis >= 0 else axis + ndim
