"""Blocks: named lists of layers with parameters, and the calls of them.

Requirements:

- A block sees its parameters, the variables of the spec and the other blocks; of the layers around a call it sees none.
- A parameter's default may use ``$in``, the size of what enters the block, the variables, and the parameters before it.
- A block that calls itself, however far around, is refused where the ring closes.
- A body is read once for each set of parameters, and what bodies expand to is bounded: calls that double at every
  level cost milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from actreg.errors import did_you_mean, listed, suggest
from actreg.model.catalogue import Lookups
from actreg.model.limits import MAX_EXPANDED
from actreg.model.places import Place, Problems, TooManyError
from actreg.model.validate import unknown_key
from actreg.model.values import BrokenValue, Entry, LateValue, ListValue, MapValue, ScalarValue, Value, is_late, kind_of
from actreg.model.variables import Scope, named_entries

if TYPE_CHECKING:
    from actreg.model.layerspec import LayerSpec

KEYS: Final = ("params", "blocks", "layers", "include")
"""The keys of a block."""

INCLUDED: Final = "include"
"""The key that a block keeps which came from a file."""


@dataclass(frozen=True, eq=False)
class Block:
    """A block as it is defined.

    parameters: with their defaults, which are nothing where they must be given. scope, blocks: what its body sees
    beside them. own: the blocks that it defines for itself, which see its parameters.
    """

    name: str
    place: Place
    parameters: tuple[Entry, ...]
    layers: Value
    scope: Scope
    blocks: Mapping[str, Block]
    own: Value | None = None


@dataclass
class _Expanded:
    """What bodies have been read so far, in a whole spec; the blocks that there are, and those that were called."""

    layers: int = 0
    bodies: dict[tuple[object, ...], tuple[LayerSpec, ...]] = field(default_factory=dict)
    defined: list[Block] = field(default_factory=list)
    called: set[Block] = field(default_factory=set)


@dataclass(frozen=True)
class Library:
    """What the names in a list of layers may mean. stack: the blocks whose bodies are being read around it."""

    lookups: Lookups
    blocks: Mapping[str, Block] = field(default_factory=dict)
    stack: tuple[Block, ...] = ()
    expanded: _Expanded = field(default_factory=_Expanded)

    def count(self, place: Place, problems: Problems) -> None:
        """Counts a layer; TooManyError where bodies of blocks hold more than the bound."""
        if self.stack:
            self.expanded.layers += 1
            if self.expanded.layers > MAX_EXPANDED:
                problems.add(place, f"calls of blocks expand to more than {MAX_EXPANDED} different layers")
                raise TooManyError

    def define(self, section: Value | None, scope: Scope) -> Library:
        """The library with the ``blocks`` of a section over what it had; mistakes in definitions are reported."""
        blocks = dict(self.blocks)
        for entry in named_entries(scope.resolve(section), scope.problems, "blocks", "block") if section else ():
            block = _block(entry, scope, blocks)
            blocks[entry.name] = block or Block(entry.name, entry.place, (), BrokenValue(entry.place), scope, blocks)
            self.expanded.defined.append(blocks[entry.name])
        return replace(self, blocks=blocks)

    def uncalled(self) -> Iterator[Block]:
        """The blocks that no call has reached, more of them while bodies are read."""
        return (block for block in self.expanded.defined if block not in self.expanded.called)


@dataclass(frozen=True)
class Call:
    """A block with its parameters; late: one of them follows a size that is not known yet."""

    block: Block
    parameters: Mapping[str, Value]
    caller: Library
    late: bool = False

    def known(self) -> tuple[LayerSpec, ...] | None:
        """The body, where it was read before with the same parameters."""
        return self.caller.expanded.bodies.get(self._key())

    def keep(self, layers: tuple[LayerSpec, ...]) -> None:
        """Keeps the body for the next call."""
        self.caller.expanded.bodies[self._key()] = layers

    def inside(self) -> tuple[Scope, Library]:
        """What names mean in the body."""
        block = self.block
        scope = block.scope.nested(None, self.parameters)
        library = replace(self.caller, blocks=block.blocks, stack=(*self.caller.stack, block))
        library = library.define(block.own, scope)
        return scope.nested(LateValue(block.place)), library

    def _key(self) -> tuple[object, ...]:
        return (self.block, *self.parameters.items())


def _block(entry: Entry, scope: Scope, blocks: Mapping[str, Block]) -> Block | None:
    value = scope.resolve(entry.value)
    if isinstance(value, ListValue):
        return Block(entry.name, entry.place, (), value, scope, blocks)
    if not isinstance(value, MapValue):
        if not isinstance(value, BrokenValue):
            problem = f"the block {entry.name} is {{params: …, layers: […]}}, or a list of layers, not {kind_of(value)}"
            scope.problems.add(value.place, problem)
        return None
    if value.find(INCLUDED) is not None:
        # What came from a file is put in already, and sees nothing of what is around it here.
        scope, blocks = scope.closed(), {}
    for other in value.entries:
        if other.name not in KEYS:
            scope.problems.add(other.place, unknown_key(other.name, f"a block has {', '.join(KEYS)}", KEYS))
    layers, params = value.find("layers"), value.find("params")
    if layers is None:
        if not any("layers" in suggest(other.name, KEYS) for other in value.entries):
            scope.problems.add(entry.place, f"the block {entry.name} has no layers")
        return None
    entries = named_entries(params.value if params else None, scope.problems, "params", "parameter")
    own = value.find("blocks")
    return Block(entry.name, entry.place, tuple(entries), layers.value, scope, blocks, own.value if own else None)


def bound(library: Library, scope: Scope, own: Value | None, use: Entry, given: Entry | None) -> Call | None:
    """The call that ``use:`` and ``with:`` make; None where it was reported. own: what ``$in`` is in defaults."""
    block = _called(library, scope, use)
    values = _given(scope, given)
    if block is None or values is None:
        return None
    if isinstance(block.layers, BrokenValue) or not _check_names(block, values, use, scope.problems):
        return None
    library.expanded.called.add(block)
    if any(is_late(entry.value) for entry in values):
        return Call(block, {}, library, late=True)
    parameters = {entry.name: entry.value for entry in values}
    inner = block.scope.nested(own or LateValue(use.place))
    bound_values: dict[str, Value] = {}
    for default in block.parameters:
        value = parameters.get(default.name)
        bound_values[default.name] = inner.variables[default.name] = (
            inner.deep(default.value) if value is None else value
        )
    return Call(block, bound_values, library, any(is_late(value) for value in bound_values.values()))


def unbound(library: Library, block: Block) -> Call:
    """A call for a block that none reaches: parameters that must be given, and sizes, are unknown."""
    library.expanded.called.add(block)
    inner = block.scope.nested(BrokenValue(block.place))
    for entry in block.parameters:
        inner.variables[entry.name] = BrokenValue(entry.place) if _required(entry) else inner.deep(entry.value)
    return Call(block, {entry.name: inner.variables[entry.name] for entry in block.parameters}, library)


def _called(library: Library, scope: Scope, use: Entry) -> Block | None:
    value = scope.resolve(use.value)
    if isinstance(value, BrokenValue):
        return None
    if not isinstance(value, ScalarValue) or not isinstance(value.value, str):
        scope.problems.add(value.place, f"use: the name of a block, not {kind_of(value)}")
        return None
    block = library.blocks.get(value.value)
    if block is None:
        known = f" (there are {listed(library.blocks)})" if library.blocks else " (the spec has no blocks)"
        hint = did_you_mean(suggest(value.value, library.blocks))
        scope.problems.add(value.place, f"unknown block {value.value!r}{known}{hint}")
        return None
    if block in library.stack:
        ring = [*library.stack[library.stack.index(block) :], block]
        scope.problems.add(value.place, f"a block cannot call itself: {' → '.join(item.name for item in ring)}")
        return None
    return block


def _given(scope: Scope, given: Entry | None) -> Sequence[Entry] | None:
    if given is None:
        return ()
    value = scope.deep(given.value)
    if isinstance(value, MapValue):
        return value.entries
    if isinstance(value, ScalarValue) and value.value is None:
        return ()
    if not isinstance(value, BrokenValue):
        scope.problems.add(value.place, f"with: a mapping of parameters to values, not {kind_of(value)}")
    return None


def _check_names(block: Block, values: Sequence[Entry], use: Entry, problems: Problems) -> bool:
    names = [entry.name for entry in block.parameters]
    known = f"parameters: {', '.join(names)}" if names else "it has none"
    meant: set[str] = set()
    fine = True
    for entry in values:
        if entry.name not in names:
            near = suggest(entry.name, names)
            meant.update(near)
            fine = False
            problems.add(entry.place, f"{block.name}: unknown parameter {entry.name!r} ({known}){did_you_mean(near)}")
    given = {entry.name for entry in values}
    for entry in block.parameters:
        if entry.name not in given and entry.name not in meant and _required(entry):
            fine = False
            call = f"{{use: {block.name}, with: {{{entry.name}: …}}}}"
            problems.add(use.value.place, f"{block.name}: the parameter {entry.name} is missing: {call}")
    return fine


def _required(entry: Entry) -> bool:
    return isinstance(entry.value, ScalarValue) and entry.value.value is None and entry.value.plain
