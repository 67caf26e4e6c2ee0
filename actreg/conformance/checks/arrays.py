"""Arrays: shapes, layouts, lengths, `out`, and inputs that stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from actreg.conformance.checks.finding import Finding, same_bits
from actreg.conformance.subject import Subject


def shapes(s: Subject) -> Finding:
    """Dtype and shape are preserved (an axis may change its size), for 0-d, empty and many-dimensional arrays."""
    pointwise = s.kind == "elementwise" and s.case.scalars is not None
    size = s.sample().shape[-1]
    wanted = [(), (1,), (0,), (3, 0, 2), (2, 3, 4, 5)] if pointwise else [(size,) * 3, (size,) * 4, (0, size, size)]
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
    return Finding(broken=broken)


def layouts(s: Subject) -> Finding:
    """Strided, reversed, transposed, broadcast and read-only input gives the bits that a contiguous copy gives."""
    broken = []
    for name, view in _views(s):
        plain = s.native(s.back(view).astype(np.float64))
        if not same_bits(s.back(s.native_value(view)), s.back(s.native_value(plain))):
            broken.append(f"{name} input gives other bits than its contiguous copy")
    return Finding(broken=broken)


def input_kept(s: Subject) -> Finding:
    """Neither the value, nor the derivative, nor the pullback changes its input."""
    x = s.native(s.sample())
    before = s.back(x).copy()
    y, pullback = s.library.vjp(s.act, x, s.parameters)
    grad = s.native(np.ones(tuple(y.shape)))
    pullback(grad)
    s.native_value(x)
    if s.kind == "elementwise":
        s.library.derivative(s.act, x, s.parameters)
    changed = [] if same_bits(s.back(x), before) else ["the input was changed"]
    if not np.all(s.back(grad).astype(np.float64) == 1.0):
        changed.append("the incoming gradient was changed")
    return Finding(broken=changed)


def out(s: Subject) -> Finding:
    """``out=`` is filled with exactly the value, and returned; it may be the input itself."""
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
    return Finding(broken=broken)


def length(s: Subject) -> Finding:
    """A value does not depend on the length of its array, nor on its offset in it."""
    x = s.sample(20_000)
    whole = s.value(x)
    if s.kind != "elementwise" or s.case.scalars is None:
        first = [s.value(x[:n]) for n in (1, 2, 5)] if _batch_is_free(s) else []
        wrong = [f"a batch of {len(y)}" for y in first if not same_bits(y, whole[: len(y)])]
    else:
        cuts = [(0, n) for n in (*range(1, 66), 8191, 8192, 8193)] + [(k, k + 100) for k in (1, 3, 7, 8191)]
        wrong = [f"[{a}:{b}]" for a, b in cuts if not same_bits(s.value(x[a:b]), whole[a:b])]
    return Finding(broken=[f"{', '.join(wrong[:5])} gives other bits than within the whole"] if wrong else [])


def deterministic(s: Subject) -> Finding:
    """The same call gives the same bits, also from eight threads that share one instance."""
    x = s.sample()
    first = s.value(x)
    with ThreadPoolExecutor(8) as pool:
        others = list(pool.map(lambda _: s.value(x), range(16)))
    wrong = sum(not same_bits(first, other) for other in others)
    return Finding(broken=[f"{wrong} of 16 calls from eight threads gave other bits"] if wrong else [])


def parameters_along_axis(s: Subject) -> Finding:
    """A parameter that runs along an axis acts on each slice as a single one does, value and gradients."""
    x = s.sample()
    (name, weights), *_ = s.case.parameters.items()
    axis = s.act.parameters()[name].axis
    grad = np.ones(x.shape)
    whole, pulled = s.value(x), s.pull(x, grad)
    broken = []
    single = type(s.act)(**{**s.case.config, "num_parameters": 1}) if "num_parameters" in s.case.config else s.act
    for k, weight in enumerate(weights.tolist()):
        part, place = np.take(x, [k], axis), s.native(np.array([weight]))
        native = s.native(part)
        y, pull = s.library.vjp(single, native, {name: place})
        found = pull(s.native(np.ones(part.shape)))
        pairs = [(whole, s.back(y)), (pulled["x"], s.back(found["x"]))]
        if not all(same_bits(np.take(a, [k], axis), b) for a, b in pairs):
            broken.append(f"{name}[{k}] acts otherwise on its slice than alone")
        a, b = float(pulled[name][k]), float(s.back(found[name]).reshape(()))
        # Only the order of the sum may differ.
        if abs(a - b) > 2.0 ** (1 - s.fmt.precision) * abs(b) + part.size * 2.0**-52 * float(np.abs(part).sum()):
            broken.append(f"the gradient of {name}[{k}] is not that of its slice")
    return Finding(broken=broken)


def _changing(s: Subject, ndim: int) -> int:
    if s.kind not in ("expanding", "gated", "projection"):
        return -1
    axis = -1 if s.kind == "projection" else int(s.act.axis)
    return axis % ndim


def _batch_is_free(s: Subject) -> bool:
    return s.kind in ("elementwise", "projection") or s.act.axis % 3 != 0


def _views(s: Subject) -> Iterator[tuple[str, Any]]:
    base = s.sample(64) if s.kind == "elementwise" and s.case.scalars is not None else s.sample()
    if base.ndim == 1:
        base = base.reshape(8, 8)
    native = s.native(np.repeat(base, 2, axis=0))
    yield "strided", native[::2]
    yield "transposed", s.native(np.swapaxes(base, 0, 1).copy()).swapaxes(0, 1)
    yield "offset", s.native(np.concatenate([base[:1], base]))[1:]
    if isinstance(native, np.ndarray):
        yield "reversed", native[::2][::-1]
        yield "broadcast", np.broadcast_to(native[:1], base.shape)
        locked = native[::2].copy()
        locked.setflags(write=False)
        yield "read-only", locked
