"""Layers that use other layers' parameters as their own.

Requirements:

- ``share`` names an earlier layer; what both make must have the same parameters, by name and shape: for a layer of
  several nodes, node by node.
- Kinds may differ where parameters agree: a linear layer without a bias shares an embedding's weight.
- A mistake names both places.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from actreg.contracts.plan import Node

if TYPE_CHECKING:
    from actreg.model.frames import Frame, Planned
    from actreg.model.planner import Planner


def share(planner: Planner, planned: Planned, frame: Frame) -> None:
    """Makes the nodes of a layer share with those of the layer that its ``share`` names."""
    reference = planned.layer.site.share
    assert reference is not None
    owner = frame.find(reference, "share", planner.problems)
    if owner is None or planned.flow.shape is None or owner.flow.shape is None or planner.said(reference.place):
        return
    if owner.name not in planner.owners:
        planner.owners[owner.name] = _with_parameters(planner, owner)
    ours, theirs = _with_parameters(planner, planned), planner.owners[owner.name]
    problem = _difference(ours, theirs)
    if problem is not None:
        where = f"{reference.name} on line {owner.layer.name_place.line}"
        planner.misfit(reference.place, f"share: {problem} (it shares with {where})")
        return
    for path, node in ours.items():
        planner.nodes[node.name] = replace(node, shares=theirs[path].owner)


def _with_parameters(planner: Planner, planned: Planned) -> dict[str, Node]:
    """A layer's nodes that have parameters, by their path within it."""
    nodes = (planner.nodes[name] for name in planner.order[planned.start : planned.end])
    return {node.name.removeprefix(planned.name): node for node in nodes if node.parameters}


def _difference(ours: dict[str, Node], theirs: dict[str, Node]) -> str | None:
    if not theirs:
        return "the other layer has no parameters"
    if not ours:
        return "this layer has no parameters"
    for path in (*theirs, *ours):
        if path not in ours or path not in theirs:
            side = "the other layer" if path in theirs else "this layer"
            return f"{side} alone has parameters in {path.removeprefix('.') or 'a node of its own'}"
        mine = {spec.name: spec.shape for spec in ours[path].parameters}
        other = {spec.name: spec.shape for spec in theirs[path].parameters}
        if mine != other:
            at = f"{path.removeprefix('.')}: " if path else ""
            return f"{at}its parameters are {_listed(mine)}, the other's {_listed(other)}"
    return None


def _listed(parameters: dict[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {shape}" for name, shape in parameters.items())
