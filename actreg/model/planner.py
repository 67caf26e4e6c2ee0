"""Walking the layers of a spec, and making nodes of them: what every kind of layer needs.

Requirements:

- Kinds that are made of others bring a handler each (`actreg.model.composites`); everything else is one node.
- A layer reads what the layer before it made, or what its ``from`` names.
- Bounds are kept while nodes are made: a late layer may make more than was counted before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from actreg.contracts.activation import Activation
from actreg.contracts.plan import INPUT, Node, ParamSpec
from actreg.model.frames import Flow, Frame, Planned, feature_size
from actreg.model.inplace import Readers, why_not_inplace
from actreg.model.kinds import KINDS, Fitted, Misfit, Shape
from actreg.model.layerspec import KEEPING, LayerSpec
from actreg.model.limits import MAX_ELEMENTS, MAX_NODES, MAX_PARAMETERS
from actreg.model.naming import Names
from actreg.model.places import Place, Problems, TooManyError
from actreg.model.sharing import share
from actreg.model.sizing import fit_activation
from actreg.model.validate import Options, made

Handler = Callable[["Planner", LayerSpec, str, Flow, Frame], Flow]
"""(planner, layer, its name, what enters it, its list) -> what leaves it."""


@dataclass(frozen=True)
class _Overwriting:
    """A node whose layer asks for working in place."""

    node: str
    layer: LayerSpec
    act: Activation


class Planner:
    """Makes the nodes of a plan.

    nodes: by name, in the order in which they run. ids: the input holds token ids. owners: the nodes with parameters of
    layers that others share with, by the layer's name and their path in it.
    """

    def __init__(self, problems: Problems, handlers: Mapping[str, Handler], *, ids: bool = False) -> None:
        self.problems = problems
        self.ids = ids
        self.nodes: dict[str, Node] = {}
        self.order: list[str] = []
        self.owners: dict[str, dict[str, Node]] = {}
        self._handlers = handlers
        self._places: dict[str, Place] = {}
        self._overwriting: list[_Overwriting] = []
        self._misfits: set[Place] = set()
        self._elements = 0
        self._sharing = 0
        self._rerouted = False

    def run(self, layers: Sequence[LayerSpec], prefix: str, flow: Flow, outer: Frame | None, *, sized: bool) -> Flow:
        """Adds the nodes of a list of layers, whose names begin with `prefix`; what leaves it."""
        frame = Frame(Names(prefix, layers, self.problems), flow, outer, sized)
        for layer in layers:
            frame.current = layer
            flow = self._layer(layer, flow, frame)
        return flow

    def _layer(self, layer: LayerSpec, flow: Flow, frame: Frame) -> Flow:
        site = layer.site
        if site.source is not None:
            flow = frame.source(site.source, "from", self.problems)
            self._rerouted = True
        if layer.late is not None:
            own = feature_size(flow.shape)
            layer = layer.late(frame.size(own), own)
        name = frame.names.name(layer, _base(layer))
        start = len(self.order)
        handler = self._handlers.get(layer.kind, _node)
        self._sharing += site.share is not None
        flow = handler(self, layer, name, flow, frame)
        flow = Flow(flow.node, self._bounded(layer, flow.shape))
        if site.share is not None:
            self._sharing -= 1
        planned = Planned(name, layer, flow, start, len(self.order))
        if site.share is not None:
            share(self, planned, frame)
        if layer.name is not None:
            frame.done.setdefault(layer.name, planned)
        return flow

    # What handlers use.

    def add(self, node: Node, place: Place) -> None:
        """Adds a node; TooManyError beyond the bound."""
        if len(self.nodes) >= MAX_NODES:
            self.problems.add(place, f"the network has more than {MAX_NODES} nodes here")
            raise TooManyError
        self.nodes[node.name] = node
        self.order.append(node.name)
        self._places[node.name] = place

    def place_node(self, name: str, kind: str, inputs: tuple[str, ...], fitted: Fitted | None, place: Place) -> Flow:
        """Adds a node of a kind that is no activation, of unknown shape where it does not fit."""
        if fitted is None:
            self.add(Node(name, kind, inputs, ()), place)
            return Flow(name, None)
        self.add(Node(name, kind, inputs, fitted.shape, dict(fitted.options), fitted.parameters), place)
        return Flow(name, fitted.shape)

    def place_activation(self, name: str, act: Activation, source: str, fitted: Fitted | None, place: Place) -> Flow:
        """Adds a node of an activation, an instance of its own."""
        shape = fitted.shape if fitted is not None else None
        parameters = fitted.parameters if fitted is not None else ()
        self.add(Node(name, "activation", (source,), shape or (), {}, parameters, act.model_copy()), place)
        return Flow(name, shape)

    def fit(self, given: Options, subject: str, rule: Callable[[], Fitted]) -> Fitted | None:
        """What a rule gives for known shapes, or None where it does not fit, which was reported."""

        def fitted() -> Fitted | None:
            try:
                return rule()
            except Misfit as misfit:
                self.misfit(given.place_of(misfit.option), f"{subject}: {misfit}")
                return None

        found = made(fitted, given, subject, self.problems)
        return found if found is not None and self._affordable(given.place, found.parameters) else None

    def readable(self, layer: LayerSpec, flow: Flow) -> bool:
        """Whether a layer and what enters it agree on token ids; reported where they do not."""
        ids, wanted = self.ids and flow.node == INPUT, layer.kind == "embedding"
        if ids and not wanted:
            self.misfit(layer.place, "the input holds token ids (input: dtype: int64): an embedding reads them")
        elif wanted and not ids:
            self.misfit(layer.place, "embedding reads token ids: give the input as {shape: […], dtype: int64}")
        return ids == wanted

    def misfit(self, place: Place, message: str) -> None:
        """Reports shapes that do not fit, once for each place: the next repetition or call would say the same."""
        if place not in self._misfits:
            self._misfits.add(place)
            self.problems.add(place, message)

    def said(self, place: Place) -> bool:
        """Whether a misfit was reported at a place."""
        return place in self._misfits

    @contextmanager
    def called(self, note: str) -> Iterator[None]:
        """While a block's body is planned, messages end with where it was called."""
        before, self.problems.note = self.problems.note, self.problems.note or note
        try:
            yield
        finally:
            self.problems.note = before

    # What holds for the whole network.

    def finish(self, end: Flow) -> None:
        """Checks what only the whole graph shows: what may be overwritten, and outputs that nothing reads."""
        readers = Readers(self.nodes, end.node)
        for asked in self._overwriting:
            site, node = asked.layer.site, self.nodes[asked.node]
            place = site.inplace_place or asked.layer.place
            if self.said(place):
                continue

            def why(act: Activation = asked.act, node: Node = node) -> str:
                return why_not_inplace(act, node, readers) or ""

            reason = made(why, asked.layer.given, asked.act.info.name, self.problems)
            if reason:
                self.misfit(place, reason)
            elif reason == "":
                self.nodes[asked.node] = replace(node, inplace=True)
        if self._rerouted and not self.problems:
            for name in readers.unread():
                self.misfit(
                    self._places[name], f"nothing reads the output of {name}: a later layer's from passes over it"
                )

    def overwrites(self, name: str, layer: LayerSpec, act: Activation) -> None:
        """A node wants to work in place."""
        self._overwriting.append(_Overwriting(name, layer, act))

    def _affordable(self, place: Place, parameters: Sequence[ParamSpec]) -> bool:
        before = self._elements
        for spec in parameters:
            size = math.prod(spec.shape)
            self._elements += size if not self._sharing else 0
            if size > MAX_ELEMENTS:
                self.problems.add(place, f"its {spec.name} of shape {spec.shape} has more than {MAX_ELEMENTS} elements")
                return False
        if before <= MAX_PARAMETERS < self._elements:
            self.problems.add(place, f"the network has more than {MAX_PARAMETERS} parameters here")
        return self._elements <= MAX_PARAMETERS

    def _bounded(self, layer: LayerSpec, shape: Shape | None) -> Shape | None:
        if shape is None or math.prod(shape) <= MAX_ELEMENTS:
            return shape
        self.misfit(layer.place, f"its output of shape {shape} has more than {MAX_ELEMENTS} elements a sample")
        return None


def _base(layer: LayerSpec) -> str:
    """What an automatic name begins with."""
    if isinstance(layer.options, Activation):
        return layer.options.info.name
    return layer.block or layer.kind


def _node(planner: Planner, layer: LayerSpec, name: str, flow: Flow, frame: Frame) -> Flow:
    """A layer that is one node."""
    shape, options = flow.shape, layer.options
    if isinstance(options, Activation):
        act = options
        fitted = None
        if shape is not None and planner.readable(layer, flow):
            fitted = planner.fit(layer.given, act.info.name, lambda: fit_activation(act, shape))
        if layer.site.inplace:
            planner.overwrites(name, layer, act)
        placed = planner.place_activation(name, act, flow.node, fitted, layer.place)
        # What keeps shapes keeps them with a mistake too, so that what follows is still checked.
        return Flow(name, shape) if act.kind in KEEPING else placed
    fitted = None
    if shape is not None and planner.readable(layer, flow):
        fitted = planner.fit(layer.given, layer.kind, lambda: KINDS[layer.kind].fit(options, shape))
    return planner.place_node(name, layer.kind, (flow.node,), fitted, layer.place)
