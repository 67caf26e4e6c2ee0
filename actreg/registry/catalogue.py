"""The catalogue: who claims which name. Immutable once made.

Requirements:

- Two distributions that claim one name are both kept; the collision is an error when the name is used, settled by
  ``name@distribution`` or by `prefer`, never by order.
- The same class claimed twice is no collision.
- A name of a broken plugin is known as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from actreg.contracts.activation import Activation
from actreg.contracts.info import Alias
from actreg.contracts.names import normalise, split_distribution
from actreg.errors import BrokenPluginError, NameCollisionError, UnknownNameError
from actreg.registry.discovery import canonical
from actreg.registry.plugin import Plugin, withheld
from actreg.registry.sources import Origin
from actreg.registry.static import StaticClaim

_EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True)
class Claim:
    """One distribution's claim on one name: the class itself, an alias that leads elsewhere, or one of these as its
    metadata declares it, not imported yet."""

    name: str
    origin: Origin
    activation: type[Activation] | None = None
    alias: Alias | None = None
    static: StaticClaim | None = None

    @property
    def thing(self) -> Any:
        """What is claimed; equal things don't collide. What is not imported is known by its place alone."""
        if self.static is not None:
            return self.origin.module
        return self.activation if self.activation is not None else self.alias

    def settled(self) -> Claim:
        """Itself with what it claims imported. Raises BrokenPluginError."""
        if self.static is None:
            return self
        thing = self.static.load()
        if isinstance(thing, Alias):
            return replace(self, alias=thing)
        return replace(self, activation=thing)

    def __str__(self) -> str:
        return f"{self.origin} ({self.origin.module})"


@dataclass(frozen=True)
class Resolution:
    """How a name was resolved: the claims followed from the name asked to the class, what the aliases carry, and the
    claims that lost on the way."""

    asked: str
    path: tuple[Claim, ...]
    losers: tuple[Claim, ...]
    defaults: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    pinned: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)

    @property
    def activation(self) -> type[Activation]:
        """The class at the end of the path."""
        found = self.path[-1].activation
        assert found is not None
        return found

    @property
    def origin(self) -> Origin:
        """Where the class comes from."""
        return self.path[-1].origin


