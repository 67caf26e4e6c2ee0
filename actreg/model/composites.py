"""Layers that are made of others, or join several: to nodes, each kind in a function of its own."""

from __future__ import annotations

from typing import Final, cast

from actreg.contracts.activation import Activation
from actreg.model import joins
from actreg.model.containers import Branches, Concat, Gated, Join, Repeat, Residual
from actreg.model.frames import Flow, Frame
from actreg.model.kinds import KINDS, Fitted, Misfit, Shape
from actreg.model.layerspec import LayerSpec
from actreg.model.planner import Handler, Planner
from actreg.model.site import Reference
from actreg.model.sizing import fit_activation
from actreg.model.values import ListValue

MERGES: Final = {"concat": "concat", "sum": "add", "mul": "mul"}
"""How branches merge, and the kind of node that does it."""


def _repeat(planner: Planner, layer: LayerSpec, name: str, flow: Flow, frame: Frame) -> Flow:
    before = flow.shape
    times = layer.options.times if isinstance(layer.options, Repeat) else 1
    for index in range(1, times + 1):
        flow = planner.run(layer.lists[0], f"{name}.{index}.", flow, frame, sized=False)
        if planner.problems and flow.shape is None:
            break  # every further repetition would say the same
    if layer.options is None and flow.shape != before:
        return Flow(flow.node, None)
    return flow


def _residual(planner: Planner, layer: LayerSpec, name: str, flow: Flow, frame: Frame) -> Flow:
    branch = planner.run(layer.lists[0], f"{name}.", flow, frame, sized=True)
    skip = flow
    if len(layer.lists) > 1:
        skip = planner.run(layer.lists[1], f"{name}.shortcut.", flow, frame, sized=True)
    options = layer.options if isinstance(layer.options, Residual) else None
    if options is not None and options.project and None not in (skip.shape, branch.shape):
        skip = _projected(
            planner, layer, f"{name}.shortcut", skip, cast(Shape, branch.shape), options.project == "norm"
        )
    shape = branch.shape
    if shape is not None and skip.shape is not None and skip.shape != shape:
        if options is not None:
            planner.misfit(layer.place, _unequal(flow.shape, shape, skip.shape, len(layer.lists) > 1))
        shape = None
    if skip.shape is None and flow.shape is not None:
        shape = None
    sides = Flow(f"{name}.add", shape)
    fitted = Fitted(shape, {}) if shape is not None else None
    planner.place_node(f"{name}.add", "add", (branch.node, skip.node), fitted, layer.place)
    return sides


def _unequal(before: Shape | None, branch: Shape, skip: Shape, shortcut: bool) -> str:
    if shortcut:
        return f"residual: its layers make {branch} of {before}, its shortcut {skip}: the sum needs equal shapes"
    return (
        f"residual: its layers make {branch} of {before}: the sum needs equal shapes; "
        "project: true puts a projection on the skip"
    )


def _projected(planner: Planner, layer: LayerSpec, name: str, skip: Flow, wanted: Shape, norm: bool) -> Flow:
    """The skip, through a projection to the wanted shape where it has another."""
    before = cast(Shape, skip.shape)
    if before == wanted:
        return skip
    images = len(before) == len(wanted) == joins.IMAGE_AXES
    kind = "conv2d" if images else "linear"

    def rule() -> Fitted:
        if not images:
            if before[:-1] != wanted[:-1]:
                raise Misfit(f"no linear layer on the skip makes {wanted} of {before}", "project")
            options = KINDS["linear"].options(out_features=wanted[-1], bias=not norm)
        else:
            stride = joins.strides(before, wanted)
            options = KINDS["conv2d"].options(out_channels=wanted[0], kernel=1, stride=stride, bias=not norm)
        return KINDS[kind].fit(options, before)

    skip = planner.place_node(
        f"{name}.{kind}", kind, (skip.node,), planner.fit(layer.given, "residual", rule), layer.place
    )
    if norm and skip.shape is not None:
        shape = skip.shape
        row = KINDS["batch_norm"]
        fitted = planner.fit(layer.given, "residual", lambda: row.fit(row.options(), shape))
        skip = planner.place_node(f"{name}.batch_norm", "batch_norm", (skip.node,), fitted, layer.place)
    return skip


