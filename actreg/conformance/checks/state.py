"""State: no call leaves a trace, in the process or in what later calls compute."""

from __future__ import annotations

import contextlib
import hashlib
import random
import warnings
from typing import Any

import numpy as np

from actreg.conformance.checks.finding import Finding, same_bits
from actreg.conformance.subject import Subject
from actreg.errors import ActregError


def global_state(s: Subject) -> Finding:
    """No call changes the process: random states, NumPy's error handling, the processor's treatment of subnormals,
    and what the backend names as its library's settings."""
    before = _state(s)
    _exercise(s)
    after = _state(s)
    return Finding(
        broken=[f"{name} was {before[name]} and is {after[name]}" for name in before if before[name] != after[name]]
    )


def silent(s: Subject) -> Finding:
    """No call warns or trips over the caller's own error handling, at whatever values."""
    values = [0.0, -0.0, 1.0, s.fmt.smallest, s.fmt.largest, -s.fmt.largest, np.inf, -np.inf, np.nan, 3.0, -3.0, 0.5]
    x = np.array(values) if s.pointwise else s.along(np.array(values).reshape(2, 6))
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        try:
            y = s.native_value(s.native(x))
            _, pullback = s.library.vjp(s.act, s.native(x), s.parameters)
            pullback(s.native(np.ones(tuple(y.shape))))
            if s.kind == "elementwise":
                s.library.derivative(s.act, s.native(x), s.parameters)
        except (Warning, FloatingPointError) as error:
            return Finding(broken=[f"{type(error).__name__}: {error}"])
    return Finding()


def leaks(s: Subject) -> Finding:
    """What a call computes does not depend on earlier ones: of other shapes, with NaN, with infinities, that failed."""
    x = s.sample()
    first = s.value(x).copy()
    held = s.native_value(s.native(x))
    _, pullback = s.library.vjp(s.act, s.native(x), s.parameters)
    grad = s.native(np.ones(first.shape))
    pulled = s.back(pullback(grad)["x"]).copy()
    _exercise(s)
    broken = [] if same_bits(s.value(x), first) else ["the same call gives other bits after others"]
    if not same_bits(s.back(held), first):
        broken.append("a result was overwritten by a later call")
    if not same_bits(s.back(pullback(grad)["x"]), pulled):
        broken.append("a pullback gives other bits after other calls")
    return Finding(broken=broken)


def _exercise(s: Subject) -> None:
    """Every way of calling, at ordinary, infinite and NaN inputs, and one call that fails."""
    x = s.sample()
    for array in (x, x * np.inf, x * np.nan, x[:1] if s.pointwise else x):
        with np.errstate(all="ignore"):
            native = s.native(array)
        y, pullback = s.library.vjp(s.act, native, s.parameters)
        pullback(s.native(np.ones(tuple(y.shape))))
        s.native_value(native)
        if s.kind == "elementwise":
            s.library.derivative(s.act, native, s.parameters)
        if "inplace" in s.library.capabilities:
            s.native_value(native, out=s.native(np.zeros(tuple(y.shape))))
    with contextlib.suppress(ActregError):
        s.library.apply(s.act, s.native(x), {"no_such_parameter": s.native(x)})


def _state(s: Subject) -> dict[str, Any]:
    legacy: Any = np.random.get_state(legacy=False)
    small = np.array([2.0**-1074, 2.0**-1060])
    return {
        "Python's random state": hashlib.sha256(repr(random.getstate()).encode()).hexdigest(),
        "NumPy's random state": (hashlib.sha256(legacy["state"]["key"].tobytes()).hexdigest(), legacy["state"]["pos"]),
        "NumPy's error handling": np.geterr(),
        "the processor's subnormals": ((small * 1.0) != 0.0).tolist(),
        **s.library.state(),
    }
