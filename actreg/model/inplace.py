"""Where an activation may write over its input.

Requirements:

- Sound in training: the activation's backward pass needs its output alone, and nothing else needs its input.
- The input may be a view (of a flatten, a dropout in evaluation): what counts is the node that made the array.
- A refusal says which array would be lost, and to whom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from actreg.contracts.activation import Activation
from actreg.contracts.plan import INPUT, Node

VIEWS: Final = frozenset({"flatten", "dropout"})
"""Nodes whose output may be their input's memory."""

FREE: Final = frozenset({"linear", "conv2d", "batch_norm", "layer_norm", "add", "avg_pool2d", "broken"})
"""Nodes whose backward pass does not need their own output."""


@dataclass(frozen=True)
class Kept:
    """An array that somebody reads later: the node that made it, and who reads it."""

    name: str
    reader: str


def maker(name: str, nodes: Mapping[str, Node]) -> str:
    """The node whose array a node's output may be."""
    while name in nodes and nodes[name].kind in VIEWS:
        name = nodes[name].inputs[0]
    return name


def why_not_inplace(act: Activation, source: str, nodes: Mapping[str, Node], kept: Sequence[Kept]) -> str | None:
    """The reason why `act` may not overwrite the output of the node `source`; None where it may."""
    name = act.info.name
    if act.kind != "elementwise" or not act.laws().derivative_from_output:
        return f"{name} cannot work in place: its backward pass needs its input, which would be overwritten"
    made_by = maker(source, nodes)
    for array in kept:
        if array.name == made_by:
            return f"{name} in place would overwrite {_what(made_by)}, which {array.reader} reads as its skip"
    if made_by == INPUT:
        return f"{name} in place would overwrite the network's own input"
    if nodes[made_by].kind not in FREE:
        return f"{name} in place would overwrite the output of {made_by}, which the backward pass of {made_by} needs"
    return None


def _what(name: str) -> str:
    return "the network's own input" if name == INPUT else f"the output of {name}"
