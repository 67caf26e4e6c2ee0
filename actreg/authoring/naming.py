"""Checks of names: free, legal, and the same in metadata as in what the hooks return."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from actreg.authoring.definitions import required
from actreg.authoring.finding import Finding
from actreg.authoring.subject import Subject, line_of
from actreg.contracts.info import Alias
from actreg.contracts.names import normalise
from actreg.errors import ActregError, ConfigError
from actreg.registry import Registry
from actreg.registry.discovery import canonical


def names(s: Subject, registry: Registry) -> Iterator[Finding]:
    """Nobody else who is installed claims its names."""
    mine: dict[str, tuple[str, tuple[str, int]]] = {}
    for cls in s.things("activations"):
        for name in (cls.info.name, *cls.info.aliases):
            mine[normalise(name)] = (name, line_of(cls, "info"))
    for alias in s.things("aliases"):
        mine[normalise(alias.name)] = (alias.name, _place(s, alias.name))
    for name, place in mine.values():
        others = [c for c in registry.claims(name) if canonical(c.origin.distribution) != canonical(s.name)]
        if others:
            message = f"{name!r} is claimed by {' and by '.join(str(claim.origin) for claim in others)} as well"
            yield Finding("names", message, "choose another name: users get an error for this one", "error", *place)
    for alias in s.things("aliases"):
        for target in alias.candidates or (alias.target,):
            if not registry.claims(target):
                message = f"alias {alias.name!r} leads to {target!r}, which nobody provides"
                fix = "correct the target, or require the distribution that has it"
                yield Finding("names", message, fix, "error", *_place(s, alias.name))
        yield from _parameters(s, alias, registry)


def _parameters(s: Subject, alias: Alias, registry: Registry) -> Iterator[Finding]:
    """What an alias brings along are options that its target takes."""
    try:
        cls = registry.find(alias.target)
        needed = {name: value for name, value in required(cls).items() if name not in alias.parameters}
        cls(**needed, **alias.parameters)
    except ConfigError as error:
        message = f"alias {alias.name!r} brings options that are refused: {error}"
        yield Finding("names", message, "correct its parameters", "error", *_place(s, alias.name))
    except ActregError:
        return  # a target that is not there is reported as that


def _place(s: Subject, name: str) -> tuple[str, int]:
    """Where a name is spelt in quotes."""
    found = s.mention(rf"[\"']{re.escape(name)}[\"']")
    return found if found[0] else s.place(name)


def statics(s: Subject) -> Iterator[Finding]:
    """What the metadata declares is what the hooks return, no more and no less."""
    if not s.declared.static or not s.declared.hooks or any(plugin.broken for plugin in s.hooked):
        return
    returned = {
        "activations": {cls.info.name for plugin in s.hooked for cls in plugin.activations},
        "aliases": {alias.name for plugin in s.hooked for alias in plugin.aliases}
        | {alias for plugin in s.hooked for cls in plugin.activations for alias in cls.info.aliases},
        "backends": {cls.name for plugin in s.hooked for cls in plugin.backends},
        "kernels": {f"{kernel.backend}.{kernel.activation}" for plugin in s.hooked for kernel in plugin.kernels},
    }
    for what, names in returned.items():
        claimed = {".".join(c.name.split(".")[:2]) for c in s.declared.static if c.declares == what}
        yield from _differences(s, what, claimed, names)


def _differences(s: Subject, what: str, claimed: Iterable[str], returned: Iterable[str]) -> Iterator[Finding]:
    ours, theirs = ({normalise(name): name for name in group} for group in (claimed, returned))
    group = f"actreg.{what}"
    for key in sorted(theirs.keys() - ours.keys()):
        message = f"the hooks return {theirs[key]!r}, and {group} does not declare it: nobody will find it"
        yield Finding("static claims", message, f"add it to the entry points in {group}", "error", *s.place(group))
    for key in sorted(ours.keys() - theirs.keys()):
        message = f"{group} declares {ours[key]!r}, and no hook returns it"
        yield Finding("static claims", message, "remove the entry, or return it", "error", *s.place(ours[key]))
