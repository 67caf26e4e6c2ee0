"""Names of nodes: dotted paths that stay when something is inserted elsewhere.

Requirements:

- ``linear_1``: kind and ordinal among that kind within the scope; ``as`` replaces it, and still counts, so that naming
  one layer renames no other.
- ``residual_1.linear_1``, ``repeat_1.2.linear_1``: containers are scopes; repetitions count from 1.
- A name given by ``as`` is unique in its scope and is never another layer's automatic name.
"""

from __future__ import annotations

from collections.abc import Sequence

from actreg.model.layerspec import LayerSpec
from actreg.model.places import Problems


class Names:
    """The names of one scope, which begin with `prefix`."""

    def __init__(self, prefix: str, layers: Sequence[LayerSpec], problems: Problems) -> None:
        self.prefix = prefix
        self.problems = problems
        self.counts: dict[str, int] = {}
        self.given: dict[str, LayerSpec] = {}
        for layer in layers:
            if layer.name is not None:
                self._give(layer.name, layer)

    def name(self, layer: LayerSpec, base: str) -> str:
        """The name of a layer, whose automatic name begins with `base`; asked for in the order of the spec."""
        self.counts[base] = self.counts.get(base, 0) + 1
        if layer.name is not None:
            return self.prefix + layer.name
        automatic = f"{base}_{self.counts[base]}"
        taken = self.given.get(automatic)
        if taken is not None:
            message = f"as: {automatic!r} is the automatic name of the layer on line {layer.place.line}: choose another"
            self.problems.add(taken.name_place, message)
        return self.prefix + automatic

    def _give(self, name: str, layer: LayerSpec) -> None:
        first = self.given.setdefault(name, layer)
        if first is not layer:
            place = first.name_place
            message = f"as: the name {name!r} is taken, on line {place.line}, column {place.column}"
            self.problems.add(layer.name_place, message)
