"""Sites: where a model that exists already applies activations, and what became of them.

Requirements:

- Holds facts only, strings and numbers, so that a report outlives the model and becomes JSON.
- A site is never left out because it cannot be reached: it says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any, Literal

_EMPTY: Mapping[str, Any] = MappingProxyType({})
SiteKind = Literal["module", "attribute", "function", "fused", "compiled"]


@dataclass(frozen=True)
class Call:
    """One call during the example. caller: path of the calling module; source: ``file:line``; shape: of the input."""

    caller: str
    source: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Site:
    """A place where an activation is applied, or would be.

    path: of the module; of a function stored as an attribute; of the module in whose forward a function is called.
    kind: ``module``, ``attribute`` (a function stored on a module), ``function`` (a call in code), ``fused`` (inside an
    operation), ``compiled`` (inside a torch.jit module).
    what: as the library calls it: ``nn.ReLU``, ``F.gelu``, ``Tensor.relu_``. name, config: our activation; the name is
    empty where it is none of ours.
    also: other paths of the same module. inplace: overwrites its input. overwritten: what reads that input later.
    """

    path: str
    kind: SiteKind
    what: str
    name: str = ""
    config: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    calls: tuple[Call, ...] = ()
    also: tuple[str, ...] = ()
    inplace: bool = False
    overwritten: str = ""

    @property
    def dead(self) -> bool:
        """Whether it exists and was never called."""
        return not self.calls and self.kind in ("module", "attribute")

    @property
    def reused(self) -> bool:
        """Whether one module serves several calls or paths."""
        return self.kind in ("module", "attribute") and (len(self.calls) > 1 or bool(self.also))

    @property
    def unreachable(self) -> str:
        """Why it cannot be replaced; empty where it can."""
        where = self.calls[0].source if self.calls else ""
        if self.kind == "function":
            return f"a call in code, at {where}: edit it there, or make it a module"
        if self.kind == "fused":
            return f"inside a fused operation, called at {where}"
        if self.kind == "compiled":
            return "inside a torch.jit module: swap before scripting"
        if self.dead:
            return "never called: replacing it would change nothing"
        return "" if self.path else "it is the whole model: make a layer of the new activation instead"

    def label(self) -> str:
        """Our name with its options, or the library's."""
        options = ", ".join(f"{key}={value!r}" for key, value in self.config.items())
        return f"{self.name}({options})" if options else self.name or self.what

    def notes(self) -> list[str]:
        """What is worth knowing about it."""
        found = []
        if self.dead:
            found.append("never called")
        elif self.unreachable:
            found.append(self.unreachable)
        if self.also:
            found.append(f"the same module as {', '.join(self.also)}")
        if self.overwritten:
            found.append(f"in place, though its input is read again by {self.overwritten}")
        elif self.inplace:
            found.append("in place")
        if len(self.calls) > 1 and self.reused:
            found.append(f"one module for {len(self.calls)} calls: {', '.join(sources(self.calls))}")
        return found


@dataclass(frozen=True)
class SiteReport:
    """Every site of a model, in the order of its modules; functions where they were called."""

    model: str
    sites: tuple[Site, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"model": self.model, "sites": [_plain(site) for site in self.sites]}

    def __str__(self) -> str:
        rows = [(s.path or "(model)", s.what, s.label(), str(len(s.calls)), "; ".join(s.notes())) for s in self.sites]
        calls = sum(len(site.calls) for site in self.sites)
        head = f"{self.model}: {len(self.sites)} sites, {calls} calls"
        return "\n".join([head, *_columns([("path", "what", "activation", "calls", "notes"), *rows])])


@dataclass(frozen=True)
class Swapped:
    """One site that was replaced. calls: of the new module, when the example ran again. notes: what is different."""

    path: str
    old: str
    new: str
    calls: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SwapReport:
    """What a swap did. unreached: sites that match and could not be replaced; untouched: those that no key matches."""

    model: str
    swapped: tuple[Swapped, ...]
    unreached: tuple[Site, ...]
    untouched: tuple[Site, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "model": self.model,
            "swapped": [asdict(item) for item in self.swapped],
            "unreached": [_plain(site) for site in self.unreached],
            "untouched": [_plain(site) for site in self.untouched],
        }

    def __str__(self) -> str:
        rows = [(s.path, s.old, s.new, str(s.calls), "; ".join(s.notes)) for s in self.swapped]
        lines = [f"{self.model}: {len(self.swapped)} swapped, {len(self.unreached)} out of reach"]
        lines += _columns([("path", "was", "is", "calls", "notes"), *rows]) if rows else []
        lines += [f"not reached: {site.path or '(model)'} {site.what}: {site.unreachable}" for site in self.unreached]
        return "\n".join(lines)


def sources(calls: Iterable[Call]) -> list[str]:
    """Where calls stand, each place once."""
    return list(dict.fromkeys(call.source for call in calls))


def _plain(site: Site) -> dict[str, Any]:
    calls = [{"caller": call.caller, "source": call.source, "shape": list(call.shape)} for call in site.calls]
    facts = {name: getattr(site, name) for name in ("path", "kind", "what", "name", "inplace", "overwritten")}
    return {**facts, "config": dict(site.config), "calls": calls, "also": list(site.also), "notes": site.notes()}


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
