"""How each distribution stands: what `actreg plugin list` shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from actreg.registry.discovery import canonical
from actreg.registry.plugin import Plugin, State


@dataclass(frozen=True)
class Standing:
    """One distribution. declared: whether its names come from metadata, with nothing of it imported before use.

    state: as a plugin's, and ``declared`` where not everything was imported, so that more is not known.
    distribution: the name by which it can be blocked. seconds: what importing it took so far. remarks: what its
    author should mend although it works.
    """

    distribution: str
    version: str
    state: State | Literal["declared"]
    reason: str = ""
    declared: bool = False
    activations: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    backends: tuple[str, ...] = ()
    kernels: tuple[str, ...] = ()
    seconds: float = 0.0
    remarks: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)


def standings(plugins: Iterable[Plugin]) -> list[Standing]:
    """One for each distribution, sorted by name; its plugins taken together."""
    groups: dict[tuple[str, str], list[Plugin]] = {}
    for plugin in plugins:
        groups.setdefault((plugin.origin.distribution, plugin.origin.version), []).append(plugin)
    order = sorted(groups, key=lambda key: (canonical(key[0]), key[1]))
    return [_standing(name, version, groups[name, version]) for name, version in order]


def _standing(name: str, version: str, plugins: list[Plugin]) -> Standing:
    known = all(claim.loaded for plugin in plugins for claim in plugin.static)
    unwell = [plugin for plugin in plugins if plugin.state != "healthy"]
    names: dict[str, set[str]] = {"activations": set(), "aliases": set(), "backends": set(), "kernels": set()}
    for plugin in plugins:
        names["activations"] |= {cls.info.name for cls in plugin.activations}
        names["aliases"] |= {alias.name for alias in plugin.aliases}
        names["backends"] |= {cls.name for cls in plugin.backends}
        names["kernels"] |= {f"{kernel.backend}.{kernel.activation}" for kernel in plugin.kernels}
        for claim in (*plugin.static, *plugin.kept_out):
            names[claim.declares].add(claim.name)
        if plugin.state != "healthy" and not plugin.static:
            names["activations"] |= set(plugin.names)
    return Standing(
        distribution=name,
        version=version,
        state=unwell[0].state if unwell else "healthy" if known else "declared",
        reason="; ".join(dict.fromkeys(plugin.reason for plugin in unwell)),
        declared=any(plugin.static for plugin in plugins),
        activations=tuple(sorted(names["activations"])),
        aliases=tuple(sorted(names["aliases"])),
        backends=tuple(sorted(names["backends"])),
        kernels=tuple(sorted(names["kernels"])),
        seconds=sum(plugin.seconds for plugin in plugins),
        remarks=tuple(dict.fromkeys(text for plugin in plugins for text in plugin.remarks)),
    )
