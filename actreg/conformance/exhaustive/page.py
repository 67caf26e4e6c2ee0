"""The tables of docs/accuracy.md, from the committed records."""

from __future__ import annotations


def text(folder: object) -> str:
    """The page."""
    return ""
