"""YAML text to values that know where they stand.

Requirements:

- Exact places: every value and every key keeps line and column, with libyaml's parser and with the pure one alike.
- YAML 1.2 core scalars; no tags, no custom types; one document.
- Duplicate keys, which PyYAML resolves silently in favour of the last, are errors that name both places.
- Hostile text costs milliseconds: depth, count and the expansion of aliases are bounded while events come in, so
  that nothing is ever composed recursively (PyYAML's C `compose` crashes on very deep input).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import yaml

from actreg.model.assemble import Assembler, Stop
from actreg.model.limits import MAX_DEPTH, MAX_TEXT, MAX_VALUES
from actreg.model.places import Place, Problems, Source
from actreg.model.scalars import resolve
from actreg.model.values import BrokenValue, ScalarValue, Value

LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's loader where PyYAML was built with it."""

_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_value(source: Source, problems: Problems, *, loader: Any = LOADER) -> Value | None:
    """The value of a text, or None where it is no YAML of ours; what is wrong goes to `problems`."""
    if len(source.text) > MAX_TEXT:
        problems.add(source.place(), f"the text has {len(source.text)} characters: at most {MAX_TEXT}")
        return None
    unreadable = _UNREADABLE.search(source.text)
    if unreadable:
        _report_unreadable(source, problems, unreadable.start())
        return None
    reader = _Reader(source, problems)
    try:
        for event in _events(source, loader):
            reader.take(event)
    except yaml.MarkedYAMLError as error:
        _report_syntax(source, problems, error)
        return None
    except yaml.YAMLError as error:
        problems.add(source.place(), f"this is not YAML: {error}")
        return None
    except Stop as stop:
        problems.add(stop.place, stop.message)
        return None
    if reader.assembler.root is None:
        problems.add(source.place(), "there is nothing in it: a spec is a mapping that begins with actreg: 1")
    return reader.assembler.root


def _events(source: Source, loader: Any) -> Iterator[Any]:
    events: Iterator[Any] = yaml.parse(source.text, Loader=loader)
    return events


class _Reader:
    """Takes parser events, checks them and hands values to the assembler."""

    def __init__(self, source: Source, problems: Problems) -> None:
        self.source = source
        self.problems = problems
        self.assembler = Assembler(problems)
        self.documents = 0
        self.count = 0
        self.handlers: dict[type, Callable[[Any, Place], None]] = {
            yaml.DocumentStartEvent: self._document,
            yaml.AliasEvent: lambda event, place: self.assembler.alias(event.anchor, place),
            yaml.ScalarEvent: self._scalar,
            yaml.SequenceStartEvent: self._open,
            yaml.MappingStartEvent: self._open,
            yaml.SequenceEndEvent: lambda event, place: self.assembler.close(),
            yaml.MappingEndEvent: lambda event, place: self.assembler.close(),
        }

    def take(self, event: Any) -> None:
        """Takes one event of the parser."""
        handler = self.handlers.get(type(event))
        if handler is None:
            return
        self.count += 1
        place = Place(self.source, event.start_mark.line + 1, event.start_mark.column + 1)
        if self.count > MAX_VALUES:
            raise Stop(place, f"more than {MAX_VALUES} values")
        handler(event, place)

    def _document(self, event: Any, place: Place) -> None:
        self.documents += 1
        if self.documents > 1:
            raise Stop(place, "a second document begins here: a spec is one document")

    def _open(self, event: Any, place: Place) -> None:
        if len(self.assembler.frames) >= MAX_DEPTH:
            raise Stop(place, f"nested deeper than {MAX_DEPTH} levels")
        self._refuse_tag(event, place)
        is_map = isinstance(event, yaml.MappingStartEvent)
        self.assembler.open(place, is_map=is_map, flow=bool(event.flow_style), anchor=event.anchor)

    def _scalar(self, event: Any, place: Place) -> None:
        if self._refuse_tag(event, place):
            self.assembler.put(BrokenValue(place), event.anchor)
            return
        plain = event.style in (None, "")
        value: Value
        try:
            value = ScalarValue(place, resolve(event.value) if plain else event.value, plain)
        except ValueError as error:
            self.problems.add(place, str(error))
            value = BrokenValue(place)
        self.assembler.put(value, event.anchor)

    def _refuse_tag(self, event: Any, place: Place) -> bool:
        if event.tag is None:
            return False
        self.problems.add(place, f"the tag {_short_tag(event.tag)} is refused: a spec has plain values only")
        return True


def _short_tag(tag: str) -> str:
    core = "tag:yaml.org,2002:"
    return "!!" + tag.removeprefix(core) if tag.startswith(core) else tag


def _report_unreadable(source: Source, problems: Problems, index: int) -> None:
    before = Source(source.file, source.text[:index]).lines
    place = source.place(len(before), len(before[-1]) + 1)
    problems.add(place, f"the character U+{ord(source.text[index]):04X} may not stand in YAML")


def _report_syntax(source: Source, problems: Problems, error: Any) -> None:
    mark = error.problem_mark or error.context_mark
    place = source.place(mark.line + 1, mark.column + 1) if mark else source.place()
    line = source.line(place.line)
    message = f"this is not YAML: {error.problem or error.context or error}"
    if "${" in line:
        message += "; write $(…) or $name instead of ${…}"
    elif line[: place.column].strip(" ").startswith("\t"):
        message += "; indent with spaces, not tabs"
    problems.add(place, message)
