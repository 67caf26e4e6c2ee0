"""A spec to a `Plan`: every layer a node, every shape inferred, every parameter sized.

Requirements:

- No array library: a spec is checked on a machine that has none.
- Nothing large is made before its size is known to be within bounds.
- Where a shape is not known, because of a mistake before, everything else is still checked; one mistake gives one
  message, however often its layer is repeated.
- A fresh activation for each node.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from actreg.contracts.activation import Activation
from actreg.contracts.plan import INPUT, Node, ParamSpec, Plan
from actreg.model.inplace import Kept, maker, why_not_inplace
from actreg.model.kinds import KINDS, Fitted, Misfit, Shape
from actreg.model.limits import MAX_ELEMENTS, MAX_NODES, MAX_PARAMETERS
from actreg.model.naming import Names
from actreg.model.options import Repeat
from actreg.model.places import Place, Problems
from actreg.model.sizing import fit_activation
from actreg.model.spec import LayerSpec, ModelSpec
from actreg.model.validate import made


def plan_of(spec: ModelSpec) -> Plan:
    """The plan of a spec; SpecError where a layer's shapes do not fit."""
    problems = Problems()
    plan = make_plan(spec.input, spec.layers, spec.seed, problems)
    problems.raise_any()
    assert plan is not None
    return plan


def make_plan(shape: Shape | None, layers: Sequence[LayerSpec], seed: int, problems: Problems) -> Plan | None:
    """The plan of layers on an input; None where anything was reported or the shape is not known."""
    crossing = _crossing(layers)
    if crossing is not None:
        problems.add(crossing, f"the network has more than {MAX_NODES} nodes here")
        return None
    planner = _Planner(problems)
    planner.run(layers, "", INPUT, shape)
    if problems or shape is None:
        return None
    return Plan(shape, tuple(planner.nodes.values()), seed)


def _count(layer: LayerSpec) -> int:
    inner = sum(_count(item) for item in layer.layers)
    if layer.kind == "repeat":
        return inner * (layer.options.times if isinstance(layer.options, Repeat) else 1)
    return inner + 1


def _crossing(layers: Sequence[LayerSpec]) -> Place | None:
    """The place of the layer with which the plan would grow beyond its bound."""
    total = 0
    for layer in layers:
        total += _count(layer)
        if total > MAX_NODES:
            return layer.place
    return None


class _Planner:
    """Walks layers and makes nodes; `kept` are the arrays that a skip around the present layer reads later."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.nodes: dict[str, Node] = {}
        self.kept: list[Kept] = []
        self.elements = 0
        self.handlers = {"repeat": self._repeat, "residual": self._residual, "broken": self._broken}

    def run(
        self, layers: Sequence[LayerSpec], prefix: str, source: str, shape: Shape | None
    ) -> tuple[str, Shape | None]:
        """Adds the nodes of layers in sequence; gives the last node's name and its shape where that is known."""
        names = Names(prefix, layers, self.problems)
        for layer in layers:
            base = layer.options.info.name if isinstance(layer.options, Activation) else layer.kind
            name = names.name(layer, base)
            handler = self.handlers.get(layer.kind, self._node)
            source, shape = handler(layer, name, source, shape)
            shape = self._bounded(layer, shape)
        return source, shape

    def _node(self, layer: LayerSpec, name: str, source: str, shape: Shape | None) -> tuple[str, Shape | None]:
        fitted = self._fit(layer, shape) if shape is not None else None
        act = layer.options if isinstance(layer.options, Activation) else None
        inplace = layer.inplace and act is not None and self._may_overwrite(layer, act, source)
        self._add(
            Node(
                name=name,
                kind=layer.kind,
                inputs=(source,),
                shape=fitted.shape if fitted else (),
                options=dict(fitted.options) if fitted else {},
                parameters=fitted.parameters if fitted else (),
                activation=act.model_copy() if act is not None else None,
                inplace=inplace,
            )
        )
        return name, fitted.shape if fitted else None

    def _fit(self, layer: LayerSpec, shape: Shape) -> Fitted | None:
        """The layer on its input, or None where it does not fit, which was reported."""
        act = layer.options if isinstance(layer.options, Activation) else None
        subject = act.info.name if act is not None else layer.kind

        def fit() -> Fitted | None:
            try:
                return fit_activation(act, shape) if act is not None else KINDS[layer.kind].fit(layer.options, shape)
            except Misfit as misfit:
                self.problems.add(layer.given.place_of(misfit.option), f"{subject}: {misfit}")
                return None

        fitted = made(fit, layer.given, subject, self.problems)
        return fitted if fitted is not None and self._affordable(layer, fitted.parameters) else None

    def _affordable(self, layer: LayerSpec, parameters: Sequence[ParamSpec]) -> bool:
        before = self.elements
        for spec in parameters:
            size = math.prod(spec.shape)
            self.elements += size
            if size > MAX_ELEMENTS:
                self.problems.add(
                    layer.place, f"its {spec.name} of shape {spec.shape} has more than {MAX_ELEMENTS} elements"
                )
                return False
        if before <= MAX_PARAMETERS < self.elements:
            self.problems.add(layer.place, f"the network has more than {MAX_PARAMETERS} parameters here")
        return self.elements <= MAX_PARAMETERS

    def _bounded(self, layer: LayerSpec, shape: Shape | None) -> Shape | None:
        if shape is None or math.prod(shape) <= MAX_ELEMENTS:
            return shape
        self.problems.add(layer.place, f"its output of shape {shape} has more than {MAX_ELEMENTS} elements a sample")
        return None

    def _may_overwrite(self, layer: LayerSpec, act: Activation, source: str) -> bool:
        place = layer.inplace_place or layer.place
        reason = made(
            lambda: why_not_inplace(act, source, self.nodes, self.kept) or "", layer.given, act.info.name, self.problems
        )
        if reason:
            self.problems.add(place, reason)
        return reason == ""

    def _repeat(self, layer: LayerSpec, name: str, source: str, shape: Shape | None) -> tuple[str, Shape | None]:
        before = shape
        times = layer.options.times if isinstance(layer.options, Repeat) else 1
        for index in range(1, times + 1):
            source, shape = self.run(layer.layers, f"{name}.{index}.", source, shape)
            if self.problems and shape is None:
                break  # every further repetition would say the same
        if layer.options is None and shape != before:
            return source, None
        return source, shape

    def _residual(self, layer: LayerSpec, name: str, source: str, shape: Shape | None) -> tuple[str, Shape | None]:
        self.kept.append(Kept(maker(source, self.nodes), name))
        branch, after = self.run(layer.layers, f"{name}.", source, shape)
        self.kept.pop()
        if shape is not None and after is not None and shape != after:
            self.problems.add(layer.place, f"residual: its layers make {after} of {shape}: the sum needs equal shapes")
            after = None
        self._add(Node(f"{name}.add", "add", (branch, source), after or (), {}))
        return f"{name}.add", after

    def _broken(self, layer: LayerSpec, name: str, source: str, shape: Shape | None) -> tuple[str, Shape | None]:
        self._add(Node(name, "broken", (source,), ()))
        return name, shape if layer.keeps_shape else None

    def _add(self, node: Node) -> None:
        self.nodes[node.name] = node
