"""The suite bites: wrong kernels are caught, each by the check that should catch it, and the honest kernel passes."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

import actreg

NUMPY: Any = actreg.Registry().backend("numpy")


class Honest:
    """The formula, as a kernel; a mutant overrides one method."""

    def __init__(self, act: Any) -> None:
        self.act = act

    def value(self, x: Any, parameters: Mapping[str, Any]) -> Any:
        """A fresh array."""
        return NUMPY.apply(self.act, x, parameters)

    def forward(self, x: Any, out: Any = None, **parameters: Any) -> Any:
        """As `Bound` wants it."""
        y = self.value(x, parameters)
        if out is None:
            return y
        out[...] = y
        return out

    def pullback(self, x: Any, y: Any, grad: Any, **parameters: Any) -> dict[str, Any]:
        """Likewise."""
        gradients: dict[str, Any] = NUMPY.vjp(self.act, x, parameters)[1](grad)
        return gradients

    @classmethod
    def declared(cls, name: str) -> actreg.Kernel:
        """The kernel of one activation on NumPy."""

        def bind(act: Any, device: str, dtype: str) -> actreg.Bound:
            bound = cls(act)
            return actreg.Bound(bound.forward, bound.pullback)

        return actreg.Kernel(name, "numpy", bind, f"{cls.__name__} of {name}", priority=99)


class Downcast(Honest):
    """float64 is computed in float32."""

    def value(self, x, parameters):
        return super().value(x.astype(np.float32), parameters).astype(x.dtype)


class Overwriting(Honest):
    """It works in its input."""

    def value(self, x, parameters):
        if x.flags.writeable:
            x += x.dtype.type(1)
            x -= x.dtype.type(1)
        return super().value(x, parameters)


class Tail(Honest):
    """What is left over of a vector of eight takes another path."""

    def value(self, x, parameters):
        y = super().value(x, parameters)
        flat, done = y.reshape(-1), x.size // 8 * 8
        flat[done:] = np.nextafter(flat[done:], np.inf)
        return y


class TailOfGradient(Honest):
    """The same, backwards."""

    def pullback(self, x, y, grad, **parameters):
        found = super().pullback(x, y, grad, **parameters)
        flat, done = found["x"].reshape(-1), x.size // 8 * 8
        flat[done:] = np.nextafter(flat[done:], np.inf)
        return found


class Buffered(Honest):
    """Every call returns the same memory."""

    held: Any = None

    def value(self, x, parameters):
        y = super().value(x, parameters)
        if self.held is None or self.held.shape != y.shape:
            self.held = y
        self.held[...] = y
        return self.held

    def forward(self, x, out=None, **parameters):
        return self.value(x, parameters) if out is None else super().forward(x, out, **parameters)


class Remembering(Honest):
    """A NaN once met stays."""

    met = False

    def value(self, x, parameters):
        self.met = self.met or bool(np.isnan(x).any())
        return super().value(x, parameters) * x.dtype.type(0.5 if self.met else 1)


class Deaf(Honest):
    """`out` stays as it is."""

    def forward(self, x, out=None, **parameters):
        return self.value(x, parameters)


class Random(Honest):
    """The last bit is thrown."""

    def value(self, x, parameters):
        y = super().value(x, parameters)
        return np.where(np.random.default_rng().random(y.shape) < 0.5, y, np.nextafter(y, y.dtype.type(0)))


class Threaded(Honest):
    """Another thread gets another result."""

    def value(self, x, parameters):
        y = super().value(x, parameters)
        return y if threading.current_thread() is threading.main_thread() else np.nextafter(y, y.dtype.type(0))


class Meddling(Honest):
    """NumPy is told to be quiet, and stays so."""

    def value(self, x, parameters):
        np.seterr(all="ignore")
        return super().value(x, parameters)


class Seeding(Honest):
    """The global generator is drawn from."""

    def value(self, x, parameters):
        np.random.random()
        return super().value(x, parameters)


class Noisy(Honest):
    """It warns."""

    def value(self, x, parameters):
        warnings.warn("by design", RuntimeWarning, stacklevel=2)
        return super().value(x, parameters)


class Uneven(Honest):
    """Every other float is rounded down."""

    def value(self, x, parameters):
        y = super().value(x, parameters)
        odd = (x.view(np.uint32) & 1).astype(bool)
        return np.where(odd & (np.abs(x) < 1), np.nextafter(y, y.dtype.type(-2)), y)


class Unsigned(Honest):
    """-0.0 becomes 0.0."""

    def value(self, x, parameters):
        return super().value(x, parameters) + x.dtype.type(0)


class Scaled(Honest):
    """The incoming gradient is taken for 1."""

    def pullback(self, x, y, grad, **parameters):
        return super().pullback(x, y, np.ones_like(grad), **parameters)


class Covering(Honest):
    """The gradient at NaN is 0."""

    def pullback(self, x, y, grad, **parameters):
        return {name: np.nan_to_num(g) for name, g in super().pullback(x, y, grad, **parameters).items()}


class Flat(Honest):
    """Memory order is taken for the order of elements."""

    def value(self, x, parameters):
        return super().value(x.ravel(order="K"), parameters).reshape(x.shape)


class LastAxis(Honest):
    """Slopes run along the last axis instead of the channels."""

    def value(self, x, parameters):
        weight = parameters["weight"]
        return np.where(x > 0, x, x * weight) if weight.size > 1 else super().value(x, parameters)


class Narrow(Honest):
    """Gradients of parameters are summed in float16."""

    def pullback(self, x, y, grad, **parameters):
        found = super().pullback(x, y, grad, **parameters)
        slope = np.where(x > 0, 0, x) * grad
        total = np.float16(0)
        for term in slope.reshape(-1).astype(np.float16):
            total = total + term
        return {**found, "weight": np.full(found["weight"].shape, total, dtype=x.dtype)}


MUTANTS = [
    (Downcast, "sigmoid", "value", "float64"),
    (Overwriting, "tanh", "input kept", "float32"),
    (Tail, "tanh", "length", "float32"),
    (TailOfGradient, "tanh", "length of gradients", "float32"),
    (Buffered, "tanh", "leaks", "float32"),
    (Remembering, "tanh", "leaks", "float32"),
    (Deaf, "tanh", "out", "float32"),
    (Random, "tanh", "deterministic", "float32"),
    (Threaded, "tanh", "concurrent", "float32"),
    (Meddling, "tanh", "global state", "float32"),
    (Seeding, "tanh", "global state", "float32"),
    (Noisy, "tanh", "silent", "float32"),
    (Uneven, "tanh", "monotone", "float32"),
    (Unsigned, "tanh", "signed zero", "float32"),
    (Scaled, "tanh", "gradient", "float32"),
    (Covering, "tanh", "nan", "float32"),
    (Flat, "tanh", "layouts", "float32"),
    (LastAxis, "prelu", "parameters along an axis", "float32"),
    (Narrow, "prelu", "sums of parameter gradients", "float32"),
]


@pytest.fixture(autouse=True)
def unharmed() -> Iterator[None]:
    """A mutant's traces end with its test."""
    with np.errstate(**np.geterr()):
        yield


@pytest.mark.parametrize(
    ("wrong", "name", "by", "dtype"), MUTANTS, ids=lambda v: v.__doc__.rstrip(".") if isinstance(v, type) else v
)
def test_a_wrong_kernel_is_caught(wrong, name, by, dtype, caught):
    """By its own check; the honest kernel of the same activation passes it."""
    caught(wrong.declared(name), by, Honest.declared(name), dtype)
