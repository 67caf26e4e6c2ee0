"""Site keys: what may stand beside the kind of a layer, the same for every kind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from actreg.contracts.plan import INPUT
from actreg.model.places import Place
from actreg.model.values import BrokenValue, Entry, MapValue, ScalarValue, kind_of
from actreg.model.variables import Scope

SITE_KEYS: Final = ("as", "inplace", "from", "share")
"""Every site key of the grammar."""

LATER: Final = ("from", "share")
"""Those that this version does not read."""

NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


@dataclass(frozen=True)
class Site:
    """What the site keys of one layer say, and where."""

    name: str | None = None
    name_place: Place | None = None
    inplace: bool = False
    inplace_place: Place | None = None


def read_site(value: MapValue, scope: Scope) -> Site:
    """The site keys of a layer; what is wrong with them is reported."""
    name: str | None = None
    inplace = False
    places: dict[str, Place] = {}
    for entry in value.entries:
        if entry.name in LATER:
            scope.problems.add(entry.place, f"{entry.name} is not supported in this version")
        elif entry.name == "as":
            name = _name(entry, scope)
            places["as"] = entry.value.place
        elif entry.name == "inplace":
            inplace = _boolean(entry, scope)
            places["inplace"] = entry.place
    return Site(name, places.get("as"), inplace, places.get("inplace"))


def _name(entry: Entry, scope: Scope) -> str | None:
    value = scope.resolve(entry.value)
    if isinstance(value, BrokenValue):
        return None
    name = value.value if isinstance(value, ScalarValue) else None
    if not isinstance(name, str) or not NAME.match(name):
        scope.problems.add(
            value.place, f"as: a name has letters, digits and _, and begins with a letter, not {kind_of(value)}"
        )
        return None
    if name in (INPUT, "add"):
        scope.problems.add(value.place, f"as: the name {name!r} is reserved")
        return None
    return name


def _boolean(entry: Entry, scope: Scope) -> bool:
    value = scope.resolve(entry.value)
    if isinstance(value, ScalarValue) and isinstance(value.value, bool):
        return value.value
    if not isinstance(value, BrokenValue):
        scope.problems.add(value.place, f"inplace: true or false, not {kind_of(value)}")
    return False
