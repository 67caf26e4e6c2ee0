"""The suite bites: wrong backends are caught, each by the check that should catch it, and the honest backend passes."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

from actreg.backends.numpy.backend import NumpyBackend


class Honest(NumpyBackend):
    """NumPy under another name; a mutant overrides one method."""

    name: ClassVar[str] = "other"
    modules: ClassVar[tuple[str, ...]] = ()


class Flushing(Honest):
    """Subnormal numbers become zero, undeclared."""

    def apply(self, act: Any, x: Any, parameters: Any, *, out: Any = None, generator: Any = None) -> Any:
        y = super().apply(act, x, parameters, out=out, generator=generator)
        small = np.abs(y) < np.finfo(y.dtype).tiny
        y[small] = np.copysign(0, y)[small]
        return y


class Promoting(Honest):
    """float32 comes back as float64."""

    def apply(self, act: Any, x: Any, parameters: Any, *, out: Any = None, generator: Any = None) -> Any:
        return super().apply(act, x, parameters, out=out, generator=generator).astype(np.float64)


class Sharing(Honest):
    """Every layer of an activation is the same one."""

    def layer(self, act: Any, **options: Any) -> Any:
        self._made: Any = getattr(self, "_made", {})
        if act.info.name not in self._made:
            self._made[act.info.name] = super().layer(act, **options)
        return self._made[act.info.name]


class Detached(Honest):
    """The pullback belongs to the last call, not to its own."""

    def vjp(self, act: Any, x: Any, parameters: Any, *, generator: Any = None) -> Any:
        y, self._last = super().vjp(act, x, parameters, generator=generator)
        return y, lambda grad: self._last(grad)


class Batched(Honest):
    """Of arrays with four axes the last column is lost."""

    def apply(self, act: Any, x: Any, parameters: Any, *, out: Any = None, generator: Any = None) -> Any:
        y = super().apply(act, x, parameters, out=out, generator=generator)
        return y[..., :-1] if y.ndim == 4 else y


class Lenient(Honest):
    """Whatever parameters are given, it goes on."""

    def apply(self, act: Any, x: Any, parameters: Any, *, out: Any = None, generator: Any = None) -> Any:
        known = {name: array for name, array in parameters.items() if name in act.parameters()}
        return super().apply(act, x, known, out=out, generator=generator)


MUTANTS = [
    (Flushing, "tanh", "subnormals"),
    (Promoting, "tanh", "shapes"),
    (Sharing, "prelu", "fresh layers"),
    (Detached, "tanh", "leaks"),
    (Batched, "tanh", "shapes"),
    (Lenient, "tanh", "refusals"),
]


@pytest.mark.parametrize(
    ("wrong", "name", "by"), MUTANTS, ids=lambda v: v.__doc__.rstrip(".") if isinstance(v, type) else v
)
def test_a_wrong_backend_is_caught(wrong, name, by, caught):
    """By its own check; the honest backend passes it."""
    caught(wrong, by, Honest, only=name)
