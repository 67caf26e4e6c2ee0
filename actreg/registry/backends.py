"""The backends of a registry: known by class, constructed on demand, found by an array's type.

Requirements:

- What metadata declares is imported when it is asked for.
- Two distributions that claim one name are an error when it is used, settled by ``name@distribution``.
- Arrays go to the one backend that owns their library. What comes with the package keeps its own; of several others
  none is taken.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from actreg.contracts.activation import Activation
from actreg.contracts.backend import Backend
from actreg.contracts.kernel import Bound
from actreg.contracts.names import normalise, split_distribution
from actreg.errors import (
    ActregError,
    BrokenPluginError,
    InputError,
    MissingExtraError,
    NameCollisionError,
    UnknownNameError,
)
from actreg.hookspecs import PROJECT
from actreg.registry.discovery import canonical
from actreg.registry.faults import said
from actreg.registry.kernels import KernelIndex
from actreg.registry.plugin import Plugin, withheld
from actreg.registry.sources import Origin
from actreg.registry.static import StaticClaim

Known = type[Backend] | StaticClaim
Claimed = tuple[Known, Origin]


class BackendTable:
    """Backend classes by name, with the instances made so far."""

    def __init__(self, plugins: Iterable[Plugin], kernels: KernelIndex) -> None:
        self._plugins = tuple(plugins)
        self._kernels = kernels
        # Reentrant: a backend may be made of another one.
        self._lock = threading.RLock()
        self._made: dict[type[Backend], Backend] = {}
        self._known: dict[str, list[Claimed]] = {}
        for plugin in self._plugins:
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
        """The class of a backend, by its name or as ``name@distribution``, and where it comes from."""
        plain, owner = split_distribution(name) if isinstance(name, str) else (str(name), None)
        found = self._known.get(normalise(plain), [])
        if not found:
            raise self._unknown(plain)
        if owner is not None:
            found = [pair for pair in found if canonical(pair[1].distribution) == canonical(owner)]
        if not found:
            there = [origin.distribution for _, origin in self._known[normalise(plain)]]
            raise UnknownNameError(
                "distribution", str(owner), there, hint=f"the backend {plain!r} comes from {', '.join(there)}"
            )
        known, origin = _sole(plain, found, f"ask for {plain}@{found[0][1].distribution} or another")
        return _loaded(known), origin

    def get(self, name: str) -> Backend:
        """The backend itself."""
        return self._instance(*self.claim(name))

    def owner(self, x: Any) -> Backend:
        """The backend that owns an array, by the module of its type or of a base of it.

        Raises InputError where none does, NameCollisionError where several do.
        """
        claims = [pair for found in self._known.values() for pair in found]
        ours = [pair for pair in claims if pair[1].distribution == PROJECT]
        tops = [kind.__module__.partition(".")[0] for kind in type(x).__mro__]
        for top in ["numpy"] if type(x) is float else tops:
            owners = [pair for pair in ours if _owns(pair[0], top)] or [p for p in claims if _owns(p[0], top)]
            if owners:
                advice = "keep all but one of them out with ACTREG_DISABLE_PLUGINS"
                known, origin = _sole(f"arrays of {top}", owners, advice)
                return self._instance(_loaded(known), origin)
        raise InputError(
            f"no backend takes a {type(x).__module__}.{type(x).__qualname__}: pass a floating-point array of"
            f" {', '.join(self.names())}, such as numpy.asarray(x, dtype=numpy.float32)"
        )

    def _instance(self, cls: type[Backend], origin: Origin) -> Backend:
        with self._lock:
            if cls not in self._made:
                self._made[cls] = self._construct(cls, origin)
            return self._made[cls]

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
        except (ActregError, KeyboardInterrupt):
            raise
        except BaseException as error:  # a plugin's code: whatever it raises is its failure
            reason = f"its constructor raised {said(error)}"
            raise BrokenPluginError(origin.distribution, origin.version, reason, asked=cls.name) from error

    def _unknown(self, name: str) -> UnknownNameError:
        hints = [f"installed: {', '.join(self.names())}"]
        if name == "torch":
            hints[0] += " (pip install plugins/actreg-torch brings torch)"
        hints += withheld(self._plugins, name, "backends")
        return UnknownNameError("backend", name, self.names(), hint="; ".join(hints))


def _sole(what: str, found: list[Claimed], advice: str) -> Claimed:
    """The one claim, several of the same thing being one; NameCollisionError."""
    if len({_place(known) for known, _ in found}) > 1:
        raise NameCollisionError(what, [str(origin) for _, origin in found], advice)
    return found[0]


def _loaded(known: Known) -> type[Backend]:
    if isinstance(known, StaticClaim):
        cls: type[Backend] = known.load()
        return cls
    return known


def _place(known: Known) -> Any:
    return known.origin.module if isinstance(known, StaticClaim) else known


def _owns(known: Known, top: str) -> bool:
    """Whether arrays of a top-level module are its own; one whose import fails owns none."""
    try:
        return top in _loaded(known).modules
    except BrokenPluginError:
        return False
