"""Learnable parameters: broadcasting, gradients, and layers that own them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from actreg.backends.numpy.namespace import XP
from actreg.conformance.cases import FEATURES
from actreg.conformance.checks.finding import Finding, same_bits
from actreg.conformance.formats import Array
from actreg.conformance.subject import Subject
from actreg.formula import interpret


def along_axis(s: Subject) -> Finding:
    """A parameter that runs along an axis of 2-d, 3-d and 4-d input acts on each slice as a single one does: value
    and gradient of x to the bit, its own gradient up to the rounding of its sum."""
    along = [name for name, array in s.case.parameters.items() if array.size > 1]
    declared = s.act.parameters()[along[0]]
    single = s.act
    if "num_parameters" in type(s.act).model_fields:
        single = s.act.model_copy(update={"num_parameters": 1})
    broken = []
    for x in _inputs(s, declared.axis):
        axis = interpret.axis_of(declared, x.ndim)
        grad = s.fmt.round(np.cos(np.arange(x.size)).reshape(x.shape))
        y, pulled = s.value(x), s.pull(x, grad)
        for k in range(FEATURES):
            ones = {name: array[[k]] if name in along else array for name, array in s.case.parameters.items()}
            part = np.take(x, [k], axis)
            alone, pull = s.library.vjp(single, s.native(part), {name: s.native(one) for name, one in ones.items()})
            found = pull(s.native(np.take(grad, [k], axis)))
            pairs = [(y, s.back(alone)), (pulled["x"], s.back(found["x"]))]
            if not all(same_bits(np.take(a, [k], axis), b) for a, b in pairs):
                broken.append(f"{', '.join(along)} at {k} acts otherwise on its slice of {x.ndim}-d input than alone")
        broken += _sums(s, x, grad, pulled)
    return Finding(broken=broken)


def sums(s: Subject) -> Finding:
    """A parameter's gradient is the sum over every element that it acts on, on 2-d, 3-d and 4-d input, up to the
    rounding of a sum."""
    axis = next(iter(s.act.parameters().values())).axis
    broken: list[str] = []
    for x in _inputs(s, axis):
        grad = s.fmt.round(np.cos(np.arange(x.size)).reshape(x.shape))
        broken += _sums(s, x, grad, s.pull(x, grad))
    return Finding(broken=broken)


def fresh(s: Subject) -> Finding:
    """Two layers of one activation share nothing: changing one's parameters leaves the other and the instance as they
    were, and a layer computes what its activation does."""
    before = hash(s.act), repr(s.act)
    one, other = (s.library.layer(s.act, features=FEATURES, device=s.device, dtype=s.dtype) for _ in range(2))
    mine, yours = s.library.parameters_of(one), s.library.parameters_of(other)
    if mine.keys() != s.parameters.keys():
        return Finding(broken=[f"the layer owns {sorted(mine)}, the activation declares {sorted(s.parameters)}"])
    x = s.native(s.sample())
    first = s.back(other(x)).copy()
    expected = s.back(s.library.apply(s.act, x, yours))
    broken = [] if same_bits(first, expected) else ["the layer computes other bits than its activation"]
    start = {name: s.back(array).copy() for name, array in yours.items()}
    for name, array in mine.items():
        if not same_bits(s.back(array), start[name]):
            broken.append(f"two layers start with different {name}")
        try:
            array[...] = 3.0
        except TypeError:  # a library whose arrays never change shares nothing that could
            continue
        if same_bits(s.back(s.library.parameters_of(one)[name]), start[name]):
            broken.append(f"writing to {name} does not change the layer")
    again = s.library.parameters_of(other)
    broken += [f"changing one layer's {name} changed the other's" for name in start if not _same(s, again, start, name)]
    if not same_bits(s.back(other(x)), first):
        broken.append("changing one layer's parameters changed what the other computes")
    third = s.library.parameters_of(s.library.layer(s.act, features=FEATURES, device=s.device, dtype=s.dtype))
    broken += [f"a new layer starts with {name} of a changed one" for name in start if not _same(s, third, start, name)]
    if (hash(s.act), repr(s.act)) != before:
        broken.append("the instance was changed")
    return Finding(broken=broken)


def _same(s: Subject, now: Mapping[str, Any], start: Mapping[str, Array], name: str) -> bool:
    return same_bits(s.back(now[name]), start[name])


def _inputs(s: Subject, axis: int) -> Iterator[Array]:
    rng = np.random.Generator(np.random.Philox(key=77))
    for others in ((5,), (2, 3), (2, 3, 4)):
        if axis >= len(others) + 1 or axis < -len(others) - 1:
            continue
        shape = list(others)
        shape.insert(axis if axis >= 0 else len(others) + 1 + axis, FEATURES)
        yield s.fmt.round(rng.standard_normal(shape) * 4)


def _sums(s: Subject, x: Array, grad: Array, pulled: Mapping[str, Array]) -> Iterator[str]:
    """Held to float64's own sum of the slopes, themselves judged elsewhere."""
    declared, extras = s.act.parameters(), dict(s.case.parameters)
    spread = interpret.spread(s.act, XP, x, extras)
    with np.errstate(all="ignore"):
        slopes = interpret.parameter_derivatives_spread(s.act, XP, x, spread)
    for name, slope in slopes.items():
        terms = grad * np.broadcast_to(slope, x.shape)
        exact, size = (interpret.reduce_to(XP, t, declared[name], extras[name]) for t in (terms, np.abs(terms)))
        got = pulled[name].astype(np.float64)
        # A library may sum in its own precision, which costs a few roundings of the sum of magnitudes.
        allowed = 4.0 * 2.0**-s.fmt.precision * (size if s.provider == "vendor" else np.abs(exact))
        off = np.abs(got - exact) > allowed + 2.0**-46 * size + s.fmt.smallest
        if off.any() or got.shape != exact.shape:
            yield f"the gradient of {name} on {x.ndim}-d input is {got.tolist()}, not {exact.tolist()}"
