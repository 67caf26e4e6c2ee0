"""The ``layers`` of a spec: located values to `LayerSpec`s.

Requirements:

- A layer is a bare name or one key; beside that key stand site keys only. Names of layers are reserved; every other
  name is an activation's.
- A layer with a mistake becomes a broken one, so that the rest is still checked.
- What a later version will read is refused as that, not as a misspelling.
"""

from __future__ import annotations

from typing import Final

from actreg.contracts.activation import Activation
from actreg.contracts.config import Config
from actreg.errors import UnknownNameError, did_you_mean, suggest
from actreg.model.catalogue import Lookups
from actreg.model.kinds import CONTAINERS, KINDS, LATER
from actreg.model.options import Repeat
from actreg.model.places import Place
from actreg.model.site import SITE_KEYS, Site, read_site
from actreg.model.spec import LayerSpec
from actreg.model.validate import Options, made, one_key, options_of
from actreg.model.values import BrokenValue, Entry, ListValue, MapValue, ScalarValue, Value, is_broken, kind_of
from actreg.model.variables import Scope

KEEPING: Final = ("elementwise", "axiswise")
"""Kinds of activations that keep shapes, whatever their options."""


class LayerReader:
    """Reads layers within one scope of variables."""

    def __init__(self, scope: Scope, lookups: Lookups) -> None:
        self.scope = scope
        self.problems = scope.problems
        self.lookups = lookups

    def layers(self, value: Value, what: str) -> tuple[LayerSpec, ...] | None:
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
        value = self.scope.resolve(value)
        if isinstance(value, ScalarValue) and isinstance(value.value, str):
            return self._of_kind(Entry(value.value, value.place, ScalarValue(value.place, None)), Site())
        if isinstance(value, MapValue):
            entry = self._kind_entry(value)
            site = read_site(value, self.scope)
            return self._of_kind(entry, site) if entry else _broken(value.place, site)
        if not isinstance(value, BrokenValue):
            self.problems.add(value.place, f"a layer is a name or one key with its options, not {kind_of(value)}")
        return _broken(value.place, Site())

    def _kind_entry(self, value: MapValue) -> Entry | None:
        """The one key that says what the layer is; others beside it are reported."""
        entries = [entry for entry in value.entries if entry.name not in SITE_KEYS]
        if not entries:
            if not any(is_broken(entry.value) for entry in value.entries):
                self.problems.add(value.place, "a layer without a kind: one key says what it is, like linear: 10")
            return None
        known = [entry for entry in entries if self._is_kind(entry.name)]
        kind = known[0] if known else entries[0]
        for other in entries:
            if other is not kind:
                self._report_beside(kind, other)
        return kind

    def _is_kind(self, name: str) -> bool:
        return name in KINDS or name in CONTAINERS or name in LATER or self.lookups.known(name)

    def _report_beside(self, kind: Entry, other: Entry) -> None:
        if self._is_kind(other.name):
            message = f"two kinds in one layer, {kind.name} and {other.name}: make them two items of the list"
        elif other.name in _option_names(kind.name, self.lookups):
            message = f"{other.name} is an option of {kind.name}: put it below, {kind.name}: {{{other.name}: …}}"
        else:
            known = f"{', '.join(SITE_KEYS)} may stand beside {kind.name}"
            message = f"unknown key {other.name!r} ({known}){did_you_mean(suggest(other.name, SITE_KEYS))}"
        self.problems.add(other.place, message)

    def _of_kind(self, entry: Entry, site: Site) -> LayerSpec:
        name = entry.name
        if site.inplace and (name in KINDS or name in ("repeat", "residual")):
            place = site.inplace_place or entry.place
            self.problems.add(place, f"inplace is for activations: {name} writes a new output")
        if name in KINDS:
            return self._plain_layer(entry, site)
        if name == "repeat":
            return self._repeat(entry, site)
        if name == "residual":
            return self._residual(entry, site)
        if name == "act":
            inner = one_key(entry.value, self.scope, "act", "relu or {gelu: {approximate: tanh}}")
            return self._activation(inner, site, "activation") if inner else _broken(entry.place, site)
        if name in LATER:
            self.problems.add(entry.place, f"{name} is not supported in this version")
            return _broken(entry.place, site)
        return self._activation(entry, site, "layer")

    def _plain_layer(self, entry: Entry, site: Site) -> LayerSpec:
        kind = KINDS[entry.name]
        given = options_of(entry.value, entry.place, kind.main, self.scope, kind.name)
        layer = made(lambda: kind.options(**given.data), given, kind.name, self.problems) if given else None
        if given is None or layer is None:
            return _broken(entry.place, site, keeps_shape=kind.keeps_shape)
        return _good(kind.name, layer, given, site)

    def _repeat(self, entry: Entry, site: Site) -> LayerSpec:
        value = self.scope.resolve(entry.value)
        if not isinstance(value, MapValue):
            if not isinstance(value, BrokenValue):
                self.problems.add(value.place, f"repeat takes {{times: …, layers: […]}}, not {kind_of(value)}")
            return _broken(entry.place, site)
        layers, rest = self._inner(value, entry, ("times", "layers"))
        given = options_of(rest, entry.place, None, self.scope, "repeat")
        options = made(lambda: Repeat(**given.data), given, "repeat", self.problems) if given else None
        if layers is None:
            return _broken(entry.place, site)
        return _good("repeat", options, given or Options(entry.place, {}), site, layers)

    def _residual(self, entry: Entry, site: Site) -> LayerSpec:
        value = self.scope.resolve(entry.value)
        if isinstance(value, MapValue):
            layers, rest = self._inner(value, entry, ("layers",))
            for other in rest.entries:
                self._unknown_option(entry, other, ("layers",))
        else:
            layers = self.layers(value, "residual")
        if layers is None:
            return _broken(entry.place, site, keeps_shape=True)
        return _good("residual", None, Options(entry.place, {}), site, layers)

    def _inner(
        self, value: MapValue, entry: Entry, options: tuple[str, ...]
    ) -> tuple[tuple[LayerSpec, ...] | None, MapValue]:
        """The layers of a container, or None where that was reported; and its other options."""
        inner = value.find("layers") or next((e for e in value.entries if "layers" in suggest(e.name, options)), None)
        rest = MapValue.make(value.place, tuple(e for e in value.entries if e is not inner))
        if inner is None:
            self.problems.add(entry.place, f"{entry.name}: layers: field required")
            return None, rest
        if inner.name != "layers":
            self._unknown_option(entry, inner, options)
            return None, rest
        return self.layers(inner.value, f"{entry.name}: layers"), rest

    def _unknown_option(self, entry: Entry, other: Entry, options: tuple[str, ...]) -> None:
        hint = did_you_mean(suggest(other.name, options))
        message = f"{entry.name}: {other.name}: unknown option (options: {', '.join(options)}){hint}"
        self.problems.add(other.place, message)

    def _activation(self, entry: Entry, site: Site, what: str) -> LayerSpec:
        found = self.lookups.find(entry.name)
        if not isinstance(found, type):
            self.problems.add(entry.place, self._why_not(entry.name, found, what))
            return _broken(entry.place, site)
        given = options_of(entry.value, entry.place, found.info.main, self.scope, entry.name)
        act = self._instance(entry.name, given) if given else None
        if given is None or act is None:
            return _broken(entry.place, site, keeps_shape=found.kind in KEEPING)
        return _good("activation", act, given, site)

    def _instance(self, name: str, given: Options) -> Activation | None:
        return made(lambda: self.lookups.registry.get({name: given.data}), given, name, self.problems)

    def _why_not(self, name: str, error: Exception, what: str) -> str:
        if not isinstance(error, UnknownNameError) or "@" in name or ":" in name:
            return str(error)
        words = self.lookups.names()
        if what == "layer":
            words = [*KINDS, *CONTAINERS, *words]
        return f"unknown {what} {name!r}{did_you_mean(error.suggestions if what != 'layer' else suggest(name, words))}"


def _option_names(kind: str, lookups: Lookups) -> tuple[str, ...]:
    if kind in KINDS:
        return tuple(KINDS[kind].options.model_fields)
    if kind == "repeat":
        return ("times", "layers")
    found = lookups.find(kind)
    return tuple(found.model_fields) if isinstance(found, type) else ()


def _good(
    kind: str, options: Config | None, given: Options, site: Site, layers: tuple[LayerSpec, ...] = ()
) -> LayerSpec:
    return LayerSpec(kind, options, given, layers, site.name, site.inplace, site.name_place, site.inplace_place)


def _broken(place: Place, site: Site, *, keeps_shape: bool = False) -> LayerSpec:
    return LayerSpec(
        "broken", None, Options(place, {}), name=site.name, name_place=site.name_place, keeps_shape=keeps_shape
    )
