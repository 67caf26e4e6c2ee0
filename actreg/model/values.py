"""What a spec's text holds: values that know where they stand.

Requirements:

- Immutable, so that an alias is the same object at every use and a variable's value can be put in anywhere.
- Sizes and depths are known without a walk, so that a YAML bomb is seen before it is expanded.
- A value that is already reported is `BrokenValue`: whoever meets one says nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from actreg.model.places import Place

Plain = None | bool | int | float | str


@dataclass(frozen=True, slots=True)
class ScalarValue:
    """One scalar; `plain`: it was not quoted. `key` and `value` of an `Entry` are values too."""

    size: ClassVar[int] = 1
    depth: ClassVar[int] = 0
    place: Place
    value: Plain
    plain: bool = True

    def moved(self, place: Place) -> ScalarValue:
        """The same value at another place; where it came through a variable, it still says so."""
        return ScalarValue(place.came(self.place.origin or place.origin), self.value, self.plain)


@dataclass(frozen=True, slots=True)
class BrokenValue:
    """A value that was reported already."""

    size: ClassVar[int] = 1
    depth: ClassVar[int] = 0
    place: Place

    def moved(self, place: Place) -> BrokenValue:
        """The same at another place."""
        return BrokenValue(place)


@dataclass(frozen=True, slots=True)
class LateValue:
    """A value that follows ``$in``: known where shapes are."""

    size: ClassVar[int] = 1
    depth: ClassVar[int] = 0
    place: Place

    def moved(self, place: Place) -> LateValue:
        """The same at another place."""
        return LateValue(place)


@dataclass(frozen=True, slots=True)
class ListValue:
    """A list; make it with `make`."""

    place: Place
    items: tuple[Value, ...]
    size: int
    depth: int

    @classmethod
    def make(cls, place: Place, items: tuple[Value, ...]) -> ListValue:
        """A list with its size and depth."""
        size, depth = 1, 0
        for item in items:
            size += item.size
            depth = max(depth, item.depth)
        return cls(place, items, size, depth + 1)

    def moved(self, place: Place) -> ListValue:
        """The same list, it and all that it holds at one other place; what came through a variable still says so."""
        return ListValue(place, tuple(item.moved(place) for item in self.items), self.size, self.depth)


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a mapping, where it stands, and its value."""

    name: str
    place: Place
    value: Value


@dataclass(frozen=True, slots=True)
class MapValue:
    """A mapping in the order of its text; make it with `make`."""

    place: Place
    entries: tuple[Entry, ...]
    size: int
    depth: int

    @classmethod
    def make(cls, place: Place, entries: tuple[Entry, ...]) -> MapValue:
        """A mapping with its size and depth."""
        size, depth = 1 + len(entries), 0
        for entry in entries:
            size += entry.value.size
            depth = max(depth, entry.value.depth)
        return cls(place, entries, size, depth + 1)

    def find(self, name: str) -> Entry | None:
        """The entry of a key."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def moved(self, place: Place) -> MapValue:
        """The same mapping, it and all that it holds at one other place."""
        entries = tuple(Entry(entry.name, place, entry.value.moved(place)) for entry in self.entries)
        return MapValue(place, entries, self.size, self.depth)


Value = ScalarValue | BrokenValue | LateValue | ListValue | MapValue


def kind_of(value: Value) -> str:
    """What a message calls a value: ``a list``, ``a mapping``, or the scalar itself."""
    if isinstance(value, ListValue):
        return "a list"
    if isinstance(value, MapValue):
        return "a mapping"
    if isinstance(value, ScalarValue):
        text = "nothing" if value.value is None else repr(value.value)
        return text if len(text) <= 80 else text[:79] + "…"
    return "a size that follows $in" if isinstance(value, LateValue) else "something broken"


def paths(value: Value, path: str = "") -> Iterator[tuple[tuple[int, int], str]]:
    """Every line and column with the path of keys that leads there: ``layers[0].linear``."""
    yield (value.place.line, value.place.column), path
    if isinstance(value, ListValue):
        for index, item in enumerate(value.items):
            yield from paths(item, f"{path}[{index}]")
    elif isinstance(value, MapValue):
        for entry in value.entries:
            below = f"{path}.{entry.name}" if path else entry.name
            yield (entry.place.line, entry.place.column), below
            yield from paths(entry.value, below)


def data_of(value: Value) -> Any:
    """A resolved value as Python data."""
    if isinstance(value, ListValue):
        return [data_of(item) for item in value.items]
    if isinstance(value, MapValue):
        return {entry.name: data_of(entry.value) for entry in value.entries}
    return value.value if isinstance(value, ScalarValue) else None


def is_broken(value: Value) -> bool:
    """Whether anything in a resolved value is reported already."""
    return _holds(value, BrokenValue)


def is_late(value: Value) -> bool:
    """Whether anything in a resolved value follows ``$in``."""
    return _holds(value, LateValue)


def _holds(value: Value, kind: type) -> bool:
    if isinstance(value, ListValue):
        return any(_holds(item, kind) for item in value.items)
    if isinstance(value, MapValue):
        return any(_holds(entry.value, kind) for entry in value.entries)
    return isinstance(value, kind)
