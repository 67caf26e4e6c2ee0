"""Loading one plugin in isolation: what it declares, or why it is broken.

Requirements:

- Whatever a plugin does wrong (it fails to import, a hook raises or returns garbage, a hook is misspelt or undecorated,
  a definition is malformed), the host goes on, and the reason is kept with distribution and version.
- Each hook of each plugin is called by itself: pluggy's joint call loses every result when one plugin raises.
- `BaseException`s that are not errors (KeyboardInterrupt) pass.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import pluggy

from actreg import hookspecs
from actreg.contracts.activation import Activation
from actreg.contracts.backend import Backend
from actreg.contracts.info import Alias, Info
from actreg.contracts.kernel import Kernel
from actreg.errors import did_you_mean, suggest
from actreg.registry.sources import Origin, Source


@dataclass(frozen=True)
class Plugin:
    """A plugin as it was found. reason is empty for a healthy one; a broken one declares nothing that counts, but
    keeps the names that it would have claimed. seconds: what importing and asking it took."""

    origin: Origin
    activations: tuple[type[Activation], ...] = ()
    aliases: tuple[Alias, ...] = ()
    backends: tuple[type[Backend], ...] = ()
    kernels: tuple[Kernel, ...] = ()
    reason: str = ""
    names: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def broken(self) -> bool:
        """Whether it failed."""
        return bool(self.reason)


class _PluginFault(Exception):
    """Something wrong with a plugin, in words."""


def load(source: Source) -> Plugin:
    """Loads a plugin; never raises for what the plugin does wrong."""
    start = time.perf_counter()
    declared: dict[str, Any] = {}
    try:
        found = source.load()
        if isinstance(found, type) and issubclass(found, Activation):
            declared["activations"] = _checked("the plugin", [found], _is_activation)
        else:
            hooks = _hooks(found, source.origin)
            for hook, is_legal in _HOOKS.items():
                if hook in hooks:
                    declared[hook.removeprefix("actreg_")] = _checked(f"{hook}()", hooks[hook](), is_legal)
        reason = ""
    except (Exception, SystemExit) as error:
        reason = str(error) if isinstance(error, _PluginFault) else f"{type(error).__name__}: {error}"
    seconds = time.perf_counter() - start
    names = tuple(sorted(_names(declared)))
    if reason:
        return Plugin(source.origin, reason=reason, names=names, seconds=seconds)
    return Plugin(source.origin, names=names, seconds=seconds, **declared)


def _hooks(found: Any, origin: Origin) -> dict[str, Callable[[], Any]]:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    known = [name for name in vars(hookspecs) if name.startswith("actreg_")]
    for name in dir(found):
        member = getattr(found, name, None)
        if not name.startswith("actreg_") or not inspect.isroutine(member):
            continue
        if name not in known:
            raise _PluginFault(f"unknown hook {name!r}{did_you_mean(suggest(name, known))}")
        if manager.parse_hookimpl_opts(found, name) is None:
            raise _PluginFault(f"hook {name!r} is not decorated: put @actreg.hookimpl above it")
    try:
        manager.register(found, name=origin.entry_point)
    except pluggy.PluginValidationError as error:
        raise _PluginFault(" ".join(str(error).split())) from error
    hooks = {name: caller.get_hookimpls() for name, caller in vars(manager.hook).items() if name in known}
    present = {name: implementations[0].function for name, implementations in hooks.items() if implementations}
    if not present:
        raise _PluginFault(f"it has no hooks; a plugin defines some of {', '.join(known)}")
    return present


def _checked(where: str, result: Any, is_legal: Callable[[Any], str]) -> tuple[Any, ...]:
    if not isinstance(result, Iterable) or isinstance(result, str | bytes):
        raise _PluginFault(f"{where} must return a list, not {type(result).__name__}")
    items = tuple(result)
    for item in items:
        if wrong := is_legal(item):
            raise _PluginFault(f"{where} returned {item!r}, which is {wrong}")
    return items


def _is_activation(item: Any) -> str:
    if not isinstance(item, type) or not issubclass(item, Activation):
        return "no activation class: derive it from actreg.Elementwise or another kind"
    return "" if isinstance(item.__dict__.get("info"), Info) else "abstract: it has no info of its own"


def _is_alias(item: Any) -> str:
    return "" if isinstance(item, Alias) else "no actreg.Alias"


def _is_backend(item: Any) -> str:
    if not isinstance(item, type) or not issubclass(item, Backend):
        return "no backend class: derive it from actreg.Backend"
    if not isinstance(getattr(item, "name", None), str) or not isinstance(getattr(item, "modules", None), tuple):
        return "incomplete: a backend class has a name and modules"
    missing = sorted(getattr(item, "__abstractmethods__", ()))
    return f"incomplete: it does not define {', '.join(missing)}" if missing else ""


def _is_kernel(item: Any) -> str:
    return "" if isinstance(item, Kernel) else "no actreg.Kernel"


_HOOKS: Final[dict[str, Callable[[Any], str]]] = {
    "actreg_activations": _is_activation,
    "actreg_aliases": _is_alias,
    "actreg_backends": _is_backend,
    "actreg_kernels": _is_kernel,
}


def _names(declared: dict[str, Any]) -> Iterable[str]:
    for cls in declared.get("activations", ()):
        yield from (cls.info.name, *cls.info.aliases)
    yield from (alias.name for alias in declared.get("aliases", ()))
