"""``--set name=value``: values set from outside, by variable and by a layer's ``as`` name.

Requirements:

- A name is a variable's where ``vars`` has it; else a layer's: ``stem=64`` sets the layer's value, or the whole layer
  where the value is one (``stem={conv2d: …}``); ``stem.out_features=64`` sets one option, of a call a parameter.
- ``outer.inner`` goes into a layer that holds others. A name that several layers have must be reached through one.
- Whatever comes of it is reported at the layer, and says which setting it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from actreg.errors import did_you_mean, listed, suggest
from actreg.model.containers import BESIDE, CONTAINERS
from actreg.model.kinds import KINDS
from actreg.model.places import Problems, Source
from actreg.model.reader import read_value
from actreg.model.site import SITE_KEYS
from actreg.model.values import BrokenValue, Entry, ListValue, MapValue, ScalarValue, Value

WITHIN: Final = ("layers", "blocks")
"""The sections of a spec that hold layers."""


@dataclass
class Settings:
    """What was set, read from text. is_kind: whether a name is a kind of layer. main: the main option of a kind."""

    problems: Problems
    root: MapValue
    is_kind: Callable[[str], bool]
    main: Callable[[str], str | None]
    variables: dict[str, Value] = field(default_factory=dict)

    def take(self, texts: Mapping[str, str]) -> MapValue:
        """Sorts settings into `variables` and changes to layers; the spec with these made."""
        known = _variables(self.root)
        for name, text in texts.items():
            value = self._read(name, text)
            if name in known:
                self.variables[name] = value
            else:
                self._set(name, value, known)
        return self.root

    def _read(self, name: str, text: str) -> Value:
        short = " ".join(text.split())
        origin = f"--set {name}={short if len(short) <= 80 else short[:79] + '…'}"
        own = Problems()
        place = self.root.place
        value = read_value(Source(origin, text), own)
        for diagnostic in own.found():
            self.problems.add(place, f"{origin}: {diagnostic.message}")
        return (value or BrokenValue(place)).moved(place.came(origin))

    def _set(self, name: str, value: Value, known: list[str]) -> None:
        first, *rest = name.split(".")
        layers = _named(self.root, WITHIN)
        if first not in layers:
            self._unknown(name, value, known, list(layers))
            return
        found = layers[first]
        while rest and len(found) == 1 and rest[0] in (inner := _named(found[0])):
            found, rest = inner[rest[0]], rest[1:]
        if len(found) > 1:
            lines = ", ".join(str(layer.place.line) for layer in found)
            path = name.removesuffix("." + ".".join(rest)) if rest else name
            message = f"{len(found)} layers are named {path!r}, on lines {lines}: name the layer around the one meant"
            self.problems.add(found[0].place, f"{message} ({value.place.origin})")
            return
        layer = found[0]
        changed = self._changed(layer, rest, value)
        if changed is not None:
            root = _replaced(self.root, layer, changed)
            assert isinstance(root, MapValue)
            self.root = root

    def _unknown(self, name: str, value: Value, known: list[str], layers: list[str]) -> None:
        there = f"vars has {listed(known)}" if known else "the spec has no vars"
        named = f"; layers are named {listed(layers)}" if layers else ""
        what = "variable" if not layers and "." not in name else "variable or layer"
        section = self.root.find("vars")
        place = section.value.place if section is not None else self.root.place
        near = did_you_mean(suggest(name.partition(".")[0], [*known, *layers]))
        self.problems.add(place, f"no {what} {name!r} to set: {there}{named}{near} ({value.place.origin})")

    def _changed(self, layer: MapValue, options: list[str], value: Value) -> MapValue | None:
        kind = next((e for e in layer.entries if e.name not in SITE_KEYS and e.name not in BESIDE), None)
        if kind is None:
            return None  # a layer without a kind is reported where it is read
        place = layer.place.came(value.place.origin)
        if not options:
            whole = self._whole(kind, value)
            moved = whole if whole is not None else Entry(kind.name, kind.place, value.moved(place))
            return MapValue.make(layer.place, tuple(moved if e is kind else e for e in layer.entries))
        if kind.name == "use":
            given = layer.find("with")
            rest = tuple(e for e in layer.entries if e is not given)
            inner = self._option(given.value if given else None, None, options, value.moved(place))
            return MapValue.make(layer.place, (*rest, Entry("with", place if not given else given.place, inner)))
        if kind.name == "act":
            value_of_act = self._of_activation(kind, options, value.moved(place))
            changed = Entry("act", kind.place, value_of_act)
        else:
            inner = self._option(kind.value, self.main(kind.name), options, value.moved(place))
            changed = Entry(kind.name, kind.place, inner)
        return MapValue.make(layer.place, tuple(changed if e is kind else e for e in layer.entries))

    def _whole(self, kind: Entry, value: Value) -> Entry | None:
        """The kind and its value, where what is set is a whole layer: ``{conv2d: …}``, ``gelu``."""
        place = kind.place.came(value.place.origin)
        if kind.name in ("act", "use"):
            return None
        if isinstance(value, ScalarValue) and isinstance(value.value, str) and self.is_kind(value.value):
            return Entry(value.value, place, ScalarValue(place, None))
        if isinstance(value, MapValue) and len(value.entries) == 1 and self.is_kind(value.entries[0].name):
            return Entry(value.entries[0].name, place, value.entries[0].value.moved(place))
        return None

    def _of_activation(self, kind: Entry, options: list[str], value: Value) -> Value:
        act = kind.value
        if isinstance(act, ScalarValue) and isinstance(act.value, str) and not act.value.startswith("$"):
            act = MapValue.make(act.place, (Entry(act.value, act.place, ScalarValue(act.place, None)),))
        if not isinstance(act, MapValue) or len(act.entries) != 1:
            problem = "the activation is a variable's: set the variable"
            self.problems.add(kind.place, f"{problem} ({value.place.origin})")
            return act
        (entry,) = act.entries
        inner = self._option(entry.value, self.main(entry.name), options, value)
        return MapValue.make(act.place, (Entry(entry.name, entry.place, inner),))

    def _option(self, old: Value | None, main: str | None, options: list[str], value: Value) -> Value:
        """Options with one set; a bare value is the main option's."""
        name, *rest = options
        if old is None or (isinstance(old, ScalarValue) and old.value is None):
            old = MapValue.make(value.place, ())
        elif not isinstance(old, MapValue) and main is not None:
            old = MapValue.make(old.place, (Entry(main, old.place, old),))
        if not isinstance(old, MapValue):
            old = MapValue.make(old.place, ())
        before = old.find(name)
        if rest:
            value = self._option(before.value if before is not None else None, None, rest, value)
        entry = Entry(name, value.place, value)
        kept = tuple(entry if e is before else e for e in old.entries)
        return MapValue.make(old.place, kept if before is not None else (*kept, entry))