class Catalogue:
    """Every claim of every plugin. prefer: normalised name → distribution, which settles collisions."""

    def __init__(self, plugins: Iterable[Plugin], prefer: Mapping[str, str] = _EMPTY) -> None:
        self.plugins = tuple(plugins)
        self.prefer = MappingProxyType({normalise(name): owner for name, owner in prefer.items()})
        claims: dict[str, list[Claim]] = {}
        for plugin in self.plugins:
            for claim in _claims(plugin):
                claims.setdefault(normalise(claim.name), []).append(claim)
        self._claims = MappingProxyType({name: _distinct(found) for name, found in claims.items()})

    def names(self) -> list[str]:
        """Canonical names, sorted."""
        return sorted({c.name for found in self._claims.values() for c in found if _is_canonical(c)})

    def classes(self, name: str) -> list[type[Activation]]:
        """The classes that claim a name, imported where they were not; those that fail are left out."""
        found = []
        for claim in self.claims(name):
            try:
                cls = claim.settled().activation
            except BrokenPluginError:
                continue
            if cls is not None:
                found.append(cls)
        return found

    def spellings(self) -> list[str]:
        """Every name that resolves, aliases and other frameworks' names included, as its claimant spells it."""
        claims = (claim for found in self._claims.values() for claim in found)
        return sorted({claim.name for claim in claims if claim.alias is None or not claim.alias.candidates})

    def claims(self, name: str) -> tuple[Claim, ...]:
        """Who claims a name; nobody for an unknown one."""
        return self._claims.get(normalise(split_distribution(name)[0]), ())

    def winner(self, name: str) -> Claim | None:
        """The claim that a name leads to; None where several stand against each other. Nothing is imported."""
        try:
            return self._choose(name, asked=name)[0]
        except (NameCollisionError, UnknownNameError):
            return None

    def resolve(self, name: str) -> Resolution:
        """Follows a name to its class.

        Raises UnknownNameError, NameCollisionError, BrokenPluginError.
        """
        path: list[Claim] = []
        losers: list[Claim] = []
        defaults: dict[str, Any] = {}
        pinned: dict[str, Any] = {}
        at = name
        while True:
            claim, others = self._choose(at, asked=name)
            claim = claim.settled()
            losers.extend(others)
            if claim in path:
                raise UnknownNameError("activation", name, hint=f"its aliases form a ring at {at!r}")
            path.append(claim)
            if claim.alias is None or claim.activation is not None:
                return Resolution(name, tuple(path), tuple(losers), defaults, pinned)
            if claim.alias.candidates:
                raise UnknownNameError(
                    "activation", name, meant=claim.alias.candidates, hint=claim.alias.reason or "it means several"
                )
            for option, value in claim.alias.parameters.items():
                (pinned if claim.alias.pinned else defaults).setdefault(option, value)
            at = claim.alias.target

    def _choose(self, name: str, *, asked: str) -> tuple[Claim, list[Claim]]:
        plain, owner = split_distribution(name)
        claims = self._claims.get(normalise(plain), ())
        if not claims:
            raise self._unknown(plain, asked)
        owner = owner or (self.prefer.get(normalise(plain)) if len(claims) > 1 else None)
        if owner is not None:
            mine = [claim for claim in claims if canonical(claim.origin.distribution) == canonical(owner)]
            if not mine:
                raise self._no_owner(plain, owner, claims)
            claims, rest = tuple(mine), [claim for claim in claims if claim not in mine]
        else:
            rest = []
        if len(claims) > 1:
            owners = [claim.origin.distribution for claim in claims]
            asking = " or ".join(f"{plain}@{owner}" for owner in owners)
            settle = f"ask for {asking}, or say prefer: {{{plain}: {owners[0]}}} in the spec"
            raise NameCollisionError(plain, [str(claim) for claim in claims], settle)
        return claims[0], rest

    def _no_owner(self, name: str, owner: str, claims: Iterable[Claim]) -> Exception:
        owners = [claim.origin.distribution for claim in claims]
        hints = [f"{name!r} comes from {', '.join(owners)}"]
        for plugin in self.plugins:
            if plugin.state != "healthy" and canonical(plugin.origin.distribution) == canonical(owner):
                hints.append(f"{plugin.origin} is {plugin.state}: {plugin.reason}")
        return UnknownNameError("distribution", owner, owners, hint="; ".join(hints))

    def _unknown(self, name: str, asked: str) -> Exception:
        key = normalise(name)
        for plugin in self.plugins:
            if plugin.broken and key in {normalise(known) for known in plugin.names}:
                return BrokenPluginError(plugin.origin.distribution, plugin.origin.version, plugin.reason, asked=asked)
        hints = withheld(self.plugins, name, "activations", "aliases")
        if asked != name:
            hints.append(f"which {asked!r} stands for")
        return UnknownNameError("activation", name, self.spellings(), hint="; ".join(hints))


def _is_canonical(claim: Claim) -> bool:
    if claim.static is not None:
        return claim.static.declares == "activations"
    return claim.activation is not None and claim.name == claim.activation.info.name


def _claims(plugin: Plugin) -> Iterable[Claim]:
    for cls in plugin.activations:
        yield Claim(cls.info.name, plugin.origin, activation=cls)
        for alias in cls.info.aliases:
            yield Claim(alias, plugin.origin, activation=cls)
    for pointer in plugin.aliases:
        yield Claim(pointer.name, plugin.origin, alias=pointer)
    for entry in plugin.static:
        if entry.declares in ("activations", "aliases"):
            yield Claim(entry.name, entry.origin, static=entry)


def _distinct(claims: list[Claim]) -> tuple[Claim, ...]:
    kept: list[Claim] = []
    for claim in sorted(claims, key=_order):
        if all(not _same(claim, other) for other in kept):
            kept.append(claim)
    return tuple(kept)


def _order(claim: Claim) -> tuple[Any, ...]:
    # Of one distribution's claims the canonical name comes first, since the same thing again is left out.
    return claim.origin.distribution, claim.origin.version, not _is_canonical(claim), claim.origin


def _same(a: Claim, b: Claim) -> bool:
    if (a.static is None) != (b.static is None):
        static, other = (a, b) if a.static is not None else (b, a)
        assert static.static is not None
        return other.activation is not None and static.static.points_at(other.activation)
    return bool(a.thing is b.thing or a.thing == b.thing)
