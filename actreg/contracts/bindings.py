"""A cache of bound activations, for backends.

Requirements:

- A repeated call with the same instance costs one dictionary look-up: keyed by identity, not by hashing fields.
- A fresh, equal instance finds the same binding: keyed by class and field *bits*, since 0.0 and -0.0 are equal and
  bind differently.
- Nothing is kept alive: entries go when their instance goes.
"""

from __future__ import annotations

import struct
import weakref
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from actreg.contracts.activation import Activation

Bound = TypeVar("Bound")
_MOST = 4096


def config_key(act: Activation) -> tuple[Any, ...]:
    """Class and field bits: what a binding may depend on."""
    values = act.__dict__.values()
    return (type(act), *(struct.pack("d", value) if isinstance(value, float) else value for value in values))


class Bindings(Generic[Bound]):
    """Bindings made on demand by ``make(act, extra)``; `extra` is hashable, a dtype or (device, dtype)."""

    def __init__(self, make: Callable[[Activation, Any], Bound]) -> None:
        self._make = make
        self._near: dict[tuple[int, Any], tuple[weakref.ref[Activation], Bound]] = {}
        self._far: dict[tuple[Any, ...], Bound] = {}

    def get(self, act: Activation, extra: Any) -> Bound:
        """The binding of `act` for `extra`."""
        near = self._near.get((id(act), extra))
        if near is not None and near[0]() is act:
            return near[1]
        return self._bind(act, extra)

    def _bind(self, act: Activation, extra: Any) -> Bound:
        far_key = (config_key(act), extra)
        bound = self._far.get(far_key)
        if bound is None:
            if len(self._far) >= _MOST:
                self._far.clear()
            bound = self._far[far_key] = self._make(act, extra)
        key = (id(act), extra)

        def forget(_: object) -> None:
            self._near.pop(key, None)

        self._near[key] = (weakref.ref(act, forget), bound)
        return bound

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("bindings belong to one process: pickle the activation, not the backend")
