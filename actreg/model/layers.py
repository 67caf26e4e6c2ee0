"""The ``layers`` of a spec: located values to `LayerSpec`s.

Requirements:

- A layer is a bare name or one key; beside that key stand site keys only, and ``with`` beside ``use``. Names of layers
  are reserved; every other name is an activation's.
- A layer with a mistake becomes a broken one, so that the rest is still checked.
- A layer that follows ``$in`` becomes a late one, and is read when shapes are known; what it holds waits by itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from actreg.contracts.activation import Activation
from actreg.contracts.config import Config
from actreg.errors import UnknownNameError, did_you_mean, suggest
from actreg.model.blocks import Call, Library, bound
from actreg.model.containers import BESIDE, CONTAINERS, WORDS, Container
from actreg.model.kinds import KINDS
from actreg.model.layerspec import KEEPING, Late, LayerSpec, broken, counted
from actreg.model.places import Place
from actreg.model.site import NO_SITE, SITE_KEYS, Site, read_site
from actreg.model.validate import Options, made, one_key, options_of
from actreg.model.values import (
    BrokenValue,
    Entry,
    LateValue,
    ListValue,
    MapValue,
    ScalarValue,
    Value,
    is_broken,
    kind_of,
)
from actreg.model.variables import Scope

Layers = tuple[LayerSpec, ...]

_REPORTED: Final = ((), ())
"""Stands for layers, branches or an activation with a mistake, so that the other options are checked."""


class LayerReader:
    """Reads layers within one scope. own: the size of what enters the layer to be read, where it is known."""

    def __init__(self, scope: Scope, library: Library, own: Value | None = None) -> None:
        self.scope = scope
        self.problems = scope.problems
        self.library = library
        self.lookups = library.lookups
        self.own = own

    def layers(self, value: Value, what: str) -> Layers | None:
        """A list of layers; None where there is none, which was reported. `what` names it in messages."""
        value = self.scope.resolve(value)
        if isinstance(value, ListValue) and value.items:
            return tuple(self.layer(item) for item in value.items)
        if not isinstance(value, BrokenValue):
            given = "an empty one" if isinstance(value, ListValue) else kind_of(value)
            self.problems.add(value.place, f"{what} is a list of layers, not {given}")
        return None

    def layer(self, value: Value) -> LayerSpec:
        """One layer."""
        self.library.count(value.place, self.problems)
        value = self.scope.resolve(value)
        if isinstance(value, ScalarValue) and isinstance(value.value, str):
            return self._of_kind(Entry(value.value, value.place, ScalarValue(value.place, None)), NO_SITE)
        if isinstance(value, MapValue):
            entry = self._kind_entry(value)
            site = read_site(value, self.scope)
            return self._of_kind(entry, site, value.find("with")) if entry else broken(value.place, site)
        if not isinstance(value, BrokenValue):
            self.problems.add(value.place, f"a layer is a name or one key with its options, not {kind_of(value)}")
        return broken(value.place, NO_SITE)

    def _kind_entry(self, value: MapValue) -> Entry | None:
        """The one key that says what the layer is; others beside it are reported."""
        entries = [entry for entry in value.entries if entry.name not in SITE_KEYS]
        if not entries:
            if not any(is_broken(entry.value) for entry in value.entries):
                self.problems.add(value.place, "a layer without a kind: one key says what it is, like linear: 10")
            return None
        if len(entries) == 1 and entries[0].name not in BESIDE:
            return entries[0]
        known = [entry for entry in entries if self._is_kind(entry.name)]
        kind = known[0] if known else entries[0]
        for other in entries:
            if other is not kind and not (kind.name == "use" and other.name in BESIDE):
                self._report_beside(kind, other)
        return kind

    def _is_kind(self, name: str) -> bool:
        return name in KINDS or name in WORDS or self.lookups.known(name)

    def _report_beside(self, kind: Entry, other: Entry) -> None:
        keys = (*SITE_KEYS, *(BESIDE if kind.name == "use" else ()))
        options = self._option_names(kind.name)
        if self._is_kind(other.name):
            message = f"two kinds in one layer, {kind.name} and {other.name}: make them two items of the list"
        elif other.name in options:
            message = f"{other.name} is an option of {kind.name}: put it below, {kind.name}: {{{other.name}: …}}"
        elif other.name in BESIDE:
            message = f"{other.name} stands beside use alone: it is {BESIDE[other.name].partition(',')[0]}"
        elif (near := suggest(other.name, options)) and not suggest(other.name, keys):
            message = f"unknown key {other.name!r}: options of {kind.name} stand below it{did_you_mean(near)}"
        else:
            known = f"{', '.join(keys)} may stand beside {kind.name}"
            message = f"unknown key {other.name!r} ({known}){did_you_mean(suggest(other.name, keys))}"
        self.problems.add(other.place, message)

    def _option_names(self, kind: str) -> tuple[str, ...]:
        if kind in KINDS:
            return tuple(KINDS[kind].options.model_fields)
        if kind in CONTAINERS:
            return CONTAINERS[kind].names
        found = self.lookups.find(kind) if kind not in WORDS else None
        return tuple(found.model_fields) if isinstance(found, type) else ()

    def _of_kind(self, entry: Entry, site: Site, beside: Entry | None = None) -> LayerSpec:
        name = entry.name
        if site.inplace and (name in KINDS or name in CONTAINERS or name == "use"):
            place = site.inplace_place or entry.place
            self.problems.add(place, f"inplace is for activations: {name} writes a new output")
        if name in KINDS:
            return self._plain_layer(entry, site)
        if name in CONTAINERS:
            return self._container(CONTAINERS[name], entry, site)
        if name == "use":
            return self._use(entry, beside, site)
        if name == "act":
            inner = one_key(entry.value, self.scope, "act", "relu or {gelu: {approximate: tanh}}")
            return self._activation(inner, site, "activation") if inner else broken(entry.place, site)
        return self._activation(entry, site, "layer")

    def _plain_layer(self, entry: Entry, site: Site) -> LayerSpec:
        kind = KINDS[entry.name]
        given = options_of(entry.value, entry.place, kind.main, self.scope, kind.name)
        if given is not None and given.late:
            return self._late(entry, site)
        layer = made(lambda: kind.options(**given.data), given, kind.name, self.problems) if given else None
        if given is None or layer is None:
            return broken(entry.place, site, keeps_shape=kind.keeps_shape)
        return LayerSpec(kind.name, layer, given, site)

    # Activations.

    def _activation(self, entry: Entry, site: Site, what: str) -> LayerSpec:
        found = self.lookups.find(entry.name)
        if not isinstance(found, type):
            self.problems.add(entry.place, self._why_not(entry.name, found, what))
            return broken(entry.place, site)
        given = options_of(entry.value, entry.place, found.info.main, self.scope, entry.name)
        if given is not None and given.late:
            return self._late(entry, site)
        act = self._instance(entry.name, given) if given else None
        if given is None or act is None:
            return broken(entry.place, site, keeps_shape=found.kind in KEEPING)
        return LayerSpec("activation", act, given, site)

    def _instance(self, name: str, given: Options) -> Activation | None:
        return made(lambda: self.lookups.get(name, given.data), given, name, self.problems)

    def _why_not(self, name: str, error: Exception, what: str) -> str:
        if not isinstance(error, UnknownNameError) or "@" in name or ":" in name:
            return str(error)
        if what != "layer":
            return f"unknown {what} {name!r}{did_you_mean(error.suggestions)}"
        if name in self.library.blocks:
            return f"unknown layer {name!r}: a block is called with use: {name}"
        return f"unknown layer {name!r}{did_you_mean(suggest(name, [*KINDS, *WORDS, *self.lookups.names()]))}"

    # Layers that hold layers.

    def _container(self, container: Container, entry: Entry, site: Site) -> LayerSpec:
        value = self._as_map(container, entry)
        if value is None:
            return broken(entry.place, site, keeps_shape=container.name == "residual")
        rest = MapValue.make(value.place, tuple(e for e in value.entries if not self._apart(container, e)))
        given = options_of(rest, entry.place, None, self.scope, container.name)
        if given is not None and given.late:
            return self._late(entry, site)
        apart = {e.name: self._held(container, e) for e in value.entries if self._apart(container, e)}
        if any(isinstance(part, LayerSpec) for part in apart.values()):
            return self._late(entry, site)
        lists = _lists(container, apart)
        options = self._options(container, given, apart) if given else None
        if options is None and not lists:
            return broken(entry.place, site, keeps_shape=container.name == "residual")
        values = {e.name: e.value for e in value.entries}
        given = replace(given or Options(entry.place, {}), values=values)
        return counted(LayerSpec(container.name, options, given, site, lists), *_own_nodes(container.name, options))

    def _options(self, container: Container, given: Options, apart: dict[str, Any]) -> Config | None:
        held = {name: _REPORTED if part is None else part for name, part in apart.items()}
        options = made(lambda: container.options(**given.data, **held), given, container.name, self.problems)
        return None if None in apart.values() else options

    def _as_map(self, container: Container, entry: Entry) -> MapValue | None:
        value = self.scope.resolve(entry.value)
        if isinstance(value, MapValue):
            return value
        if isinstance(value, BrokenValue):
            return None
        if container.main is not None and not (isinstance(value, ScalarValue) and value.value is None):
            return MapValue.make(value.place, (Entry(container.main, value.place, value),))
        if container.main is None:
            self.problems.add(value.place, f"{container.name} takes {container.example}, not {kind_of(value)}")
            return None
        return MapValue.make(value.place, ())

    @staticmethod
    def _apart(container: Container, entry: Entry) -> bool:
        return entry.name in container.lists or entry.name in container.branches or entry.name in container.activations

    def _held(self, container: Container, option: Entry) -> Any:
        """Layers, branches or an activation; None where a mistake was reported, a late layer where it must wait."""
        what = container.name if option.name == container.main else f"{container.name}: {option.name}"
        inside = LayerReader(self.scope.nested(LateValue(option.place)), self.library)
        if option.name in container.lists:
            return inside.layers(option.value, what)
        if option.name in container.branches:
            return inside.branches(option.value, what)
        inner = one_key(option.value, self.scope, what, "relu or {gelu: {approximate: tanh}}")
        layer = self._activation(inner, NO_SITE, "activation") if inner else None
        if layer is None or layer.kind == "late":
            return layer
        return layer.options

    def branches(self, value: Value, what: str) -> tuple[Layers, ...] | None:
        """A list of two lists of layers or more, of which any may be empty."""
        value = self.scope.resolve(value)
        if isinstance(value, ListValue) and len(value.items) > 1:
            found = []
            for item in map(self.scope.resolve, value.items):
                empty = isinstance(item, ListValue) and not item.items
                found.append(() if empty else self.layers(item, f"{what}: a branch"))
            return tuple(found) if None not in found else None  # type: ignore[arg-type]
        if not isinstance(value, BrokenValue):
            given = f"{len(value.items)}" if isinstance(value, ListValue) else kind_of(value)
            self.problems.add(value.place, f"{what} is a list of two branches or more, [[…], […]], not {given}")
        return None

    # Calls of blocks, and what waits for shapes.

    def _use(self, entry: Entry, given: Entry | None, site: Site) -> LayerSpec:
        call = bound(self.library, self.scope, self.own, entry, given)
        if call is None:
            return broken(entry.place, site)
        if call.late:
            return self._late(entry, site, given)
        layers = read_body(call)
        if not layers:
            return broken(entry.place, site)
        layer = LayerSpec("use", None, Options(entry.place, {}), site, (layers,), block=call.block.name)
        return counted(layer, own=0)

    def _late(self, entry: Entry, site: Site, beside: Entry | None = None) -> LayerSpec:
        def read(size: int | None, own: int | None) -> LayerSpec:
            scope = self.scope.nested(_sized(entry.place, size))
            return LayerReader(scope, self.library, _sized(entry.place, own))._of_kind(entry, site, beside)

        return LayerSpec("late", None, Options(entry.place, {}), site, late=Late(read))


def read_body(call: Call) -> Layers:
    """The layers of a block with the parameters of a call; none where they are no list, which was reported."""
    layers = call.known()
    if layers is None:
        layers = LayerReader(*call.inside()).layers(call.block.layers, f"{call.block.name}: layers") or ()
        call.keep(layers)
    return layers


def _sized(place: Place, size: int | None) -> Value:
    return BrokenValue(place) if size is None else ScalarValue(place, size)


def _lists(container: Container, data: dict[str, Any]) -> tuple[Layers, ...]:
    """The lists of layers of a container, in the order of its table."""
    lists = [data[name] for name in container.lists if data.get(name)]
    return (*lists, *(held for name in container.branches for held in data.get(name) or ()))


def _own_nodes(name: str, options: Config | None) -> tuple[int, int]:
    """How many nodes a container makes beside those of its lists, and how often it runs these."""
    if name == "repeat":
        return 0, getattr(options, "times", 1)
    return (4 if name == "gated" else 1), 1
