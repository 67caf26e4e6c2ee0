"""What commands print: plain lines, JSON, tables that are not cut when piped."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from typing import Any

from actreg.errors import SpecError


def line(text: str = "") -> None:
    """One line on standard output, as it is."""
    print(text)


def note(text: str) -> None:
    """One line on standard error, as it is."""
    print(" ".join(text.splitlines()), file=sys.stderr)


def as_json(data: Any) -> None:
    """Data as JSON on standard output."""
    print(json.dumps(data, indent=2, ensure_ascii=False, default=str))


def spec_errors(error: SpecError) -> None:
    """Every finding on standard error, located, with the line it stands on and a caret."""
    for found in error.diagnostics:
        note(str(found))
        if found.source.strip():
            note(f"  {found.source.rstrip()}")
            note(f"  {' ' * (found.column - 1)}^")
    count = len(error.diagnostics)
    note(f"{count} problem{'s' if count != 1 else ''}")


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), fit: bool = False
) -> None:
    """A table in plain text. right: columns to align at the right. fit: a terminal gets lines of its width."""
    width = shutil.get_terminal_size().columns if fit and sys.stdout.isatty() else 0
    everything = [list(header), *(list(row) for row in rows)]
    widths = [max(len(row[place]) for row in everything) for place in range(len(header))]
    for row in everything:
        cells = [c.rjust(w) if n in right else c.ljust(w) for n, (c, w) in enumerate(zip(row, widths, strict=True))]
        text = "  ".join(cells).rstrip()
        line(text if not width or len(text) <= width else text[: width - 1] + "…")
