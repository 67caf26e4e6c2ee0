"""Places in a spec, and the collector of everything that is wrong with it.

Requirements:

- A mistake is reported where it stands, as ``file:line:column: message``, lines and columns from 1.
- All mistakes of a spec are reported in one run, ordered by place, and each cause once.
- A value that came through a variable is reported where it is used, and says where it comes from.
- A spec given as Python data has no lines that its author knows: there the message ends with the path of keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from actreg.errors import Diagnostic, SpecError

_BREAKS = re.compile("\r\n|[\n\r\x85\u2028\u2029]")

MAX_PROBLEMS: Final = 500
"""Problems of one spec that are reported."""

MAX_MESSAGE: Final = 500
"""Characters of a message, and of the source line beside it."""

Paths = Callable[[], Mapping[tuple[int, int], str]]


@dataclass(frozen=True, eq=False)
class Source:
    """One text that was read, under the name that messages give it."""

    file: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text, as YAML counts them."""
        return _BREAKS.split(self.text)

    def line(self, number: int) -> str:
        """One line, counted from 1; empty past the end."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def place(self, line: int = 1, column: int = 1) -> Place:
        """A place in this text."""
        return Place(self, line, column)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands. `origin` says through what it came there: ``$act, line 3`` or ``--set act=silu``."""

    source: Source
    line: int
    column: int
    origin: str = ""

    def came(self, origin: str) -> Place:
        """The same place, for a value that came there through `origin`."""
        return Place(self.source, self.line, self.column, origin)


class TooManyError(Exception):
    """So much is wrong, or asked for, that reading stops; what was wrong is reported."""


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


@dataclass
class Problems:
    """Gathers diagnostics.

    paths: gives the path of keys at a line and column, where its author knows no lines, in the file `paths_of`.
    note: ends every message while it is set; the same problem with another note is the same problem.
    """

    paths: Paths | None = None
    paths_of: str = ""
    note: str = ""
    _found: dict[tuple[object, ...], Diagnostic] = field(default_factory=dict)

    def add(self, place: Place, message: str) -> None:
        """Reports one problem; the same problem of the same cause counts once."""
        cause: tuple[object, ...] = (place.origin,) if place.origin else (place.line, place.column)
        message = _shortened(message.replace("\n", "; "), MAX_MESSAGE)
        if place.origin:
            message = f"{message} (from {place.origin})"
        noted = f"{message} ({self.note})" if self.note else message
        self._put((place.source.file, *cause, message), place, noted)
        if len(self._found) >= MAX_PROBLEMS:
            self._put(("more",), place, f"{MAX_PROBLEMS} problems up to here; what follows is not looked at")
            raise TooManyError

    def _put(self, key: tuple[object, ...], place: Place, message: str) -> None:
        source = place.source.line(place.line)[:MAX_MESSAGE]
        self._found.setdefault(key, Diagnostic(place.source.file, place.line, place.column, message, source))

    def __len__(self) -> int:
        return len(self._found)

    def found(self) -> list[Diagnostic]:
        """Everything found so far."""
        return list(self._found.values())

    def raise_any(self) -> None:
        """Raises SpecError with everything found, if anything was."""
        if self._found:
            raise SpecError([self._with_path(found) for found in self._found.values()]) from None

    def _with_path(self, found: Diagnostic) -> Diagnostic:
        known = self.paths is not None and found.file == self.paths_of
        path = self.paths().get((found.line, found.column)) if known and self.paths else None
        if not path:
            return found
        return Diagnostic(found.file, found.line, found.column, f"{found.message} (at {path})", found.source)
