"""One layer of a spec as it was read: options checked, shapes not yet known.

Requirements:

- Read once, however often a repeat or a block's calls run it; what follows ``$in`` is read again for each size of it.
- Knows how many nodes it will make, so that a network that is too large is refused before it is planned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from actreg.contracts.config import Config
from actreg.model.places import Place
from actreg.model.site import Site
from actreg.model.validate import Options

KEEPING: Final = ("elementwise", "axiswise")
"""Kinds of activations that keep shapes, whatever their options."""

Reread = Callable[["int | None", "int | None"], "LayerSpec"]


class Late:
    """A layer that follows ``$in``.

    size: of ``$in`` where the layer is written. own: of what enters the layer itself, the ``$in`` of a block that it
    calls. None where a mistake before leaves it unknown.
    """

    def __init__(self, read: Reread) -> None:
        self._read = read
        self._known: dict[tuple[int | None, int | None], LayerSpec] = {}

    def __call__(self, size: int | None, own: int | None) -> LayerSpec:
        """The layer for these sizes, read once for each."""
        if (size, own) not in self._known:
            self._known[size, own] = self._read(size, own)
        return self._known[size, own]


@dataclass(frozen=True, eq=False)
class LayerSpec:
    """One layer.

    kind: a row of `actreg.model.kinds.KINDS` or `actreg.model.containers.CONTAINERS`, ``activation``, ``use``,
        ``late``, or ``broken`` where a mistake was reported.
    options: its options; for an activation the instance itself; None where a mistake in them was reported.
    given: the options as they were given, with their places.
    lists: the lists of layers that it holds; of a residual the branch, then the shortcut if any.
    site: what stands beside its kind.
    keeps_shape: of a broken layer: its output has its input's shape.
    block: of a call, the block's name.
    late: of a late layer, how to read it.
    nodes: how many nodes it makes at least.
    """

    kind: str
    options: Config | None
    given: Options = field(repr=False)
    site: Site = field(default_factory=Site)
    lists: tuple[tuple[LayerSpec, ...], ...] = ()
    keeps_shape: bool = False
    block: str = ""
    late: Late | None = field(default=None, repr=False)
    nodes: int = 1

    @property
    def place(self) -> Place:
        """Where its kind's name stands."""
        return self.given.place

    @property
    def name(self) -> str | None:
        """Its name, from ``as``."""
        return self.site.name

    @property
    def name_place(self) -> Place:
        """Where its name stands."""
        return self.site.name_place or self.place


def counted(layer: LayerSpec, own: int = 1, times: int = 1) -> LayerSpec:
    """The layer with its number of nodes: its own beside those that it holds, and these `times` over."""
    inner = sum(item.nodes for held in layer.lists for item in held)
    return replace(layer, nodes=own + times * inner)


def broken(place: Place, site: Site, *, keeps_shape: bool = False) -> LayerSpec:
    """A layer whose mistake was reported."""
    return LayerSpec("broken", None, Options(place, {}), site, keeps_shape=keeps_shape)
