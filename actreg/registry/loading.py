"""Loading one plugin in isolation: what it declares, or why it is broken.

Requirements:

- Whatever a plugin does wrong (it fails to import, a hook raises or returns garbage, a hook is misspelt or undecorated,
  a definition is malformed), the host goes on, and the reason is kept with distribution and version.
- Each hook of each plugin is called by itself: pluggy's joint call loses every result when one plugin raises.
- Whatever it raises, `pytest.skip` at module level included, is its failure; Ctrl-C alone passes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, Final, get_args

import pluggy

from actreg import hookspecs
from actreg.contracts.activation import Activation
from actreg.errors import did_you_mean, suggest
from actreg.registry import api
from actreg.registry.faults import said
from actreg.registry.guard import watched
from actreg.registry.legal import WRONG, Declares
from actreg.registry.plugin import Plugin
from actreg.registry.sources import Origin, Source

MOST: Final = 100_000
"""Declarations that one hook may return; a hook that never ends returns more."""


class _PluginFault(Exception):
    """Something wrong with a plugin, in words."""


def load(source: Source) -> Plugin:
    """Loads a plugin; never raises for what the plugin does wrong."""
    declared: dict[str, Any] = {}
    reason = ""
    with watched() as impact:
        try:
            _ask(source, declared)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            reason = str(error) if isinstance(error, _PluginFault) else said(error)
    facts: dict[str, Any] = {"names": tuple(sorted(_names(declared))), "seconds": impact.seconds}
    facts["remarks"] = impact.remarks
    if reason:
        return Plugin(source.origin, state="broken", reason=reason, **facts)
    return Plugin(source.origin, **facts, **declared)


def _ask(source: Source, declared: dict[str, Any]) -> None:
    """Fills `declared`, hook by hook, so that what came before a failure is known."""
    found = source.load()
    if wrong := api.why_not(found, source.origin):
        raise _PluginFault(wrong)
    if isinstance(found, type) and issubclass(found, Activation):
        declared["activations"] = _checked("the plugin", [found], "activations")
        return
    hooks = _hooks(found, source.origin)
    for what in get_args(Declares):
        hook = f"actreg_{what}"
        if hook in hooks:
            declared[what] = _checked(f"{hook}()", hooks[hook](), what)


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


def _checked(where: str, result: Any, what: Declares) -> tuple[Any, ...]:
    if not isinstance(result, Iterable) or isinstance(result, str | bytes):
        raise _PluginFault(f"{where} must return a list, not {type(result).__name__}")
    items = tuple(islice(result, MOST + 1))
    if len(items) > MOST:
        raise _PluginFault(f"{where} returned more than {MOST} declarations")
    for item in items:
        if wrong := WRONG[what](item):
            raise _PluginFault(f"{where} returned {item!r}, which is {wrong}")
    return items


def _names(declared: dict[str, Any]) -> Iterable[str]:
    for cls in declared.get("activations", ()):
        yield from (cls.info.name, *cls.info.aliases)
    yield from (alias.name for alias in declared.get("aliases", ()))
