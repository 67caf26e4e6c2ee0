"""A plugin as the registry keeps it: healthy, broken or blocked, with what it declares."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Literal

from actreg.contracts.activation import Activation
from actreg.contracts.backend import Backend
from actreg.contracts.info import Alias
from actreg.contracts.kernel import Kernel
from actreg.contracts.names import normalise
from actreg.errors import BrokenPluginError
from actreg.registry.legal import Declares
from actreg.registry.sources import Origin
from actreg.registry.static import StaticClaim

State = Literal["healthy", "broken", "blocked", "missing"]


@dataclass(frozen=True)
class Plugin:
    """A plugin as it was found.

    state: ``blocked`` by the environment, ``missing`` where the environment names it and it is not installed.
    reason: why it is not healthy. A broken one declares nothing that counts, but keeps the names that it would have
    claimed. static: what its metadata declares, imported one by one when asked for. kept_out: the same of a blocked
    one, never imported. seconds: what importing and asking it took. remarks: what its author should mend although it
    works.
    """

    origin: Origin
    activations: tuple[type[Activation], ...] = ()
    aliases: tuple[Alias, ...] = ()
    backends: tuple[type[Backend], ...] = ()
    kernels: tuple[Kernel, ...] = ()
    state: State = "healthy"
    reason: str = ""
    names: tuple[str, ...] = ()
    seconds: float = 0.0
    remarks: tuple[str, ...] = ()
    static: tuple[StaticClaim, ...] = ()
    kept_out: tuple[StaticClaim, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether it failed, or can't be had."""
        return self.state in ("broken", "missing")

    def has(self, cls: type[Activation]) -> bool:
        """Whether this activation is one of its own."""
        return cls in self.activations or any(claim.points_at(cls) for claim in self.static)

    def failed(self, reasons: Collection[str]) -> Plugin:
        """Itself, broken for further reasons, if there are any."""
        if not reasons:
            return self
        return replace(self, state="broken", reason="; ".join(dict.fromkeys(r for r in (self.reason, *reasons) if r)))

    def now(self) -> Plugin:
        """Itself as things stand: a static plugin whose parts failed when they were used is broken."""
        faults: dict[str, list[str]] = {}
        for claim in self.static:
            if claim.reason:
                faults.setdefault(claim.reason, []).append(claim.name)
        remarks = dict.fromkeys((*self.remarks, *(text for claim in self.static for text in claim.remarks)))
        seconds = self.seconds + sum(claim.seconds for claim in self.static)
        found = replace(self, seconds=seconds, remarks=tuple(remarks))
        return found.failed([f"{', '.join(names)}: {reason}" for reason, names in faults.items()])

    def loaded(self) -> Plugin:
        """Itself with everything static imported and among its declarations; what fails stays out, see `now`."""
        things: dict[str, list[Any]] = {"activations": [], "aliases": [], "backends": [], "kernels": []}
        for claim in self.static:
            try:
                thing = claim.load()
            except BrokenPluginError:
                continue
            if claim.declares != "aliases" or isinstance(thing, Alias):
                things[claim.declares].append(thing)
        return replace(
            self.now(),
            activations=(*self.activations, *things["activations"]),
            aliases=(*self.aliases, *things["aliases"]),
            backends=(*self.backends, *things["backends"]),
            kernels=(*self.kernels, *things["kernels"]),
        )


def withheld(plugins: Collection[Plugin], name: str, *kinds: Declares) -> list[str]:
    """What to say of plugins that are kept out, or failed, and have a name, or may have it."""
    blocked = [plugin for plugin in plugins if plugin.state == "blocked"]
    key = normalise(name)
    has = [p for p in blocked if any(c.declares in kinds and normalise(c.name) == key for c in p.kept_out)]
    if has:
        return [f"{plugin.origin} has it and is blocked: {plugin.reason}" for plugin in has]
    hints = []
    # One whose metadata declares what it has, and not this, does not have it.
    if silent := dict.fromkeys(str(plugin.origin) for plugin in blocked if not plugin.kept_out):
        hints.append(f"plugins that are blocked, and may have it: {', '.join(silent)}")
    if failed := [f"{plugin.origin}: {plugin.reason}" for plugin in plugins if plugin.broken]:
        hints.append(f"plugins that failed, and may have had it: {'; '.join(failed)}")
    return hints