def main_option(kind: str, activation_main: Callable[[str], str | None]) -> str | None:
    """What a bare scalar sets for a kind of layer."""
    if kind in KINDS:
        return KINDS[kind].main
    return CONTAINERS[kind].main if kind in CONTAINERS else activation_main(kind)


def _variables(root: MapValue) -> list[str]:
    section = root.find("vars")
    return [entry.name for entry in section.value.entries] if section and isinstance(section.value, MapValue) else []


def _named(value: MapValue, keys: tuple[str, ...] | None = None) -> dict[str, list[MapValue]]:
    """The layers within a value by their ``as`` names; keys: the entries of it that are looked at."""
    found: dict[str, list[MapValue]] = {}
    entries = [entry.value for entry in value.entries if keys is None or entry.name in keys]
    seen: set[int] = set()
    for inner in entries:
        for layer in _layers(inner, seen):
            name = layer.find("as")
            if name is not None and isinstance(name.value, ScalarValue) and isinstance(name.value.value, str):
                found.setdefault(name.value.value, []).append(layer)
    return found


def _layers(value: Value, seen: set[int]) -> Iterator[MapValue]:
    """Every mapping within a value, once however many aliases lead to it."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, ListValue):
        for item in value.items:
            yield from _layers(item, seen)
    elif isinstance(value, MapValue):
        yield value
        for entry in value.entries:
            yield from _layers(entry.value, seen)


def _replaced(value: Value, old: MapValue, new: MapValue) -> Value:
    """A value in which one mapping is another, wherever it stands."""
    known: dict[int, Value] = {id(old): new}

    def walk(item: Value) -> Value:
        if id(item) not in known:
            changed = item
            if isinstance(item, ListValue):
                items = tuple(walk(inner) for inner in item.items)
                if any(a is not b for a, b in zip(items, item.items, strict=True)):
                    changed = ListValue.make(item.place, items)
            elif isinstance(item, MapValue):
                entries = tuple(Entry(e.name, e.place, walk(e.value)) for e in item.entries)
                if any(a.value is not b.value for a, b in zip(entries, item.entries, strict=True)):
                    changed = MapValue.make(item.place, entries)
            known[id(item)] = changed
        return known[id(item)]

    return walk(value)
