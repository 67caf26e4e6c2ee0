"""What is to be tested: an activation, a backend, a kernel, or everything that a distribution provides.

Requirements:

- One word or object says it: ``"silu"``, ``MyActivation``, ``MyBackend``, ``"torch"``, ``KERNEL``, a plugin's module,
  or the name of a distribution.
- What a registry does not know yet extends it; the registry given is left as it is.
- A distribution is its activations on all backends, its backends with all activations, and the cells that its kernels
  run; nothing is tested twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any

from actreg.contracts.activation import Activation
from actreg.contracts.backend import Backend
from actreg.contracts.kernel import Kernel
from actreg.contracts.names import normalise
from actreg.errors import ActregError, BrokenPluginError, InputError, MissingExtraError, UnknownNameError
from actreg.hookspecs import hookimpl
from actreg.registry import Registry, default_registry
from actreg.registry.loading import load
from actreg.registry.plugin import Plugin
from actreg.registry.sources import explicit_sources


@dataclass(frozen=True)
class Scope:
    """One activation and where to test it. backends: None is every one that is installed. kernels: on the backends of
    these it is tested where one of them runs it, if they are not among `backends`."""

    cls: type[Activation]
    registry: Registry
    backends: tuple[str, ...] | None = None
    kernels: tuple[Kernel, ...] = ()

    def where(self, wanted: Sequence[str] | None = None) -> list[str]:
        """The backends on which there is something to test, of those wanted; no others are loaded.

        Raises UnknownNameError, and MissingExtraError for one that is wanted and not installed.
        """
        named = None if wanted is None else [self.registry.backend(name).name for name in wanted]
        if self.backends is None:
            return available(self.registry) if named is None else named
        mine = list(dict.fromkeys([*self.backends, *(kernel.backend for kernel in self.kernels)]))
        return mine if named is None else [name for name in named if name in mine]

    def only_kernels(self, backend: str) -> tuple[Kernel, ...]:
        """The kernels to which testing on that backend is confined; empty where it is not."""
        if self.backends is None or backend in self.backends:
            return ()
        return tuple(kernel for kernel in self.kernels if kernel.backend == backend)


@dataclass(frozen=True)
class Distribution:
    """Everything that an installed distribution provides, even where something else has the same name."""

    name: str


@dataclass(frozen=True)
class Everything:
    """All activations of a registry, those included whose name two distributions claim."""


def scopes(what: Any, registry: Any = None) -> list[Scope]:
    """What a request means; a list means all of its items. registry: the default one where None.

    Raises UnknownNameError, NameCollisionError, BrokenPluginError, InputError.
    """
    base = registry if registry is not None else default_registry()
    found: list[Scope] = []
    for item in what if isinstance(what, list | tuple) else [what]:
        found += _scopes(item, base)
    return _merged(found)


def available(registry: Any) -> list[str]:
    """The backends whose library is installed."""
    found = []
    for name in registry.backend_names():
        try:
            registry.backend(name)
        except MissingExtraError:
            continue
        found.append(name)
    return found


def _scopes(item: Any, base: Registry) -> list[Scope]:
    if isinstance(item, str):
        return _named(item, base)
    if isinstance(item, Everything):
        return [Scope(cls, base) for cls in _activations(base)]
    if isinstance(item, Distribution):
        return _distribution(item.name, base)
    if isinstance(item, Activation):
        item = type(item)
    if isinstance(item, type) and issubclass(item, Activation):
        return [Scope(item, _extended(base, item, "activations"))]
    if isinstance(item, type) and issubclass(item, Backend):
        registry = _extended(base, item, "backends")
        return [Scope(cls, registry, (item.name,)) for cls in _activations(registry)]
    if isinstance(item, Kernel):
        registry = _extended(base, item, "kernels")
        return [Scope(cls, registry, (), (item,)) for cls in _implemented(item, registry)]
    if isinstance(item, ModuleType) or any(name.startswith("actreg_") for name in dir(item)):
        plugin = load(*explicit_sources([item]))
        return _provided([plugin], Registry.from_plugins([*base.plugins(), plugin]))
    raise InputError(f"the suite tests activations, backends, kernels and distributions, not {item!r}")


def _named(name: str, base: Registry) -> list[Scope]:
    if base.claims(name):
        return [Scope(base.find(name), base)]
    for backend in base.backend_names():
        if normalise(backend) == normalise(name):
            return [Scope(cls, base, (backend,)) for cls in _activations(base)]
    if plugins := _plugins_of(name, base):
        return _provided(plugins, base)
    known = [*base.spellings(), *base.backend_names(), *(plugin.origin.distribution for plugin in base.plugins())]
    raise UnknownNameError("activation, backend or distribution", name, known)


def _distribution(name: str, base: Registry) -> list[Scope]:
    plugins = _plugins_of(name, base)
    if not plugins:
        known = sorted({plugin.origin.distribution for plugin in base.plugins()})
        raise UnknownNameError("distribution", name, known, hint=f"with plugins: {', '.join(known)}")
    return _provided(plugins, base)


def _plugins_of(name: str, base: Registry) -> list[Plugin]:
    return [plugin.loaded() for plugin in base.plugins() if normalise(plugin.origin.distribution) == normalise(name)]


def _provided(plugins: Sequence[Plugin], registry: Registry) -> list[Scope]:
    found: list[Scope] = []
    for plugin in plugins:
        if plugin.broken:
            raise BrokenPluginError(plugin.origin.distribution, plugin.origin.version, plugin.reason)
        found += [Scope(cls, registry) for cls in plugin.activations]
        # A name that is refused, since it could mean several things, leads nowhere.
        found += [Scope(registry.find(alias.name), registry) for alias in plugin.aliases if not alias.candidates]
        for backend in plugin.backends:
            found += [Scope(cls, registry, (backend.name,)) for cls in _activations(registry)]
        for kernel in plugin.kernels:
            found += [Scope(cls, registry, (), (kernel,)) for cls in _implemented(kernel, registry)]
    return found


def _activations(registry: Registry) -> list[type[Activation]]:
    found = []
    for name in registry.names():
        try:
            found.append(registry.find(name))
        except ActregError:
            # Two claim the name: both are tested, each by its class.
            found += registry.claimants(name)
    return found


def _implemented(kernel: Kernel, registry: Registry) -> Iterable[type[Activation]]:
    found = registry.claimants(kernel.activation)
    if not found:
        raise UnknownNameError("activation", kernel.activation, registry.names(), hint=f"of kernel {kernel.provider}")
    return found


def _extended(base: Registry, item: Any, what: str) -> Registry:
    if any(plugin.has(item) if what == "activations" else item in getattr(plugin, what) for plugin in base.plugins()):
        return base
    plugin: Any = SimpleNamespace()
    if what == "activations":
        plugin = item
    else:
        # pluggy wants a function, and reports its place.
        def hook() -> list[Any]:
            return [item]

        hook.__name__ = f"actreg_{what}"
        setattr(plugin, hook.__name__, hookimpl(hook))
    loaded = load(*explicit_sources([plugin]))
    if loaded.broken:
        raise InputError(f"{item!r}: {loaded.reason}")
    return Registry.from_plugins([*base.plugins(), loaded])


def _merged(found: Iterable[Scope]) -> list[Scope]:
    merged: dict[Any, Scope] = {}
    for scope in found:
        held = merged.get(scope.cls)
        if held is None:
            merged[scope.cls] = scope
            continue
        backends = None
        if held.backends is not None and scope.backends is not None:
            backends = tuple(dict.fromkeys([*held.backends, *scope.backends]))
        kernels = tuple({id(kernel): kernel for kernel in (*held.kernels, *scope.kernels)}.values())
        registry = scope.registry if len(scope.registry.plugins()) > len(held.registry.plugins()) else held.registry
        merged[scope.cls] = Scope(scope.cls, registry, backends, kernels)
    return list(merged.values())
