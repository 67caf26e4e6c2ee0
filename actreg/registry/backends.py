"""The backends of a registry: known by class, constructed on demand, found by an array's type."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from actreg.contracts.activation import Activation
from actreg.contracts.backend import Backend
from actreg.contracts.kernel import Bound
from actreg.contracts.names import normalise
from actreg.errors import (
    ActregError,
    BrokenPluginError,
    InputError,
    MissingExtraError,
    NameCollisionError,
    UnknownNameError,
)
from actreg.registry.kernels import KernelIndex
from actreg.registry.plugin import Plugin
from actreg.registry.sources import Origin
from actreg.registry.static import StaticClaim

Known = type[Backend] | StaticClaim


class BackendTable:
    """Backend classes by name, with the instances made so far; what metadata declares is imported when asked for."""

    def __init__(self, plugins: Iterable[Plugin], kernels: KernelIndex) -> None:
        self._kernels = kernels
        # Reentrant: a backend may be made of another one.
        self._lock = threading.RLock()
        self._made: dict[str, Backend] = {}
        self._known: dict[str, list[tuple[Known, Origin]]] = {}
        for plugin in plugins:
            for cls in plugin.backends:
                self._known.setdefault(normalise(cls.name), []).append((cls, plugin.origin))
            for entry in plugin.static:
                if entry.declares == "backends":
                    self._known.setdefault(normalise(entry.name), []).append((entry, entry.origin))

    def names(self) -> list[str]:
        """Every backend's name, sorted."""
        return sorted({known.name for found in self._known.values() for known, _ in found})

    def find(self, name: str) -> type[Backend]:
        """The class of a backend; UnknownNameError, NameCollisionError or BrokenPluginError."""
        return self.claim(name)[0]

    def claim(self, name: str) -> tuple[type[Backend], Origin]:
        """The class of a backend and where it comes from."""
        found = self._known.get(normalise(name)) if isinstance(name, str) else None
        if not found:
            missing = " (pip install plugins/actreg-torch brings torch)" if name == "torch" else ""
            raise UnknownNameError(
                "backend", str(name), self.names(), hint=f"installed: {', '.join(self.names())}{missing}"
            )
        if len({_place(known) for known, _ in found}) > 1:
            raise NameCollisionError(name, [str(origin) for _, origin in found])
        known, origin = found[0]
        return (known.load() if isinstance(known, StaticClaim) else known), origin

    def get(self, name: str) -> Backend:
        """The backend itself."""
        cls, origin = self.claim(name)
        with self._lock:
            if cls.name not in self._made:
                self._made[cls.name] = self._construct(cls, origin)
            return self._made[cls.name]

    def _construct(self, cls: type[Backend], origin: Origin) -> Backend:
        def finder(act: Activation, device: str, dtype: str) -> Bound | None:
            chosen = self._kernels.choose(act, cls.name, device, dtype)
            return chosen[1] if chosen is not None else None

        try:
            return cls(finder)
        except ModuleNotFoundError as error:
            raise MissingExtraError(
                f"backend {cls.name!r}", str(error.name), cls.install or f"install {error.name}"
            ) from error
        except ActregError:
            raise
        except Exception as error:  # a plugin's code: whatever it raises is its failure
            reason = f"its constructor raised {type(error).__name__}: {error}"
            raise BrokenPluginError(origin.distribution, origin.version, reason, asked=cls.name) from error

    def owner(self, x: Any) -> Backend:
        """The backend that owns an array, by the module of its type or of a base of it; InputError where none does."""
        if type(x) is float:
            return self.get("numpy")
        tops = [kind.__module__.partition(".")[0] for kind in type(x).__mro__]
        for static in (False, True):  # what would have to be imported comes last
            for top in tops:
                for name, found in self._known.items():
                    if any(isinstance(known, StaticClaim) is static and _owns(known, top) for known, _ in found):
                        return self.get(name)
        raise InputError(
            f"no backend takes a {type(x).__module__}.{type(x).__qualname__}: pass a floating-point array of"
            f" {', '.join(self.names())}, such as numpy.asarray(x, dtype=numpy.float32)"
        )


def _place(known: Known) -> Any:
    return known.origin.module if isinstance(known, StaticClaim) else known


def _owns(known: Known, top: str) -> bool:
    """Whether arrays of a top-level module are its own; one whose import fails owns none."""
    try:
        cls = known.load() if isinstance(known, StaticClaim) else known
    except BrokenPluginError:
        return False
    return top in cls.modules
