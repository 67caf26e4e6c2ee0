"""What commands print: plain lines, JSON, tables that are not cut when piped."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from actreg.errors import ActregError, SpecError


def line(text: str = "") -> None:
    """One line on standard output, as it is."""
    print(text)


def as_json(data: Any) -> None:
    """Data as JSON on standard output."""
    print(json.dumps(data, indent=2, ensure_ascii=False, default=str))


def warn(text: str) -> None:
    """One line on standard error, as it is."""
    print(text, file=sys.stderr)


def report(error: ActregError) -> None:
    """An error on standard error: one line for each finding; a spec's with the line it stands on and a caret."""
    if not isinstance(error, SpecError):
        warn(f"actreg: {' '.join(str(error).split())}")
        return
    for found in error.diagnostics:
        warn(str(found))
        if found.source.strip():
            warn(f"  {found.source.rstrip()}")
            warn(f"  {' ' * (found.column - 1)}^")
    count = len(error.diagnostics)
    warn(f"{count} problem{'s' if count != 1 else ''}")


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> None:
    """A table in plain text. right: columns to align at the right."""
    everything = [list(header), *(list(row) for row in rows)]
    widths = [max(len(row[place]) for row in everything) for place in range(len(header))]
    for row in everything:
        cells = [c.rjust(w) if n in right else c.ljust(w) for n, (c, w) in enumerate(zip(row, widths, strict=True))]
        line("  ".join(cells).rstrip())


def split_settings(settings: Sequence[str]) -> dict[str, str]:
    """``name=value`` pairs, several to one ``--set`` too; UsageError where there is no name or no ``=``."""
    from actreg.errors import ConfigError, FieldProblem

    found: dict[str, str] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name.strip():
            raise ConfigError("--set", [FieldProblem(setting, "write name=value")])
        found[name.strip()] = value
    return found
