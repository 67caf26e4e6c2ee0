"""The default registry: everything installed, built when first needed, and extended by a notebook's session."""

from __future__ import annotations

import threading
from typing import Any, TypeVar

from actreg.contracts import resolver
from actreg.contracts.activation import Activation
from actreg.errors import DefinitionError
from actreg.registry.gather import gather
from actreg.registry.loading import load
from actreg.registry.plugin import Plugin
from actreg.registry.policy import Policy
from actreg.registry.registry import Registry, same_class
from actreg.registry.sources import session_source

A = TypeVar("A", bound=type[Activation])


class _State:
    lock = threading.RLock()
    registry: Registry | None = None
    session: tuple[Plugin, ...] = ()
    building = False


def default_registry() -> Registry:
    """The registry of all installed plugins and of what this session registered.

    Raises BrokenPluginError in strict mode (``ACTREG_STRICT=1``) where a plugin is broken.
    """
    registry = _State.registry
    return registry if registry is not None else _build()


def _build() -> Registry:
    with _State.lock:
        if _State.building:  # only by a plugin's own code, since the lock is held
            raise DefinitionError("a plugin asks the registry while the registry is being built: ask when it is used")
        if _State.registry is None:
            _State.building = True
            try:
                policy = Policy.of()
                _State.registry = Registry.from_plugins([*gather(policy), *_State.session], strict=policy.strict)
            finally:
                _State.building = False
        return _State.registry


def register(cls: A) -> A:
    """Adds an activation class to the default registry for this session; usable as a decorator.

    The same class again, from a cell that ran twice, replaces the first. Another class of the same name collides, which
    is an error when the name is used. Raises DefinitionError for what is no activation.
    """
    plugin = load(session_source(cls)) if isinstance(cls, type) else None
    if plugin is None or plugin.broken:
        raise DefinitionError(plugin.reason if plugin else f"register takes an activation class, not {cls!r}")
    with _State.lock:
        known = default_registry().plugins()
        installed = [p for p in known if p not in _State.session]
        kept = [p for p in _State.session if not same_class(p.activations[0], cls)]
        _State.session = (*kept, plugin)
        _State.registry = Registry.from_plugins([*installed, *_State.session], strict=Policy.of().strict)
    return cls


def reset(session: Any = ()) -> None:
    """Forgets the default registry and the session's registrations; the next use discovers plugins afresh."""
    with _State.lock:
        _State.session = tuple(session)
        _State.registry = None


resolver.install(default_registry)
