"""Parser events to values: the stack, anchors and aliases, merge keys, duplicate keys.

Requirements:

- No recursion: the stack is a list.
- An alias is the anchor's own value; its size is added up, never expanded, and refused beyond a bound.
- Merge keys (``<<``) mean what YAML 1.1 says: keys given here win, then earlier mappings; what they copy is bounded.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from actreg.model.limits import MAX_DEPTH, MAX_VALUES
from actreg.model.places import Place, Problems
from actreg.model.split import mend_entries, mend_items
from actreg.model.values import BrokenValue, Entry, ListValue, MapValue, ScalarValue, Value, kind_of


class Stop(Exception):
    """Reading can't go on."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.message = message


@dataclass
class Frame:
    """A list or a mapping that is still open; a mapping's children are key, value, key, value, …"""

    place: Place
    is_map: bool
    flow: bool
    anchor: str | None
    children: list[Value] = field(default_factory=list)


class Assembler:
    """Takes scalars, aliases and the ends of collections; `root` is the whole value in the end."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.frames: list[Frame] = []
        self.anchors: dict[str, Value] = {}
        self.root: Value | None = None
        self.merged = 0

    def open(self, place: Place, *, is_map: bool, flow: bool, anchor: str | None) -> None:
        """A list or a mapping begins."""
        self.frames.append(Frame(place, is_map, flow, anchor))

    def close(self) -> None:
        """The innermost list or mapping ends."""
        frame = self.frames.pop()
        value = self._map(frame) if frame.is_map else self._list(frame)
        if value.size > MAX_VALUES:
            raise Stop(frame.place, f"aliases expand this to more than {MAX_VALUES} values")
        if value.depth > MAX_DEPTH:
            raise Stop(frame.place, f"aliases nest this deeper than {MAX_DEPTH} levels")
        self.put(value, frame.anchor)

    def put(self, value: Value, anchor: str | None) -> None:
        """A complete value."""
        if anchor is not None:
            self.anchors[anchor] = value
        if self.frames:
            self.frames[-1].children.append(value)
        else:
            self.root = value

    def alias(self, anchor: str, place: Place) -> None:
        """A use of an anchor."""
        if any(frame.anchor == anchor for frame in self.frames):
            raise Stop(place, f"the alias *{anchor} stands inside the value that it names")
        value = self.anchors.get(anchor)
        if value is None:
            self.problems.add(place, f"the alias *{anchor} names nothing: no &{anchor} stands before it")
            value = BrokenValue(place)
        self.put(value, None)

    def _list(self, frame: Frame) -> ListValue:
        items = mend_items(frame.children, self.problems) if frame.flow else frame.children
        return ListValue.make(frame.place, tuple(items))

    def _map(self, frame: Frame) -> MapValue:
        pairs = list(zip(frame.children[::2], frame.children[1::2], strict=True))
        if frame.flow:
            pairs = mend_entries(pairs, self.problems)
        entries: dict[str, Entry] = {}
        merges: list[MapValue] = []
        for key, value in pairs:
            if isinstance(key, ScalarValue) and key.plain and key.value == "<<":
                merges.extend(self._merged(value))
                continue
            entry = self._entry(key, value, entries)
            if entry is not None:
                entries[entry.name] = entry
        for mapping in merges:
            self._count_merged(mapping)
            for entry in mapping.entries:
                entries.setdefault(entry.name, entry)
        return MapValue.make(frame.place, tuple(entries.values()))

    def _entry(self, key: Value, value: Value, entries: dict[str, Entry]) -> Entry | None:
        if isinstance(key, BrokenValue):
            return None
        if not isinstance(key, ScalarValue) or not isinstance(key.value, str):
            self.problems.add(key.place, f"a key is a name, not {kind_of(key)}")
            return None
        first = entries.get(key.value)
        if first is not None:
            where = f"line {first.place.line}, column {first.place.column}"
            self.problems.add(key.place, f"duplicate key {key.value!r}, first given at {where}")
            return None
        return Entry(key.value, key.place, value)

    def _merged(self, value: Value) -> list[MapValue]:
        sources = value.items if isinstance(value, ListValue) else (value,)
        found = []
        for source in sources:
            if isinstance(source, MapValue):
                found.append(source)
            elif not isinstance(source, BrokenValue):
                self.problems.add(source.place, f"<< merges mappings, not {kind_of(source)}")
        return found

    def _count_merged(self, mapping: MapValue) -> None:
        self.merged += len(mapping.entries)
        if self.merged > MAX_VALUES:
            raise Stop(mapping.place, f"merge keys copy more than {MAX_VALUES} entries")
