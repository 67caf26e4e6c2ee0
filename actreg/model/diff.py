"""What differs between two specs, layer by layer.

Requirements:

- Says what was added, removed and changed: options, shapes, parameters, what a layer reads; and the differences of
  variables, input, seed, data and training.
- What only follows from a layer put in before it (another automatic name, another neighbour) is no difference of a
  layer; names that moved are counted, because a weight file's parameters go by them.
- Imports no array library.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from actreg.contracts.plan import INPUT, Node, Plan
from actreg.model.align import Pair, aligned
from actreg.model.plan import plan_of
from actreg.model.spec import ModelSpec
from actreg.model.table import elements, kind_text, total_parameters

ABSENT: Final = "(none)"
"""What stands for an option or a variable that one side lacks."""


@dataclass(frozen=True)
class Difference:
    """One fact that differs: ``out_features``, ``shape``, ``vars.width``; each side as plain data."""

    what: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.what} {_text(self.before)} → {_text(self.after)}"


@dataclass(frozen=True)
class LayerDifference:
    """One layer that was added, removed or changed. before, after: its names. kind: of it where it is, else was."""

    change: Literal["added", "removed", "changed"]
    before: str | None
    after: str | None
    kind: str
    differences: tuple[Difference, ...] = ()

    def __str__(self) -> str:
        if self.change != "changed":
            return f"{'+' if self.change == 'added' else '-'} {self.after or self.before}: {self.kind}"
        name = self.before if self.before == self.after else f"{self.before} → {self.after}"
        return f"~ {name}: {'; '.join(map(str, self.differences))}"


@dataclass(frozen=True)
class SpecDiff:
    """Everything that differs. settings: outside the layers. renamed: layers that are the same under other names."""

    settings: tuple[Difference, ...]
    layers: tuple[LayerDifference, ...]
    renamed: Mapping[str, str] = field(default_factory=dict)
    parameters: tuple[int, int] = (0, 0)

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self.settings and not self.layers and not self.renamed

    def count(self, change: str) -> int:
        """How many layers were ``added``, ``removed`` or ``changed``."""
        return sum(layer.change == change for layer in self.layers)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return {"same": self.same, **asdict(self)}


def compare(before: ModelSpec, after: ModelSpec) -> SpecDiff:
    """What differs between two specs; raises SpecError where one's shapes do not fit."""
    old, new = plan_of(before), plan_of(after)
    pairs = aligned(old.nodes, new.nodes)
    names = {a.name: b.name for a, b in pairs if a is not None and b is not None}
    changed = tuple(_layers(pairs, _Wiring(old, new, names)))
    told = {layer.before for layer in changed}
    renamed = {a: b for a, b in names.items() if a != b and a not in told}
    settings = tuple(_settings(before, after))
    return SpecDiff(settings, changed, renamed, (total_parameters(old), total_parameters(new)))


# Layers.


class _Wiring:
    """What each node reads, in the names of the second plan, where nodes that only one plan has are passed through."""

    def __init__(self, old: Plan, new: Plan, names: Mapping[str, str]) -> None:
        self.names = {**names, INPUT: INPUT}
        kept = set(self.names.values())
        self.old = self._through(old, set(self.names))
        self.new = self._through(new, kept)

    @staticmethod
    def _through(plan: Plan, kept: set[str]) -> dict[str, str]:
        found = {INPUT: INPUT}
        for node in plan.nodes:
            found[node.name] = node.name if node.name in kept else found[node.inputs[0]]
        return found

    def before(self, node: Node) -> tuple[str, ...]:
        """What a node of the first plan reads."""
        return tuple(self.names[self.old[name]] for name in node.inputs)

    def after(self, node: Node) -> tuple[str, ...]:
        """What a node of the second plan reads."""
        return tuple(self.new[name] for name in node.inputs)


def _layers(pairs: Sequence[Pair], wiring: _Wiring) -> Iterator[LayerDifference]:
    for old, new in pairs:
        if old is not None and new is not None:
            found = tuple(_changes(old, new, wiring))
            if found:
                yield LayerDifference("changed", old.name, new.name, kind_text(new), found)
        elif old is not None:
            yield LayerDifference("removed", old.name, None, kind_text(old))
        elif new is not None:
            yield LayerDifference("added", None, new.name, kind_text(new))


def _changes(old: Node, new: Node, wiring: _Wiring) -> Iterator[Difference]:
    if _what(old) != _what(new):
        yield Difference("kind", kind_text(old), kind_text(new))
    else:
        yield from _mappings("", _options(old), _options(new))
    if wiring.before(old) != wiring.after(new):
        yield Difference("reads", wiring.before(old), wiring.after(new))
    for what, before, after in (
        ("shape", old.shape, new.shape),
        ("parameters", elements(old), elements(new)),
        ("shares", wiring.names.get(old.shares, old.shares) or ABSENT, new.shares or ABSENT),
        ("inplace", old.inplace, new.inplace),
    ):
        if before != after:
            yield Difference(what, before, after)


def _what(node: Node) -> str:
    return node.activation.info.name if node.activation is not None else node.kind


def _options(node: Node) -> Mapping[str, Any]:
    return node.activation.model_dump() if node.activation is not None else node.options


# Everything else.


def _settings(before: ModelSpec, after: ModelSpec) -> Iterator[Difference]:
    yield from _mappings("vars.", before.vars, after.vars)
    if before.input != after.input:
        yield Difference("input", before.input, after.input)
    if before.plan.input_dtype != after.plan.input_dtype:
        yield Difference("input.dtype", before.plan.input_dtype or ABSENT, after.plan.input_dtype or ABSENT)
    if before.seed != after.seed:
        yield Difference("seed", before.seed, after.seed)
    for name in ("data", "train"):
        old, new = getattr(before, name), getattr(after, name)
        if (old is None) != (new is None):
            yield Difference(name, ABSENT if old is None else "given", ABSENT if new is None else "given")
        elif old is not None:
            yield from _mappings(f"{name}.", _dump(old), _dump(new))


def _dump(section: Any) -> dict[str, Any]:
    """A section's options; those of one that is a model of its own, as an optimiser, after its class's name."""
    found: dict[str, Any] = {}
    for name in type(section).model_fields:
        value = getattr(section, name)
        if hasattr(value, "model_dump"):
            kind = type(value).__name__.lower()
            found[name] = kind
            found.update({f"{name}.{kind}.{option}": inner for option, inner in value.model_dump().items()})
        else:
            found[name] = value
    return found


def _mappings(prefix: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    for name in [*before, *(name for name in after if name not in before)]:
        old, new = before.get(name, ABSENT), after.get(name, ABSENT)
        if old != new or type(old) is not type(new):
            yield Difference(f"{prefix}{name}", old, new)


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, (tuple, list)):
        return "×".join(map(str, value)) if all(isinstance(part, int) for part in value) else ", ".join(map(str, value))
    return str(value)
