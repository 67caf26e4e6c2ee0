"""The suite bites: wrong backends are caught, each by the check that should catch it, and the honest one passes."""

from __future__ import annotations

import contextlib
import random
import warnings
from typing import Any, ClassVar

import numpy as np
import pytest

import actreg
from actreg import Backend, Transforms
from actreg.backends.numpy.backend import NumpyBackend
from actreg.conformance import check

H = 2.0**-10


def derivative(function: Any, x: Any, by: Any) -> Any:
    """Central differences, good enough to be an honest library in float64."""
    return (
        function(x + H * by) * 8 - function(x - H * by) * 8 - function(x + 2 * H * by) + function(x - 2 * H * by)
    ) / (12 * H)


class Honest(NumpyBackend):
    """NumPy with transformations."""

    name: ClassVar[str] = "honest"
    capabilities: ClassVar[frozenset[str]] = NumpyBackend.capabilities | {
        *("double_backward", "vmap", "jvp", "compile", "export", "autocast", "threads"),
    }

    def threads(self, count: int) -> Any:
        return contextlib.nullcontext()

    def transforms(self) -> Transforms:
        def pullback(function: Any, x: Any, grad: Any) -> Any:
            one = function.activation
            return self.vjp(one, x, function.parameters)[1](grad)["x"]

        return Transforms(
            pullback=pullback,
            vmap=lambda function, x: np.stack([function(part) for part in x]),
            jvp=lambda function, x, tangent: (function(x), derivative(function, x, tangent)),
            compile=lambda layer: layer,
            export=lambda layer, example: layer,
            autocast=lambda function, x: function(x),
        )


def mutant(doc: str, **members: Any) -> Any:
    """An honest backend but for these members."""
    return type("Mutant", (Honest,), {"__doc__": doc, "name": "mutant", "__module__": __name__, **members})


def lending(doc: str, **changed: Any) -> Any:
    """An honest backend that lends other transformations."""

    def transforms(self: Any) -> Transforms:
        good = Honest.transforms(self)
        return Transforms(**{name: changed.get(name, getattr(good, name)) for name in Transforms.__dataclass_fields__})

    return mutant(doc, transforms=transforms)


def wrapping(doc: str, change: Any) -> Any:
    """`change(x, y)` is what its `apply` gives for x instead of y."""

    def apply(self: Any, act: Any, x: Any, parameters: Any, *, out: Any = None, generator: Any = None) -> Any:
        y = Honest.apply(self, act, x, parameters, out=out, generator=generator)
        return change(x, y)

    return mutant(doc, apply=apply)


def pulling(doc: str, change: Any) -> Any:
    """`change(x, grad, gradients)` is what its pullback gives."""

    def vjp(self: Any, act: Any, x: Any, parameters: Any, *, generator: Any = None) -> Any:
        y, pull = Honest.vjp(self, act, x, parameters, generator=generator)
        return y, lambda grad: change(x, grad, pull(grad))

    return mutant(doc, vjp=vjp)


def _noisy(x: Any, y: Any) -> Any:
    np.random.default_rng()  # harmless
    np.random.random()
    return y


def _loose(x: Any, y: Any) -> Any:
    np.seterr(over="ignore")
    return y


def _python_random(x: Any, y: Any) -> Any:
    random.random()
    return y


def _loud(x: Any, y: Any) -> Any:
    if np.isinf(np.asarray(x, dtype=np.float64)).any():
        warnings.warn("overflow encountered", RuntimeWarning, stacklevel=2)
    return y


def _strided(x: Any, y: Any) -> Any:
    return y if x.flags.c_contiguous else np.nextafter(y, np.inf, dtype=y.dtype)


class Held:
    """State that leaks: the size of the largest array yet."""

    most = 0


def _remembering(x: Any, y: Any) -> Any:
    before, Held.most = Held.most, max(Held.most, int(np.isnan(np.asarray(x, dtype=np.float64)).sum()))
    return y if before == 0 else np.nextafter(y, np.inf, dtype=y.dtype)


def _flushed(x: Any, y: Any) -> Any:
    return np.where(np.abs(y) < np.finfo(y.dtype).smallest_normal, np.zeros_like(y), y)


SHARED: dict[str, Any] = {}


def _one_layer(self: Any, act: Any, **options: Any) -> Any:
    key = repr(act)
    if key not in SHARED:
        SHARED[key] = Honest.layer(self, act, **options)
    return SHARED[key]


def _thread_bound(self: Any, count: int) -> Any:
    @contextlib.contextmanager
    def within() -> Any:
        self.count = count
        yield
        self.count = 1

    return within()


def _by_threads(self: Any, act: Any, x: Any, parameters: Any, *, out: Any = None, generator: Any = None) -> Any:
    y = Honest.apply(self, act, x, parameters, out=out, generator=generator)
    return y if getattr(self, "count", 1) == 1 else np.nextafter(y, np.inf, dtype=y.dtype)


def _unchecked(self: Any, act: Any, x: Any, parameters: Any, *, out: Any = None, generator: Any = None) -> Any:
    floating = np.asarray(x).dtype.kind != "i"
    return Honest.apply(self, act, x if floating else np.asarray(x, float), parameters, out=out, generator=generator)


def _overlapping(self: Any, act: Any, x: Any, parameters: Any, *, out: Any = None, generator: Any = None) -> Any:
    y = Honest.apply(self, act, x, parameters, generator=generator)
    if out is None:
        return y
    out[...] = y
    return out


def _short(x: Any, grad: Any, found: Any) -> Any:
    y = found["x"]
    return {**found, "x": y if y.size > 100 else np.nextafter(y, np.inf, dtype=y.dtype)}


