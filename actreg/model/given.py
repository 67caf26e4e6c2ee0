"""What a reader is given: a file, a text or a mapping, as one text under one name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from actreg.errors import Diagnostic, SpecError, did_you_mean, suggest
from actreg.model.limits import MAX_TEXT
from actreg.model.places import Source
from actreg.model.plain import NotPlainError, to_text

MAPPING: Final = "<mapping>"
"""The name of a spec that was given as Python data."""

TEXT: Final = "<text>"
"""The name of a spec that was given as YAML."""


@dataclass(frozen=True)
class Given:
    """What is to be read. folder: under which its data and what it includes lie; None where it came from no file."""

    source: Source
    folder: Path | None


def given_of(spec: str | Path | Mapping[str, Any], file: str | None, folder: Path | None) -> Given:
    """A path, YAML text (a string of several lines, or in braces), or plain data. Raises SpecError."""
    if isinstance(spec, Mapping):
        try:
            return Given(Source(file or MAPPING, to_text(spec)), folder)
        except NotPlainError as error:
            raise at_start(file or MAPPING, str(error)) from None
    if isinstance(spec, str) and ("\n" in spec or spec.lstrip().startswith("{")):
        return Given(Source(file or TEXT, spec.removeprefix("\ufeff")), folder)
    path = Path(spec)
    name = file or str(spec)
    try:
        return Given(Source(name, text_of(path)), folder or path.parent)
    except UnreadableError as error:
        raise at_start(name, str(error)) from None


class UnreadableError(Exception):
    """A file that is no readable text; says why."""


def text_of(path: Path) -> str:
    """The text of a file, UTF-8, of bounded size; raises UnreadableError."""
    try:
        with path.open("rb") as file:
            raw = file.read(4 * MAX_TEXT + 1)
    except (OSError, ValueError) as error:
        near = ""
        if isinstance(error, FileNotFoundError) and path.parent.is_dir():
            near = did_you_mean(suggest(path.name, sorted(p.name for p in path.parent.glob("*.y*ml"))[:1000]))
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UnreadableError(f"the spec cannot be read: {reason}{near}") from None
    if len(raw) > 4 * MAX_TEXT:
        raise UnreadableError(f"the file has more than {4 * MAX_TEXT} bytes: a spec is smaller")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"this is not UTF-8: byte {error.start} cannot be read") from None


def at_start(file: str, message: str) -> SpecError:
    """One problem of a whole file."""
    return SpecError([Diagnostic(file, 1, 1, message)])
