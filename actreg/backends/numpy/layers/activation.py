"""An activation as a layer: the backend's own evaluation of one configured instance.

Requirements:

- The activation's mathematics is the backend's alone; this layer only hands arrays over.
- Where an activation works element by element, images keep their order in memory (`layout.py`).
- A stochastic activation draws from the network's generator in training and draws nothing in evaluation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from actreg.backends.numpy.layers.base import Array, Arrays, Gradients, Layer, LayerPullback, Run
from actreg.contracts.activation import Activation
from actreg.contracts.resolver import Pullback


class Activations(Protocol):
    """The part of a backend that evaluates activations."""

    def apply(
        self, act: Activation, x: Any, parameters: Mapping[str, Any], *, out: Any = None, generator: Any = None
    ) -> Any:
        """The value."""

    def vjp(
        self, act: Activation, x: Any, parameters: Mapping[str, Any], *, generator: Any = None
    ) -> tuple[Any, Pullback]:
        """The value and its pullback."""


@dataclass(frozen=True)
class Activate(Layer):
    """`act` by `backend`; reads the activation's own parameters."""

    act: Activation
    backend: Activations

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """act(x); over x itself where `overwrite` says so and the shape stays."""
        order = self._order(inputs[0], parameters)
        x = inputs[0].transpose(order)
        keeps_shape = self.act.kind in ("elementwise", "axiswise")
        out = x if overwrite and keeps_shape and x.flags.writeable else None
        y = self.backend.apply(self.act, x, parameters, out=out)
        return _restored(y, order)

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps what the backend's pullback keeps; never works in place, for earlier pullbacks may read x."""
        order = self._order(inputs[0], parameters)
        x = inputs[0].transpose(order)
        generator = run.generator if run.training and self.act.noise() is not None else None
        y, inner = self.backend.vjp(self.act, x, parameters, generator=generator)

        def pullback(grad: Array, wanted: bool) -> Gradients:
            found = dict(inner(np.ascontiguousarray(grad.transpose(order))))
            return Gradients((_restored(found.pop("x"), order),), found)

        return _restored(y, order), pullback

    def _order(self, x: Array, parameters: Arrays) -> tuple[int, ...]:
        """The axes from the slowest in memory to the fastest, where the axes mean nothing to the activation."""
        axes = tuple(range(x.ndim))
        plain = self.act.kind == "elementwise" and self.act.noise() is None
        if not plain or any(array.size > 1 for array in parameters.values()):
            return axes
        return tuple(sorted(axes, key=lambda axis: -x.strides[axis]))


def _restored(y: Array, order: tuple[int, ...]) -> Array:
    back = sorted(range(y.ndim), key=order.__getitem__)
    return y.transpose(back)
