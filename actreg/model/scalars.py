"""What a plain scalar of YAML 1.2's core schema means (YAML 1.2.2, section 10.3.2).

Requirements:

- ``1e-3`` is a number; ``on``, ``no``, ``1:30`` and ``1_000`` are strings; ``0o17`` and ``0x1f`` are integers.
- The same table decides what a writer must quote, so that text made from Python data reads back to the same data.
"""

from __future__ import annotations

import re
from typing import Final

from actreg.model.limits import MAX_DIGITS
from actreg.model.values import Plain

NULL: Final = re.compile(r"(?:null|Null|NULL|~|)\Z")
BOOL: Final = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
INT: Final = re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z")
FLOAT: Final = re.compile(r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)\Z")
SPECIAL: Final = re.compile(r"(?:[-+]?(?:\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN)\Z")

_STARTS = frozenset("0123456789+-.~nNtTfF")


def resolve(text: str) -> Plain:
    """The value of a plain scalar; ValueError for a number of absurd length."""
    if text and text[0] not in _STARTS:
        return text
    if NULL.match(text):
        return None
    if BOOL.match(text):
        return text[0] in "tT"
    if INT.match(text):
        return _integer(text)
    if FLOAT.match(text):
        _check_length(text)
        return float(text)
    if SPECIAL.match(text):
        return float(text.replace(".", "", 1))
    return text


def _integer(text: str) -> int:
    _check_length(text)
    if text.startswith("0o"):
        return int(text[2:], 8)
    return int(text[2:], 16) if text.startswith("0x") else int(text)


def _check_length(text: str) -> None:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number of {len(text)} characters: at most {MAX_DIGITS}")
