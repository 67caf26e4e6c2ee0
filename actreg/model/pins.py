"""The ``requires`` and ``prefer`` sections: which plugins a spec needs, and which of two that claim a name it means.

Requirements:

- A distribution that is missing, or of another version, is reported where it is pinned, with what to install.
- Versions are read from the installed metadata: no plugin is imported for it.
"""

from __future__ import annotations

import re
from importlib import metadata
from typing import Final

from actreg.contracts.names import normalise
from actreg.errors import ActregError, did_you_mean, suggest
from actreg.model.catalogue import Lookups
from actreg.model.places import Place
from actreg.model.values import BrokenValue, Entry, MapValue, ScalarValue, Value, kind_of
from actreg.model.variables import Scope
from actreg.model.versions import satisfies
from actreg.registry import whereabouts
from actreg.version import __version__

_DISTRIBUTION: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\Z")
MAX_PINS: Final = 100
"""Entries of either section."""


def check_requires(value: Value, scope: Scope) -> None:
    """Reports every pin that what is installed does not meet."""
    for entry in _entries(value, scope, "requires", "distributions to versions, like {actreg-torch: '>=0.1'}"):
        wanted = _text(entry, scope, "requires", "a range of versions, like '>=0.1'")
        if not _DISTRIBUTION.match(entry.name):
            scope.problems.add(entry.place, f"requires: {entry.name!r} is no name of a distribution")
        elif wanted is not None:
            _check(entry, wanted, scope)


def _check(entry: Entry, wanted: str, scope: Scope) -> None:
    name, found = entry.name, _installed(entry.name)
    place = entry.value.place
    try:
        fits = satisfies(found or "0", wanted)
    except ValueError as error:
        scope.problems.add(place, f"requires: {name}: {error}")
        return
    command = f"pip install '{name}{wanted.replace(' ', '')}'"
    if found is None:
        near = did_you_mean(suggest(name, [n for n in _all_installed() if n != name]))
        scope.problems.add(entry.place, f"requires: {name} is not installed: {command}{near}")
    elif not fits:
        scope.problems.add(place, f"requires: {name} {wanted} is needed, {found} is installed: {command}")


def _installed(distribution: str) -> str | None:
    if normalise(distribution) == "actreg":
        return __version__
    return next((found.version for found in metadata.distributions(name=distribution, path=whereabouts.path())), None)


def _all_installed() -> list[str]:
    return [name for found in metadata.distributions(path=whereabouts.path()) if (name := found.metadata["Name"])]


def read_prefer(value: Value, scope: Scope, lookups: Lookups) -> None:
    """Takes the choices of a spec into its lookups; a choice that there is not is reported."""
    for entry in _entries(value, scope, "prefer", "names to distributions, like {snake: actreg-zoo}"):
        owner = _text(entry, scope, "prefer", "the name of a distribution")
        if owner is None:
            continue
        place: Place = entry.value.place
        if "@" in entry.name:
            scope.problems.add(entry.place, f"prefer: {entry.name!r} says its distribution already")
            continue
        try:
            lookups.registry.find(f"{entry.name}@{owner}")
        except ActregError as error:
            known = lookups.known(entry.name)
            scope.problems.add(place if known else entry.place, f"prefer: {error}")
            continue
        lookups.prefer[normalise(entry.name)] = owner


def _entries(value: Value, scope: Scope, section: str, what: str) -> tuple[Entry, ...]:
    value = scope.resolve(value)
    if isinstance(value, MapValue):
        if len(value.entries) > MAX_PINS:
            scope.problems.add(value.place, f"{section} has more than {MAX_PINS} entries")
        return value.entries[:MAX_PINS]
    if not isinstance(value, BrokenValue):
        scope.problems.add(value.place, f"{section} is a mapping of {what}, not {kind_of(value)}")
    return ()


def _text(entry: Entry, scope: Scope, section: str, what: str) -> str | None:
    value = scope.resolve(entry.value)
    if isinstance(value, ScalarValue) and isinstance(value.value, str):
        return value.value
    if not isinstance(value, BrokenValue):
        scope.problems.add(value.place, f"{section}: {entry.name}: {what}, not {kind_of(value)}")
    return None
