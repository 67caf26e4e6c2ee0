"""Which site gets which activation: the keys of a swap.

Requirements:

- A key is the name of an activation (any spelling, any options), an activation (these options exactly), or the path of
  a site, with ``*`` for any part of it. A path beats an activation beats a name; but ``relu`` is the activation where
  there is one, although a site may have that path.
- A key that matches nothing is an error: a misspelt one must not be ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from actreg import Activation, ActregError, Find, InputError, UnknownNameError
from actreg_torch.sites import Found


@dataclass(frozen=True)
class Key:
    """A key of the mapping. rank: 0 path, 1 pattern of paths, 2 activation, 3 name."""

    given: Any
    rank: int
    name: str
    target: Activation

    def matches(self, found: Found) -> bool:
        """Whether a site is meant."""
        site = found.site
        if self.rank <= 1:
            return any(fnmatchcase(path, self.name) for path in (site.path, *site.also))
        if self.rank == 2:
            return found.recognised is not None and found.recognised.activation == self.given
        return site.name == self.name


def read_keys(mapping: Mapping[Any, Any], sites: Sequence[Found], find: Find) -> list[Key]:
    """The keys of a mapping, best first.

    Raises InputError for a key that is none, UnknownNameError for a name that nothing has; whatever `find` raises for
    a target.
    """
    if not isinstance(mapping, Mapping) or not mapping:
        raise InputError(f"say what to swap for what: {{'relu': 'gelu'}}, not {mapping!r}")
    paths = {path for found in sites for path in (found.site.path, *found.site.also)}
    keys = []
    for given, target in mapping.items():
        rank, name = _kind(given, paths, {found.site.name for found in sites}, find)
        keys.append(Key(given, rank, name, find(target)))
    return sorted(keys, key=lambda key: key.rank)


def assign(keys: Iterable[Key], sites: Sequence[Found]) -> list[tuple[Found, Key | None]]:
    """Each site with the first key that matches it. Raises InputError for a key that matches none."""
    keys = list(keys)
    for key in keys:
        if not any(key.matches(found) for found in sites):
            there = ", ".join(sorted({found.site.label() for found in sites})) or "no activation at all"
            raise InputError(f"nothing in the model matches {key.given!r}; there are {there}")
    return [(found, next((key for key in keys if key.matches(found)), None)) for found in sites]


def _kind(given: Any, paths: set[str], names: set[str], find: Find) -> tuple[int, str]:
    if isinstance(given, Activation):
        return 2, given.info.name
    if not isinstance(given, str):
        raise InputError(f"a key is a name, an activation or a path, not {given!r}")
    if given in names:
        return 3, given
    if given in paths:
        return 0, given
    if re.search(r"[*?\[]", given):
        return 1, given
    try:
        return 3, find(given).info.name
    except UnknownNameError as error:
        known = [*sorted(names - {""}), *sorted(paths)]
        raise UnknownNameError("activation or path of a site", given, known, hint=error.hint) from None
    except ActregError:
        # An activation whose options have no defaults: its name is known all the same.
        return 3, given
