"""A spec to a `Plan`: every layer a node, every shape inferred, every parameter sized.

Requirements:

- No array library: a spec is checked on a machine that has none.
- Nothing large is made before its size is known to be within bounds.
- Where a shape is not known, because of a mistake before, everything else is still checked; one mistake gives one
  message, however often its layer is repeated or called.
- A fresh activation for each node, of each plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from actreg.contracts.plan import INPUT, Plan
from actreg.model.blocks import Library, unbound
from actreg.model.composites import HANDLERS
from actreg.model.frames import Flow
from actreg.model.kinds import Shape
from actreg.model.layers import read_body
from actreg.model.layerspec import LayerSpec
from actreg.model.limits import MAX_NODES
from actreg.model.places import Place, Problems
from actreg.model.planner import Planner
from actreg.model.spec import ModelSpec


def plan_of(spec: ModelSpec) -> Plan:
    """The plan of a spec, with activations of its own."""
    nodes = (
        replace(node, activation=node.activation.model_copy()) if node.activation is not None else node
        for node in spec.plan.nodes
    )
    return replace(spec.plan, nodes=tuple(nodes))


def make_plan(
    shape: Shape | None, layers: Sequence[LayerSpec], seed: int, problems: Problems, dtype: str | None = None
) -> Plan | None:
    """The plan of layers on an input; None where anything was reported or the shape is not known.

    dtype: of the input, where that holds token ids.
    """
    crossing = _crossing(layers)
    if crossing is not None:
        problems.add(crossing, f"the network has more than {MAX_NODES} nodes here")
        return None
    planner = Planner(problems, HANDLERS, ids=dtype is not None)
    end = planner.run(layers, "", Flow(INPUT, shape), None, sized=False)
    planner.finish(end)
    if problems or shape is None:
        return None
    return Plan(shape, tuple(planner.nodes.values()), seed, dtype)


def check_uncalled(library: Library, problems: Problems) -> None:
    """Reports the mistakes in blocks that no layer calls; shapes are not known there."""
    for block in library.uncalled():
        Planner(problems, HANDLERS).run(read_body(unbound(library, block)), "", Flow(INPUT, None), None, sized=True)


def _crossing(layers: Sequence[LayerSpec]) -> Place | None:
    """The place of the layer with which the plan would grow beyond its bound."""
    total = 0
    for layer in layers:
        total += layer.nodes
        if total > MAX_NODES:
            return layer.place
    return None