def _half(x: Any, grad: Any, found: Any) -> Any:
    return {**found, "x": found["x"] * np.asarray(1.01, dtype=found["x"].dtype)}


def _no_nan(x: Any, grad: Any, found: Any) -> Any:
    return {**found, **{n: np.nan_to_num(g) for n, g in found.items() if n != "x"}}


def _first_row(x: Any, grad: Any, found: Any) -> Any:
    return {**found, **{n: g / x.shape[0] for n, g in found.items() if n != "x"}}


def _no_kink(x: Any, grad: Any, found: Any) -> Any:
    return {**found, "x": np.where(np.asarray(x) == 0, grad, found["x"]).astype(found["x"].dtype)}


def _grad_changed(x: Any, grad: Any, found: Any) -> Any:
    if isinstance(grad, np.ndarray) and grad.flags.writeable:
        grad *= 2
    return found


def _ulp(function: Any) -> Any:
    return lambda x: np.nextafter(np.nextafter(function(x), np.inf), np.inf)


MUTANTS = [
    (wrapping("Draws from NumPy's global generator.", _noisy), "global state", "silu", "float32"),
    (wrapping("Turns NumPy's error handling off for good.", _loose), "global state", "silu", "float32"),
    (wrapping("Draws from Python's generator.", _python_random), "global state", "silu", "float32"),
    (wrapping("Warns at infinities.", _loud), "silent", "silu", "float32"),
    (wrapping("Rounds otherwise where x is strided.", _strided), "layouts", "silu", "float32"),
    (wrapping("Has seen a NaN and never forgets it.", _remembering), "leaks", "silu", "float32"),
    (wrapping("Flushes what it declares to keep.", _flushed), "subnormals", "silu", "float32"),
    (mutant("Keeps what it declares to flush.", subnormals=lambda *_: "flushed"), "subnormals", "silu", "float32"),
    (mutant("Gives out one layer for all.", layer=_one_layer), "fresh layers", "prelu", "float32"),
    (mutant("Depends on its threads.", threads=_thread_bound, apply=_by_threads), "threads", "silu", "float32"),
    (mutant("Takes integers.", apply=_unchecked), "refusals", "silu", "float32"),
    (mutant("Takes an overlapping out.", apply=_overlapping), "out", "silu", "float32"),
    (pulling("Rounds gradients of short arrays otherwise.", _short), "length of gradients", "silu", "float32"),
    (pulling("Gradients are a hundredth too large.", _half), "finite differences", "softmax", "float64"),
    (pulling("Gradients are a hundredth too large.", _half), "dot product", "softmax", "float32"),
    (pulling("Gradients are a hundredth too large.", _half), "dot product", "maxout", "float64"),
    (pulling("Parameters' gradients lose NaN.", _no_nan), "nan in parameters", "prelu", "float32"),
    (pulling("A mean for a sum.", _first_row), "sums of parameter gradients", "prelu", "float32"),
    (pulling("A mean for a sum.", _first_row), "parameters along an axis", "prelu", "float32"),
    (pulling("The derivative at 0 is 1.", _no_kink), "kinks", "relu", "float32"),
    (pulling("The derivative at 0 is 1.", _no_kink), "kinks", "leaky_relu", "float32"),
    (pulling("Doubles the gradient it is given.", _grad_changed), "input kept", "silu", "float32"),
    (
        lending("The last slice twice.", vmap=lambda f, x: np.stack([f(p) for p in [*x[:-1], x[0]]])),
        "vmap",
        "silu",
        "float32",
    ),
    (
        lending("The tangent is forgotten.", jvp=lambda f, x, t: (f(x), derivative(f, x, 1 + 0 * t))),
        "jvp",
        "softmax",
        "float64",
    ),
    (lending("Nothing is lent.", jvp=None), "jvp", "silu", "float64"),
    (lending("Rounded to half.", autocast=lambda f, x: f(x).astype(np.float16)), "autocast", "silu", "float32"),
    (lending("Two ulp off.", compile=_ulp), "compile", "silu", "float32"),
    (lending("Two ulp off.", export=lambda layer, x: _ulp(layer)), "export", "silu", "float32"),
    (lending("No second order.", double_backward=lambda f, x, g, d: 0 * x), "double backward", "silu", "float32"),
    (lending("No second order.", double_backward=lambda f, x, g, d: 0 * x), "double backward", "softmax", "float64"),
]


def _records(backend: type[Backend], by: str, activation: str, dtype: str) -> list[Any]:
    class Plugin:
        """The backend's."""

        @actreg.hookimpl
        def actreg_backends(self) -> list[Any]:
            """It alone."""
            return [backend]

    registry = actreg.Registry(plugins=[Plugin()])
    return check(activation, registry, [backend.name], [dtype], [by])


@pytest.mark.parametrize("case", MUTANTS, ids=lambda c: f"{c[0].__doc__} {c[1]} of {c[2]} in {c[3]}")
def test_a_wrong_backend_is_caught(case: Any) -> None:
    """By the check that should catch it, which says why."""
    before = np.geterr()
    try:
        failed = [r for r in _records(*case) if r.verdict == "fail"]
    finally:
        np.seterr(**before)
    assert failed
    assert all(r.reason or r.worst_input for r in failed)


HONEST = sorted({case[1:] for case in MUTANTS if case[1] not in ("compile", "jvp", "double backward")})


@pytest.mark.parametrize("case", HONEST, ids=lambda c: f"{c[0]} of {c[1]} in {c[2]}")
def test_the_honest_backend_passes(case: Any) -> None:
    """What catches a mutant lets its twin through."""
    assert [r.explain() for r in _records(Honest, *case) if not r.ok] == []
