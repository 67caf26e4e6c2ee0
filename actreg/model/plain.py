"""Python data to YAML text, so that a spec given as a mapping is kept, shown and stored like one from a file.

Requirements:

- Reading the text gives the same data: strings that YAML 1.2 would take for numbers are quoted.
- Only plain data: dicts, lists, tuples, strings, numbers, booleans and None; anything else is an error with its path.
"""

from __future__ import annotations

import numbers
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from actreg.model import scalars
from actreg.model.limits import MAX_DEPTH, MAX_VALUES

_CORE = "tag:yaml.org,2002:"


class NotPlainError(ValueError):
    """Something in Python data that is no plain value."""


class _Dumper(yaml.SafeDumper):
    """Quotes by YAML 1.2's core schema, and writes no aliases."""

    yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012  (PyYAML's own attribute)

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """Line breaks that only YAML 1.1 knows are escaped: read back, they would be plain newlines."""
        style = '"' if any(mark in data for mark in "\x85\u2028\u2029") else None
        return self.represent_scalar(_CORE + "str", data, style)

    def ignore_aliases(self, data: Any) -> bool:
        return True


for _tag, _pattern in (
    ("null", scalars.NULL),
    ("bool", scalars.BOOL),
    ("int", scalars.INT),
    ("float", scalars.FLOAT),
    ("float", scalars.SPECIAL),
    ("merge", re.compile(r"<<\Z")),
):
    _Dumper.add_implicit_resolver(_CORE + _tag, _pattern, None)
_Dumper.add_representer(str, _Dumper.represent_str)


class _Budget:
    """Counts values, because Python data can hold one list in many places."""

    left = MAX_VALUES

    def spend(self, path: str) -> None:
        self.left -= 1
        if self.left < 0:
            raise NotPlainError(f"more than {MAX_VALUES} values, at {path}")


def to_text(data: Any, *, flow: bool = False) -> str:
    """YAML of plain data; raises NotPlainError."""
    text: str = yaml.dump(
        plain(data),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=True if flow else None,
        width=110,
    )
    return text.removesuffix("...\n") if not isinstance(data, (Mapping, list, tuple)) else text


def plain(data: Any, path: str = "", depth: int = 0, budget: _Budget | None = None) -> Any:
    """A copy made of dict, list, str, int, float, bool and None alone; raises NotPlainError."""
    budget = budget or _Budget()
    budget.spend(path)
    if depth > MAX_DEPTH:
        raise NotPlainError(f"{path or 'the mapping'} nests deeper than {MAX_DEPTH} levels")
    if data is None or isinstance(data, bool):
        return data
    if isinstance(data, str):
        return str(data)
    if isinstance(data, numbers.Integral):
        return int(data)
    if isinstance(data, numbers.Real):
        return float(data)
    if isinstance(data, Mapping):
        return {
            _key(key, path): plain(value, f"{path}.{key}" if path else str(key), depth + 1, budget)
            for key, value in data.items()
        }
    if isinstance(data, Sequence) and not isinstance(data, (bytes, bytearray)):
        return [plain(item, f"{path}[{index}]", depth + 1, budget) for index, item in enumerate(data)]
    raise NotPlainError(f"{path or 'the spec'} is a {type(data).__name__}, which is no plain data")


def _key(key: Any, path: str) -> str:
    if isinstance(key, str):
        return str(key)
    raise NotPlainError(f"{path or 'the mapping'} has the key {key!r}, which is no name")
