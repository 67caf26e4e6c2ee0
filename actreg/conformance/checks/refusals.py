"""Refusals: what can't be computed is refused by the error that names it, and nothing else happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from actreg.conformance.checks.finding import Finding
from actreg.conformance.subject import Subject
from actreg.errors import ActregError, CapabilityError, InputError

Trial = tuple[str, type[ActregError], Callable[[], Any]]


def refusals(s: Subject) -> Finding:
    """An array of another dtype, a parameter, an ``out=``, a gradient or an axis that does not fit is refused with an
    InputError, and a derivative that there is none of with a CapabilityError; each names the activation."""
    broken = []
    for what, wanted, call in [*_of_inputs(s), *_of_parameters(s), *_of_out(s), *_of_shapes(s)]:
        try:
            call()
        except wanted as error:
            if s.case.name not in str(error):
                broken.append(f"{what} is refused without naming {s.case.name}: {error}")
        except Exception as error:
            broken.append(f"{what} raises {type(error).__name__} instead of {wanted.__name__}: {error}")
        else:
            broken.append(f"{what} is accepted")
    return Finding(broken=broken)


def _of_inputs(s: Subject) -> Iterator[Trial]:
    shape = s.sample().shape
    for dtype in (np.int32, np.bool_, np.complex64):
        try:
            x = s.library.from_numpy(np.ones(shape, dtype=dtype), device=s.device)
        except (ActregError, TypeError, ValueError):
            continue  # the library does not even take it in
        yield f"an array of {np.dtype(dtype)}", InputError, partial(s.native_value, x)
        yield f"the gradient at {np.dtype(dtype)}", InputError, partial(s.library.vjp, s.act, x, s.parameters)
    yield "a string for an array", InputError, lambda: s.native_value("x")


def _of_parameters(s: Subject) -> Iterator[Trial]:
    x = s.native(s.sample())
    given = s.parameters

    def apply(parameters: Any) -> Callable[[], Any]:
        return lambda: s.library.apply(s.act, x, parameters)

    yield "an unknown parameter", InputError, apply({**given, "no_such_parameter": s.native(np.ones(1))})
    for name in given:
        rest = {other: array for other, array in given.items() if other != name}
        yield f"a call without {name}", InputError, apply(rest)
        yield f"{name} of shape (41,)", InputError, apply({**given, name: s.native(np.ones(41))})
        yield f"{name} that is a string", InputError, apply({**given, name: "x"})


def _of_out(s: Subject) -> Iterator[Trial]:
    if "inplace" not in s.library.capabilities:
        return
    x = s.native(s.sample())
    shape = s.value(s.sample()).shape
    other = "float64" if s.dtype != "float64" else "float32"
    if other in s.library.dtypes(s.device):
        wide = s.library.from_numpy(np.zeros(shape), device=s.device, dtype=other)
        yield f"out= of {other}", InputError, lambda: s.native_value(x, out=wide)
    wrong = s.native(np.zeros((*shape, 2)))
    yield "out= of another shape", InputError, lambda: s.native_value(x, out=wrong)
    yield "out= that is no array", InputError, lambda: s.native_value(x, out=[0.0])


def _of_shapes(s: Subject) -> Iterator[Trial]:
    x = s.native(s.sample())
    y, pullback = s.library.vjp(s.act, x, s.parameters)
    wrong = s.native(np.ones((*y.shape, 2)))
    yield "an incoming gradient of another shape", InputError, lambda: pullback(wrong)
    if s.kind == "elementwise":
        return
    yield "a derivative of what has none", CapabilityError, lambda: s.act.derivative(x)
    flat = s.native(np.ones(()))
    yield "a 0-d array without an axis", InputError, lambda: s.native_value(flat)
    misfit = s.misfit()
    if misfit is not None:
        odd = s.native(s.along(np.ones((2, misfit))))
        yield f"an axis of size {misfit}", InputError, lambda: s.native_value(odd)
