"""The backends of a registry: known by class, constructed on demand, found by an array's type."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from actreg.contracts.activation import Activation
from actreg.contracts.backend import Backend
from actreg.contracts.kernel import Bound
from actreg.contracts.names import normalise
from actreg.errors import InputError, MissingExtraError, NameCollisionError, UnknownNameError
from actreg.registry.kernels import KernelIndex
from actreg.registry.loading import Plugin
from actreg.registry.sources import Origin


class BackendTable:
    """Backend classes by name, with the instances made so far."""

    def __init__(self, plugins: Iterable[Plugin], kernels: KernelIndex) -> None:
        self._kernels = kernels
        self._lock = threading.Lock()
        self._made: dict[str, Backend] = {}
        self._classes: dict[str, list[tuple[type[Backend], Origin]]] = {}
        for plugin in plugins:
            for cls in plugin.backends:
                self._classes.setdefault(normalise(cls.name), []).append((cls, plugin.origin))

    def names(self) -> list[str]:
        """Every backend's name, sorted."""
        return sorted({cls.name for found in self._classes.values() for cls, _ in found})

    def find(self, name: str) -> type[Backend]:
        """The class of a backend; UnknownNameError or NameCollisionError."""
        return self.claim(name)[0]

    def claim(self, name: str) -> tuple[type[Backend], Origin]:
        """The class of a backend and where it comes from."""
        found = self._classes.get(normalise(name)) if isinstance(name, str) else None
        if not found:
            missing = " (pip install plugins/actreg-torch brings torch)" if name == "torch" else ""
            raise UnknownNameError(
                "backend", str(name), self.names(), hint=f"installed: {', '.join(self.names())}{missing}"
            )
        if len({cls for cls, _ in found}) > 1:
            raise NameCollisionError(name, [str(origin) for _, origin in found])
        return found[0]

    def get(self, name: str) -> Backend:
        """The backend itself."""
        cls = self.find(name)
        with self._lock:
            if cls.name not in self._made:
                self._made[cls.name] = self._construct(cls)
            return self._made[cls.name]

    def _construct(self, cls: type[Backend]) -> Backend:
        def finder(act: Activation, device: str, dtype: str) -> Bound | None:
            chosen = self._kernels.choose(act, cls.name, device, dtype)
            return chosen[1] if chosen is not None else None

        try:
            return cls(finder)
        except ModuleNotFoundError as error:
            raise MissingExtraError(
                f"backend {cls.name!r}", str(error.name), cls.install or f"install {error.name}"
            ) from error

    def owner(self, x: Any) -> Backend:
        """The backend that owns an array, by the module of its type or of a base of it; InputError where none does."""
        if type(x) is float:
            return self.get("numpy")
        for kind in type(x).__mro__:
            top = kind.__module__.partition(".")[0]
            for found in self._classes.values():
                if any(top in cls.modules for cls, _ in found):
                    return self.get(found[0][0].name)
        raise InputError(
            f"no backend takes a {type(x).__module__}.{type(x).__qualname__}: pass a floating-point array of"
            f" {', '.join(self.names())}, such as numpy.asarray(x, dtype=numpy.float32)"
        )
