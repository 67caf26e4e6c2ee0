"""Includes: another spec as a block, ``blocks: {mlp: {include: blocks/mlp.yaml}}``.

Requirements:

- The included spec's ``vars`` are the block's parameters, its ``layers`` the body, its ``blocks`` the body's own; it
  sees nothing of the spec that includes it. Its input, seed, data and training are its own affair.
- A path is relative to the file that names it, and stays under the folder of the spec that is read, links followed.
- A mistake in an included file is reported in that file, by name, line and column; a ring of includes where it closes.
- What is put in is bounded, and is plain data afterwards: the spec's stored text needs no other file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final

from actreg.errors import did_you_mean, suggest
from actreg.model.blocks import INCLUDED
from actreg.model.given import UnreadableError, text_of
from actreg.model.limits import MAX_INCLUDES, MAX_VALUES
from actreg.model.places import Place, Problems, Source, TooManyError
from actreg.model.reader import read_value
from actreg.model.sections import VERSION
from actreg.model.spec import is_under
from actreg.model.values import BrokenValue, Entry, MapValue, ScalarValue, Value, kind_of

KEYS: Final = ("actreg", "requires", "input", "vars", "blocks", "layers", "seed", "data", "train")
"""The keys of a spec that can be included."""


@dataclass
class Includer:
    """Puts included files into the blocks of one spec. folder: none may lie outside of it.

    used: whether there was any. pins: the ``requires`` of included files.
    """

    problems: Problems
    folder: Path | None
    used: bool = False
    pins: list[Value] = field(default_factory=list)
    _known: dict[Path, Value] = field(default_factory=dict)
    _size: int = 0

    def put_in(self, root: MapValue) -> MapValue:
        """The spec with its includes in place."""
        return self._spec(root, self.folder, ())

    def _spec(self, root: MapValue, folder: Path | None, chain: tuple[Path, ...]) -> MapValue:
        """A spec whose includes are relative to `folder`; chain: the files that are being read around it."""
        blocks = root.find("blocks")
        if blocks is None or not isinstance(blocks.value, MapValue):
            return root
        entries = tuple(
            Entry(entry.name, entry.place, self._block(entry, folder, chain)) for entry in blocks.value.entries
        )
        return _with(root, Entry("blocks", blocks.place, MapValue.make(blocks.value.place, entries)))

    def _block(self, block: Entry, folder: Path | None, chain: tuple[Path, ...]) -> Value:
        value = block.value
        if not isinstance(value, MapValue):
            return value
        include = value.find(INCLUDED)
        if include is None:
            # What is written in place may itself hold blocks, as text that was stored does.
            return self._spec(value, folder, chain)
        for other in value.entries:
            if other is not include:
                self.problems.add(other.place, f"{other.name} cannot stand beside include: it is in the included file")
        path = self._path(include, folder)
        if path is None:
            return BrokenValue(value.place)
        if path in chain:
            ring = [*chain[chain.index(path) :], path]
            names = " → ".join(item.name for item in ring)
            self.problems.add(include.value.place, f"include: a file cannot include itself: {names}")
            return BrokenValue(value.place)
        if path not in self._known:
            self._known[path] = self._file(path, include, chain)
        found = self._known[path]
        self._count(found.size, include.place)
        return found

    def _path(self, include: Entry, folder: Path | None) -> Path | None:
        """The file that is meant, links followed; None where it was reported."""
        value = include.value
        text = value.value if isinstance(value, ScalarValue) else None
        problem = None
        if not isinstance(text, str) or not text:
            problem = f"the path of a spec, not {kind_of(value)}"
        elif self.folder is None or folder is None:
            problem = "a spec that came from no file has no folder to include from"
        elif not text.isprintable() or "\\" in text or PureWindowsPath(text).drive or PurePosixPath(text).is_absolute():
            problem = "the path is relative, with forward slashes"
        elif not text.endswith((".yaml", ".yml")):
            problem = "the file is a .yaml or a .yml"
        elif not is_under(folder / text, self.folder):
            problem = f"{text} leads out of the spec's folder"
        elif not (folder / text).is_file():
            near = did_you_mean(suggest(text, _beside(folder)))
            problem = f"there is no file {text}{near}"
        if problem is None:
            assert isinstance(text, str)
            assert folder is not None
            return (folder / text).resolve()
        if not isinstance(value, BrokenValue):
            self.problems.add(value.place, f"include: {problem}")
        return None

    def _file(self, path: Path, include: Entry, chain: tuple[Path, ...]) -> Value:
        self.used = True
        if len(self._known) >= MAX_INCLUDES:
            self.problems.add(include.place, f"include: more than {MAX_INCLUDES} files")
            raise TooManyError
        named = include.value.value if isinstance(include.value, ScalarValue) else path.name
        name = os.path.normpath(os.path.join(os.path.dirname(include.place.source.file), str(named)))
        try:
            root = read_value(Source(name, text_of(path)), self.problems)
        except UnreadableError as error:
            self.problems.add(include.value.place, f"include: {error}")
            root = None
        if not isinstance(root, MapValue):
            if root is not None and not isinstance(root, BrokenValue):
                self.problems.add(root.place, f"a spec is a mapping that begins with actreg: 1, not {kind_of(root)}")
            return BrokenValue(include.place)
        self._check(root)
        root = self._spec(root, path.parent, (*chain, path))
        return _as_block(root, include)

    def _check(self, root: MapValue) -> None:
        for entry in root.entries:
            if entry.name not in KEYS:
                known = f"an included spec has {', '.join(KEYS)}"
                hint = did_you_mean(suggest(entry.name, KEYS))
                self.problems.add(entry.place, f"unknown key {entry.name!r} ({known}){hint}")
        version = root.find("actreg")
        if version is None:
            self.problems.add(root.place, "the key actreg is missing: begin the spec with actreg: 1")
        elif not (isinstance(version.value, ScalarValue) and version.value.value == VERSION):
            place = version.value.place
            self.problems.add(place, f"this version reads specs with actreg: {VERSION}, not {kind_of(version.value)}")
        requires = root.find("requires")
        if requires is not None:
            self.pins.append(requires.value)

    def _count(self, size: int, place: Place) -> None:
        self._size += size
        if self._size > MAX_VALUES:
            self.problems.add(place, f"includes bring more than {MAX_VALUES} values")
            raise TooManyError


def _as_block(root: MapValue, include: Entry) -> MapValue:
    """An included spec in the form of a block."""
    renamed = {"vars": "params", "blocks": "blocks", "layers": "layers"}
    entries = [Entry(renamed[e.name], e.place, e.value) for e in root.entries if e.name in renamed]
    return MapValue.make(root.place, (*entries, include))


def without_marks(value: Value) -> Value:
    """A spec with its includes in place as one that never had any: what is stored."""
    if not isinstance(value, MapValue):
        return value
    blocks = value.find("blocks")
    kept = MapValue.make(value.place, tuple(entry for entry in value.entries if entry.name != INCLUDED))
    if blocks is None or not isinstance(blocks.value, MapValue):
        return kept
    inner = tuple(Entry(entry.name, entry.place, without_marks(entry.value)) for entry in blocks.value.entries)
    return _with(kept, Entry("blocks", blocks.place, MapValue.make(blocks.value.place, inner)))


def _with(value: MapValue, entry: Entry) -> MapValue:
    entries = tuple(entry if other.name == entry.name else other for other in value.entries)
    return MapValue.make(value.place, entries)


def _beside(folder: Path) -> list[str]:
    found = sorted(path.relative_to(folder).as_posix() for path in folder.glob("*/*.y*ml"))[:1000]
    return [*found, *sorted(path.name for path in folder.glob("*.y*ml"))[:1000]]
