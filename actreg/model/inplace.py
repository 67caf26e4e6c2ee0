"""Where an activation may write over its input.

Requirements:

- Sound in training: the activation's backward pass needs its output alone, and nothing else needs its input.
- The input may be a view (of a flatten, a dropout in evaluation): what counts is the node that made the array.
- Seen on the whole graph: a skip, a branch or a later layer's ``from`` may read the array too.
- A refusal says which array would be lost, and to whom.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from actreg.contracts.activation import Activation
from actreg.contracts.plan import INPUT, Node

VIEWS: Final = frozenset({"flatten", "dropout", "reshape", "permute", "select"})
"""Nodes whose output may be their input's memory."""

FREE: Final = frozenset(
    (
        *("linear", "embedding", "conv1d", "conv2d", "avg_pool1d", "avg_pool2d"),
        *("adaptive_avg_pool1d", "adaptive_avg_pool2d", "batch_norm", "layer_norm", "rms_norm", "group_norm"),
        *("attention", "positional_embedding", "class_token", "mean", "add", "mul", "concat", "broken"),
    )
)
"""Nodes whose backward pass does not need their own output."""


class Readers:
    """Who reads each array of a graph; `output` is the node whose output is the network's."""

    def __init__(self, nodes: Mapping[str, Node], output: str) -> None:
        self.nodes = nodes
        self._output = output
        self._makers: dict[str, str] = {}
        self._of: dict[str, list[Node]] = {}
        self._named: set[str] = {output}
        for node in nodes.values():
            self._named.update(node.inputs)
            if node.kind in VIEWS:
                self._makers[node.name] = self.maker(node.inputs[0])
            else:
                for array in dict.fromkeys(self.maker(name) for name in node.inputs):
                    self._of.setdefault(array, []).append(node)

    def maker(self, name: str) -> str:
        """The node whose array a node's output may be."""
        return self._makers.get(name, name)

    def beside(self, node: Node, array: str) -> str | None:
        """Who else reads an array that a node reads, last of all; None where nobody does."""
        if self.maker(self._output) == array:
            return "is the network's output"
        readers = self._of.get(array, [])[-2:]
        others = [reader for reader in readers if reader.name != node.name]
        return _reads(others[-1], array, self) if others else None

    def unread(self) -> list[str]:
        """The nodes whose output goes nowhere."""
        return [name for name in self.nodes if name not in self._named]


def _reads(node: Node, array: str, readers: Readers) -> str:
    if node.kind == "add" and node.name.endswith(".add") and readers.maker(node.inputs[-1]) == array:
        return f"{node.name.removesuffix('.add')} reads as its skip"
    return f"{node.name} reads"


def why_not_inplace(act: Activation, node: Node, readers: Readers) -> str | None:
    """The reason why `act`, in a node of its own, may not overwrite its input; None where it may."""
    name = act.info.name
    if act.kind != "elementwise" or not act.laws().derivative_from_output:
        return f"{name} cannot work in place: its backward pass needs its input, which would be overwritten"
    made_by = readers.maker(node.inputs[0])
    reader = readers.beside(node, made_by)
    if reader is not None:
        return f"{name} in place would overwrite {_what(made_by)}, which {reader}"
    if made_by == INPUT:
        return f"{name} in place would overwrite the network's own input"
    if readers.nodes[made_by].kind not in FREE:
        return f"{name} in place would overwrite the output of {made_by}, which the backward pass of {made_by} needs"
    return None


def _what(name: str) -> str:
    return "the network's own input" if name == INPUT else f"the output of {name}"
