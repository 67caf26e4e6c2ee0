"""What there is, without importing anything that is declared statically.

Requirements: ten thousand names in a fraction of a second; a name that two distributions claim is still listed, with
what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from actreg.contracts.activation import Activation
from actreg.registry.catalogue import Claim
from actreg.registry.registry import Registry


@dataclass(frozen=True)
class Entry:
    """One claim on a canonical name. kind and summary are empty where the class is declared and not imported yet."""

    name: str
    distribution: str
    kind: str = ""
    aliases: tuple[str, ...] = ()
    summary: str = ""
    problem: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)


def entries(registry: Registry, names: Iterable[str]) -> list[Entry]:
    """Every claim on these canonical names, in their order."""
    pointing: dict[str, list[str]] = {}
    for plugin in registry.plugins():
        for alias in plugin.aliases:
            if ":" not in alias.name:
                pointing.setdefault(alias.target, []).append(alias.name)
    found = []
    for name in names:
        winner = registry.winner(name)
        claims = registry.claims(name) if winner is None else (winner,)
        found += [_entry(name, claim, pointing.get(name, ()), len(claims)) for claim in claims]
    return [replace(e, aliases=tuple(a for a in e.aliases if registry.winner(a) is not None)) for e in found]


def contested(registry: Registry) -> list[Entry]:
    """Every claim on an alias that several distributions claim."""
    canonical = set(registry.names())
    names = [name for name in registry.spellings() if name not in canonical and registry.winner(name) is None]
    return [_entry(name, claim, (), len(registry.claims(name))) for name in names for claim in registry.claims(name)]


def _entry(name: str, claim: Claim, pointing: Iterable[str], claims: int) -> Entry:
    problem = f"claimed {claims} times: ask for {name}@{claim.origin.distribution}" if claims > 1 else ""
    cls = claim.activation
    if cls is None and claim.static is not None and claim.static.loaded and not claim.static.reason:
        thing = claim.static.load()
        cls = thing if isinstance(thing, type) and issubclass(thing, Activation) else None
    if cls is None:
        return Entry(name, str(claim.origin), problem=problem or (claim.static.reason if claim.static else ""))
    return Entry(
        name,
        str(claim.origin),
        cls.kind,
        tuple(dict.fromkeys((*cls.info.aliases, *pointing))),
        (cls.__doc__ or "").strip().partition("\n")[0],
        problem,
    )
