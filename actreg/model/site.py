"""Site keys: what may stand beside the kind of a layer, the same for every kind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from actreg.contracts.plan import INPUT
from actreg.model.places import Place
from actreg.model.values import BrokenValue, Entry, MapValue, ScalarValue, kind_of
from actreg.model.variables import Scope

SITE_KEYS: Final[dict[str, str]] = {
    "as": "a name for the layer, by which from, share, add, mul, concat and --set find it",
    "from": "the earlier layer whose output it reads, or input, in place of the layer before it",
    "share": "the earlier layer whose parameters it uses as its own",
    "inplace": "of an activation: its output may overwrite its input",
}
"""Every site key of the grammar, with what it says."""

NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")

RESERVED: Final = frozenset({INPUT, "add", "mul", "concat"})
"""Names of the network's input, and of nodes that containers make."""


@dataclass(frozen=True)
class Reference:
    """The name of another layer, and where it stands; the name is empty where a mistake in it was reported."""

    name: str
    place: Place


@dataclass(frozen=True)
class Site:
    """What the site keys of one layer say, and where. source: from ``from``."""

    name: str | None = None
    name_place: Place | None = None
    inplace: bool = False
    inplace_place: Place | None = None
    source: Reference | None = None
    share: Reference | None = None


NO_SITE: Final = Site()


def read_site(value: MapValue, scope: Scope) -> Site:
    """The site keys of a layer; what is wrong with them is reported."""
    if len(value.entries) == 1:
        return NO_SITE
    name: str | None = None
    inplace = False
    places: dict[str, Place] = {}
    references: dict[str, Reference] = {}
    for entry in value.entries:
        if entry.name in ("from", "share"):
            references[entry.name] = _reference(entry, scope)
        elif entry.name == "as":
            name = _name(entry, scope)
            places["as"] = entry.value.place
        elif entry.name == "inplace":
            inplace = _boolean(entry, scope)
            places["inplace"] = entry.place
    return Site(name, places.get("as"), inplace, places.get("inplace"), references.get("from"), references.get("share"))


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
    if name in RESERVED:
        scope.problems.add(value.place, f"as: the name {name!r} is reserved")
        return None
    return name


def _reference(entry: Entry, scope: Scope) -> Reference:
    value = scope.resolve(entry.value)
    if isinstance(value, ScalarValue) and isinstance(value.value, str):
        return Reference(value.value, value.place)
    if not isinstance(value, BrokenValue):
        scope.problems.add(value.place, f"{entry.name}: the name of an earlier layer, not {kind_of(value)}")
    return Reference("", value.place)


def _boolean(entry: Entry, scope: Scope) -> bool:
    value = scope.resolve(entry.value)
    if isinstance(value, ScalarValue) and isinstance(value.value, bool):
        return value.value
    if not isinstance(value, BrokenValue):
        scope.problems.add(value.place, f"inplace: true or false, not {kind_of(value)}")
    return False
