"""A plan as rows for people: what `actreg check` and `actreg train` print first."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from actreg.contracts.plan import Node, Plan


@dataclass(frozen=True)
class Row:
    """One node. kind: with an activation's name and options. shape: of its output, without the batch axis.
    parameters: trainable elements."""

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int


def rows(plan: Plan) -> list[Row]:
    """One row a node, in the order in which they run."""
    return [Row(node.name, kind_text(node), node.shape, _elements(node)) for node in plan.nodes]


def total_parameters(plan: Plan) -> int:
    """The number of trainable elements of a plan."""
    return sum(_elements(node) for node in plan.nodes)


def _elements(node: Node) -> int:
    return sum(math.prod(spec.shape) for spec in node.parameters if spec.trainable)


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
