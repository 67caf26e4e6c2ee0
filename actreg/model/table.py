"""A plan as rows for people: what `actreg check` and `actreg train` print first.

Parameters that several layers share count once, where they are owned; multiply-adds are those of products of matrices.

Memory is that of the outputs, for one sample, in the dtype of the network. A layer that works in place has none of its
own. `peak` is what inference needs at once, where every output is dropped after its last reader; training keeps nearly
all of them, up to `activation_bytes` in total.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Final

from actreg.contracts.plan import INPUT, Node, Plan
from actreg.model.costs import multiply_adds

ITEMSIZE: Final = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}
"""Bytes of one number, without asking an array library."""


@dataclass(frozen=True)
class Row:
    """One node. kind: with an activation's name and options. shape: of its output, without the batch axis.
    parameters: trainable elements of its own. multiply_adds, activation_bytes (of its output): for one sample."""

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    multiply_adds: int
    activation_bytes: int


def rows(plan: Plan, dtype: str = "float32") -> list[Row]:
    """One row a node, in the order in which they run."""
    shapes = {INPUT: plan.input_shape, **{node.name: node.shape for node in plan.nodes}}
    return [
        Row(
            node.name,
            kind_text(node),
            node.shape,
            elements(node),
            multiply_adds(node, shapes[node.inputs[0]]),
            _bytes(node, dtype),
        )
        for node in plan.nodes
    ]


def total_parameters(plan: Plan) -> int:
    """The number of trainable elements of a plan."""
    return sum(elements(node) for node in plan.nodes)


def peak_bytes(plan: Plan, dtype: str = "float32") -> int:
    """The most bytes of outputs that inference holds at once, for one sample, the input's included."""
    last = {name: place for place, node in enumerate(plan.nodes) for name in node.inputs}
    last[plan.output] = len(plan.nodes)
    held = {INPUT: math.prod(plan.input_shape) * (8 if plan.input_dtype == "int64" else ITEMSIZE[dtype])}
    peak = sum(held.values())
    for place, node in enumerate(plan.nodes):
        held[node.name] = _bytes(node, dtype)
        peak = max(peak, sum(held.values()))
        if node.inplace:
            held[node.name] = held.pop(node.inputs[0], 0)
        for name in {node.name, *node.inputs}:
            if last.get(name, -1) <= place:
                held.pop(name, None)
    return peak


def elements(node: Node) -> int:
    """The number of trainable elements that a node owns: one that shares another's has none of its own."""
    return sum(math.prod(spec.shape) for spec in node.parameters if spec.trainable) if not node.shares else 0


def _bytes(node: Node, dtype: str) -> int:
    return 0 if node.inplace else math.prod(node.shape) * ITEMSIZE[dtype]


def kind_text(node: Node) -> str:
    """``linear``, or an activation with the options that were given: ``leaky_relu(negative_slope=0.1)``."""
    act = node.activation
    if act is None:
        return node.kind
    given = act.model_dump(include=act.model_fields_set)
    options = ", ".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in given.items()
    )
    return f"{act.info.name}({options})" if options else act.info.name
