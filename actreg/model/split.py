"""Expressions that YAML cut at a comma.

``[linear: $(min(a, b))]`` is a list of two items to YAML: ``linear: $(min(a`` and ``b))``. One mistake, so one
message, at the expression, that says to quote it; the pieces are taken out, so that nothing follows from them.
"""

from __future__ import annotations

from collections.abc import Sequence

from actreg.model.places import Problems
from actreg.model.values import BrokenValue, Entry, MapValue, ScalarValue, Value

QUOTE_IT = 'YAML splits a flow list at the comma: quote the whole expression, "$(…)"'


def mend_items(items: Sequence[Value], problems: Problems) -> list[Value]:
    """The items of a flow list, where a split expression is reported and replaced."""
    mended: list[Value] = []
    index = 0
    while index < len(items):
        tail = _tail(items[index])
        pieces = _pieces(tail, [_text(item) for item in items[index + 1 :]]) if tail else 0
        if tail and pieces:
            problems.add(tail.place, f"unclosed {tail.value!r}: {QUOTE_IT}")
            mended.append(_with_broken_tail(items[index]))
        else:
            mended.append(items[index])
        index += 1 + pieces
    return mended


def mend_entries(pairs: Sequence[tuple[Value, Value]], problems: Problems) -> list[tuple[Value, Value]]:
    """The entries of a flow mapping, likewise; the pieces are keys without values."""
    mended: list[tuple[Value, Value]] = []
    index = 0
    while index < len(pairs):
        key, value = pairs[index]
        tail = _tail(value)
        texts = [_text(k) if _text(v) == "" else None for k, v in pairs[index + 1 :]] if tail else []
        pieces = _pieces(tail, texts) if tail else 0
        if tail and pieces:
            problems.add(tail.place, f"unclosed {tail.value!r}: {QUOTE_IT}")
            value = _with_broken_tail(value)
        mended.append((key, value))
        index += 1 + pieces
    return mended


def balance(text: str) -> int:
    """Opening less closing parentheses."""
    return text.count("(") - text.count(")")


def _tail(value: Value) -> ScalarValue | None:
    """The unquoted scalar at the end of an item, where it begins an expression that does not end."""
    while isinstance(value, MapValue) and len(value.entries) == 1:
        value = value.entries[0].value
    if not isinstance(value, ScalarValue) or not value.plain or not isinstance(value.value, str):
        return None
    return value if value.value.startswith("$(") and balance(value.value) > 0 else None


def _pieces(tail: ScalarValue, following: Sequence[str | None]) -> int:
    """How many of the following texts belong to the expression; 0 where it never ends."""
    left = balance(str(tail.value))
    for count, text in enumerate(following, start=1):
        if text is None:
            return 0
        left += balance(text)
        if left <= 0:
            return count
    return 0


def _text(value: Value) -> str | None:
    if not isinstance(value, ScalarValue):
        return None
    return "" if value.value is None else str(value.value)


def _with_broken_tail(value: Value) -> Value:
    if not isinstance(value, MapValue):
        return BrokenValue(value.place)
    entry = value.entries[0]
    return MapValue.make(value.place, (Entry(entry.name, entry.place, _with_broken_tail(entry.value)),))
