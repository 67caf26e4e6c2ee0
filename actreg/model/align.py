"""Which node of one plan stands for which of another.

Requirements:

- A layer that was put in or taken out does not shift the rest: what is alike is found first, in order.
- Between those, layers of one kind are pairs that have changed, and so are different ones under one name.
- Plans of ten thousand layers take a second: what is alike at both ends is put aside before anything is compared, and
  beyond a bound only names count.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

from actreg.contracts.plan import Node

MAX_COMPARED: Final = 4_000_000
"""Pairs of nodes that are compared to find what is alike."""

Pair = tuple[Node | None, Node | None]


def aligned(before: Sequence[Node], after: Sequence[Node]) -> list[Pair]:
    """Every node once, in order: a pair, or one side alone where it has no counterpart.

    Two ways are tried, by what layers are and by what they are called (automatic names move when a layer is put in,
    while those inside a repetition tell one repetition from the next); the one that explains more is taken.
    """
    ways = (
        _chain(before, after, (_named, _named_family, _signature, _family)),
        _chain(before, after, (_signature, _named_family, _family)),
    )
    return min(ways, key=_cost)


def _chain(before: Sequence[Node], after: Sequence[Node], tokens: Sequence[Callable[[Node], str]]) -> list[Pair]:
    """Pairs by the first token; what lies between them by the following ones, and in the end by name."""
    if not tokens:
        return _by_name(before, after)
    token, *others = tokens
    return list(_by(token, before, after, lambda a, b: _chain(a, b, others)))


def _cost(pairs: Sequence[Pair]) -> int:
    return sum(a is None or b is None or _signature(a) != _signature(b) for a, b in pairs)


def _by(
    token: Callable[[Node], str],
    before: Sequence[Node],
    after: Sequence[Node],
    between: Callable[[Sequence[Node], Sequence[Node]], list[Pair]],
) -> Iterator[Pair]:
    """Pairs by equal tokens; what lies between them is left to another way."""
    left, right = [token(node) for node in before], [token(node) for node in after]
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    end = 0
    while end < min(len(left), len(right)) - start and left[-1 - end] == right[-1 - end]:
        end += 1
    yield from zip(before[:start], after[:start], strict=True)
    yield from _middle(
        (before[start : len(before) - end], left[start : len(left) - end]),
        (after[start : len(after) - end], right[start : len(right) - end]),
        between,
    )
    yield from zip(before[len(before) - end :], after[len(after) - end :], strict=True)


def _middle(
    before: tuple[Sequence[Node], Sequence[str]],
    after: tuple[Sequence[Node], Sequence[str]],
    between: Callable[[Sequence[Node], Sequence[Node]], list[Pair]],
) -> Iterator[Pair]:
    (old, left), (new, right) = before, after
    if len(old) * len(new) > MAX_COMPARED:
        yield from _by_name(old, new)
        return
    for what, i1, i2, j1, j2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if what == "equal":
            yield from zip(old[i1:i2], new[j1:j2], strict=True)
        else:
            yield from between(old[i1:i2], new[j1:j2])


def _by_name(before: Sequence[Node], after: Sequence[Node]) -> list[Pair]:
    """Pairs by name; the others alone, those of before first."""
    names = {node.name: node for node in after}
    old = {node.name for node in before}
    pairs: list[Pair] = [(node, names.get(node.name)) for node in before]
    return [*pairs, *((None, node) for node in after if node.name not in old)]


def _signature(node: Node) -> str:
    act = node.activation
    options = act.model_dump(mode="json") if act is not None else dict(node.options)
    return json.dumps([act.info.name if act is not None else node.kind, options], default=str, sort_keys=True)


def _family(node: Node) -> str:
    return node.kind


def _named(node: Node) -> str:
    return f"{node.name}: {_signature(node)}"


def _named_family(node: Node) -> str:
    return f"{node.name}: {node.kind}"
