"""A plugin as the registry keeps it: healthy, broken or blocked, with what it declares."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from actreg.contracts.activation import Activation
from actreg.contracts.backend import Backend
from actreg.contracts.info import Alias
from actreg.contracts.kernel import Kernel
from actreg.errors import BrokenPluginError
from actreg.registry.sources import Origin
from actreg.registry.static import StaticClaim

State = Literal["healthy", "broken", "blocked", "missing"]


@dataclass(frozen=True)
class Plugin:
    """A plugin as it was found.

    state: ``blocked`` by the environment, ``missing`` where the environment names it and it is not installed.
    reason: why it is not healthy. A broken one declares nothing that counts, but keeps the names that it would have
    claimed. static: what its metadata declares, imported one by one when asked for. seconds: what importing and
    asking it took. remarks: what its author should mend although it works.
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

    @property
    def broken(self) -> bool:
        """Whether it failed, or can't be had."""
        return self.state in ("broken", "missing")

    def has(self, cls: type[Activation]) -> bool:
        """Whether this activation is one of its own."""
        return cls in self.activations or any(claim.points_at(cls) for claim in self.static)

    def now(self) -> Plugin:
        """Itself as things stand: a static plugin whose parts failed when they were used is broken."""
        faults = [claim for claim in self.static if claim.reason]
        remarks = dict.fromkeys((*self.remarks, *(text for claim in self.static for text in claim.remarks)))
        seconds = self.seconds + sum(claim.seconds for claim in self.static)
        found = replace(self, seconds=seconds, remarks=tuple(remarks))
        if faults and self.state == "healthy":
            reason = "; ".join(f"{claim.name}: {claim.reason}" for claim in faults)
            return replace(found, state="broken", reason=reason)
        return found

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