def _branches(planner: Planner, layer: LayerSpec, name: str, flow: Flow, frame: Frame) -> Flow:
    flows = [
        planner.run(held, f"{name}.{index}.", flow, frame, sized=True)
        for index, held in enumerate(layer.lists, start=1)
    ]
    if not isinstance(layer.options, Branches):
        return Flow(flows[-1].node, None)
    merge = MERGES[layer.options.merge]
    return _merged(planner, layer, f"{name}.{merge}", merge, flows, layer.options.axis)


def _join(planner: Planner, layer: LayerSpec, name: str, flow: Flow, frame: Frame) -> Flow:
    options = layer.options
    if not isinstance(options, Join):
        return Flow(flow.node, None)
    value = layer.given.values["of"]
    places = [item.place for item in value.items] if isinstance(value, ListValue) else [value.place]
    flows = [flow]
    for other, place in zip(options.of, places, strict=True):
        flows.append(frame.source(Reference(other, place), layer.kind, planner.problems))
    axis = options.axis if isinstance(options, Concat) else None
    return _merged(planner, layer, name, layer.kind, flows, axis)


def _merged(planner: Planner, layer: LayerSpec, name: str, kind: str, flows: list[Flow], axis: int | None) -> Flow:
    shapes = [flow.shape for flow in flows if flow.shape is not None]

    def rule() -> Fitted:
        if kind == "concat":
            shape, along = joins.concatenated(shapes, axis)
            return Fitted(shape, {"axis": along})
        return Fitted(joins.added(shapes) if kind == "add" else joins.multiplied(shapes), {})

    known = len(shapes) == len(flows)
    fitted = planner.fit(layer.given, layer.kind, rule) if known else None
    return planner.place_node(name, kind, tuple(flow.node for flow in flows), fitted, layer.place)


def _gated(planner: Planner, layer: LayerSpec, name: str, flow: Flow, frame: Frame) -> Flow:
    options, shape = layer.options, flow.shape
    if not isinstance(options, Gated) or not isinstance(options.act, Activation):
        return Flow(flow.node, None)
    act = options.act
    row = KINDS["linear"]

    def rule() -> Fitted:
        assert shape is not None
        return row.fit(row.options(out_features=options.hidden, bias=options.bias), shape)

    def gate_rule() -> Fitted:
        assert gate.shape is not None
        try:
            found = fit_activation(act, gate.shape)
        except Misfit as misfit:
            raise Misfit(f"{act.info.name}: {misfit}", "act") from None
        if found.shape != gate.shape:
            raise Misfit(f"{act.info.name} makes {found.shape} of {gate.shape}: a gate keeps the shape", "act")
        return found

    def linear(part: str) -> Flow:
        fitted = planner.fit(layer.given, "gated", rule) if shape is not None else None
        return planner.place_node(f"{name}.{part}", "linear", (flow.node,), fitted, layer.place)

    gate = linear("gate")
    fitted = planner.fit(layer.given, "gated", gate_rule) if gate.shape is not None else None
    opened = planner.place_activation(f"{name}.act", act, gate.node, fitted, layer.place)
    up = linear("up")
    return _merged(planner, layer, f"{name}.mul", "mul", [opened, up], None)


def _use(planner: Planner, layer: LayerSpec, name: str, flow: Flow, frame: Frame) -> Flow:
    place = layer.place
    with planner.called(f"in {layer.block}, called on line {place.line}"):
        return planner.run(layer.lists[0], f"{name}.", flow, None, sized=True)


def _broken(planner: Planner, layer: LayerSpec, name: str, flow: Flow, frame: Frame) -> Flow:
    planner.place_node(name, "broken", (flow.node,), None, layer.place)
    return Flow(name, flow.shape if layer.keeps_shape else None)


HANDLERS: Final[dict[str, Handler]] = {
    "repeat": _repeat,
    "residual": _residual,
    "branches": _branches,
    "gated": _gated,
    "add": _join,
    "mul": _join,
    "concat": _join,
    "use": _use,
    "broken": _broken,
}
"""How each kind that is not one node of its own becomes nodes."""
