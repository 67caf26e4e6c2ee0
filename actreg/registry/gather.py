"""All plugins of this machine under a policy: loaded, declared, blocked or broken, each as a `Plugin`.

Requirements:

- A distribution with static claims is not imported: its claims are all that it is, and `actreg plugin check` proves
  that they equal what its hooks return.
- What is blocked is never imported.
- In strict mode any broken plugin is an error that names all of them; so what is declared is imported then, to see.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from actreg.errors import BrokenPluginError
from actreg.hookspecs import PROJECT
from actreg.registry.discovery import Installed, installed
from actreg.registry.loading import load
from actreg.registry.plugin import Plugin
from actreg.registry.policy import Policy
from actreg.registry.sources import Origin, builtin_sources


def gather(policy: Policy, found: Iterable[Installed] | None = None) -> list[Plugin]:
    """The built-in plugins and those of every installed distribution. Raises BrokenPluginError in strict mode."""
    distributions = list(installed() if found is None else found)
    blocked = policy.why_blocked(PROJECT)
    plugins = [
        Plugin(source.origin, state="blocked", reason=blocked) if blocked else load(source)
        for source in builtin_sources()
    ]
    for distribution in distributions:
        plugins.extend(_plugins(distribution, policy.why_blocked(distribution.name)))
    for name, reason in policy.missing(d.name for d in distributions).items():
        plugins.append(Plugin(Origin(name, "(not installed)", "", ""), state="missing", reason=reason))
    if policy.strict:
        insist(plugins)
    return plugins


def _plugins(distribution: Installed, blocked: str) -> Iterator[Plugin]:
    if blocked:
        yield Plugin(distribution.origin, state="blocked", reason=blocked, kept_out=distribution.static)
    elif distribution.fault:
        yield Plugin(distribution.origin, state="broken", reason=distribution.fault)
    elif distribution.static:
        yield Plugin(distribution.origin, static=distribution.static)
    else:
        yield from map(load, distribution.hooks)


def insist(plugins: Iterable[Plugin]) -> None:
    """Raises BrokenPluginError where any plugin is broken; its reason names all that are."""
    broken = [plugin for plugin in (plugin.loaded() for plugin in plugins) if plugin.broken]
    if broken:
        first, *others = broken
        reason = "; ".join([first.reason, *(f"{plugin.origin}: {plugin.reason}" for plugin in others)])
        raise BrokenPluginError(first.origin.distribution, first.origin.version, reason)
