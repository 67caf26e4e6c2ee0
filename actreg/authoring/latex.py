"""Whether a formula's LaTeX can be set: what opens is closed, in order."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\\(begin|end)\s*\{([^{}]*)\}|\\(left|right)(?![a-zA-Z])|(\\.)|([{}$])", re.DOTALL)
_CLOSES = {"}": "{", "end": "begin", "right": "left"}


def fault(text: str) -> str:
    """What is wrong, in words; empty where nothing is."""
    opened: list[tuple[str, str]] = []
    for match in _TOKEN.finditer(text):
        environment, name, delimiter, escaped, sign = match.groups()
        kind = environment or delimiter or sign
        if escaped:
            continue
        if kind == "$":
            return "it has a $, and is set as mathematics already"
        if kind not in _CLOSES:
            opened.append((kind, name or ""))
        elif not opened or opened.pop() != (_CLOSES[kind], name or ""):
            return f"{match[0]} closes what is not open there"
    if text.rstrip("\\") != text and (len(text) - len(text.rstrip("\\"))) % 2:
        return "it ends within a command"
    return f"{_spelt(*opened[-1])} is not closed" if opened else ""


def _spelt(kind: str, name: str) -> str:
    if kind == "{":
        return kind
    return rf"\begin{{{name}}}" if kind == "begin" else r"\left"
