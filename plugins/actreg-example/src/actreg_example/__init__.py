"""An example of a plugin for actreg, as its template writes it."""

from __future__ import annotations

from actreg_example.bent_line import BentLine

__all__ = [
    "BentLine",
]
