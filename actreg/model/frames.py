"""Lists of layers while they are planned: what enters them, and which names they see.

Requirements:

- ``$in`` is the size of what enters the innermost block, residual or branch; outside of these, of what enters the
  layer itself. A repeat changes nothing of this.
- A name is seen after its layer in the same list, and in the lists inside later layers; a block sees its own alone.
  In a list that gives a name itself, it never means another list's layer.
- ``input`` is what enters the block, and outside of blocks the network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from actreg.contracts.plan import INPUT
from actreg.errors import did_you_mean, listed, suggest
from actreg.model.kinds import Shape
from actreg.model.layerspec import LayerSpec
from actreg.model.naming import Names
from actreg.model.places import Problems
from actreg.model.site import Reference


class Flow(NamedTuple):
    """What goes from layer to layer: a node's output, and its shape where that is known."""

    node: str
    shape: Shape | None


@dataclass(frozen=True)
class Planned:
    """A named layer whose nodes are made. name: of its node, or of the scope of its nodes; these are
    `start` to `end` in the plan's order."""

    name: str
    layer: LayerSpec
    flow: Flow
    start: int
    end: int


@dataclass
class Frame:
    """One list. entering: what enters it. outer: the list around it, none for a block's and the spec's own.
    sized: whether ``$in`` is the size of what enters the list."""

    names: Names
    entering: Flow
    outer: Frame | None
    sized: bool
    done: dict[str, Planned] = field(default_factory=dict)
    current: LayerSpec | None = None

    def size(self, own: int | None) -> int | None:
        """``$in`` for a layer of this list, which is entered by `own`."""
        frame = self
        while not frame.sized:
            if frame.outer is None:
                return own
            frame = frame.outer
        return feature_size(frame.entering.shape)

    def find(self, reference: Reference, what: str, problems: Problems) -> Planned | None:
        """The earlier layer that a name means; None where it was reported. `what` names the key in messages."""
        name = reference.name
        for frame in self._outwards():
            if name in frame.done:
                return frame.done[name]
            if name in frame.names.given:
                problems.add(reference.place, f"{what}: {frame._not_yet(name, self)}")
                return None
        if name:
            known = [each for frame in self._outwards() for each in frame.done]
            there = f" (before it there are {listed(known)})" if known else " (nothing before it has a name)"
            problems.add(reference.place, f"{what}: unknown name {name!r}{there}{did_you_mean(suggest(name, known))}")
        return None

    def source(self, reference: Reference, what: str, problems: Problems) -> Flow:
        """What comes from a name, or from ``input``; of unknown shape where it was reported."""
        if reference.name == INPUT:
            frame = self
            while frame.outer is not None:
                frame = frame.outer
            return frame.entering
        found = self.find(reference, what, problems)
        return found.flow if found is not None else Flow(self.entering.node, None)

    def _outwards(self) -> Iterator[Frame]:
        frame: Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.outer

    def _not_yet(self, name: str, asker: Frame) -> str:
        layer = self.names.given[name]
        if layer is not self.current:
            return f"{name!r} is the layer on line {layer.name_place.line}, which stands after this"
        return f"{name!r} is this layer itself" if self is asker else f"{name!r} is a layer around this, not before it"


def feature_size(shape: Shape | None) -> int | None:
    """The size that ``$in`` is: of images (channels, height, width) the channels, else the last axis."""
    if shape is None:
        return None
    return shape[0] if len(shape) == 3 else shape[-1]
