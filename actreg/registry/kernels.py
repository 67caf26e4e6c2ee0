"""Choosing kernels: the highest priority that applies and does not decline; equal priorities are an error."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from actreg.contracts.activation import Activation
from actreg.contracts.kernel import Bound, Kernel
from actreg.contracts.names import normalise
from actreg.errors import KernelConflictError
from actreg.hookspecs import PROJECT
from actreg.registry.loading import Plugin
from actreg.registry.sources import Origin


@dataclass(frozen=True)
class KernelClaim:
    """A declared kernel, where it comes from, and the distribution whose activation it implements."""

    kernel: Kernel
    origin: Origin
    of: str


class KernelIndex:
    """Every declared kernel, by activation and backend."""

    def __init__(self, plugins: Iterable[Plugin]) -> None:
        found = list(plugins)
        self._owners = {cls: plugin.origin.distribution for plugin in reversed(found) for cls in plugin.activations}
        self._claims: dict[tuple[str, str], list[KernelClaim]] = {}
        for plugin in found:
            own = {cls.info.name for cls in plugin.activations}
            for kernel in plugin.kernels:
                of = kernel.of or (plugin.origin.distribution if kernel.activation in own else PROJECT)
                key = (kernel.activation, kernel.backend)
                self._claims.setdefault(key, []).append(KernelClaim(kernel, plugin.origin, of))
        for claims in self._claims.values():
            claims.sort(key=lambda claim: (-claim.kernel.priority, claim.origin, claim.kernel.provider))

    def claims(self, cls: type[Activation], backend: str) -> tuple[KernelClaim, ...]:
        """Every claim on a class, highest priority first."""
        owner = self._owners.get(cls, PROJECT)
        claims = self._claims.get((cls.info.name, backend), ())
        return tuple(claim for claim in claims if normalise(claim.of) == normalise(owner))

    def choose(self, act: Activation, backend: str, device: str, dtype: str) -> tuple[KernelClaim, Bound] | None:
        """The kernel for this instance, bound; None where the generic formula runs.

        Raises KernelConflictError where two of equal priority accept the work.
        """
        candidates = [c for c in self.claims(type(act), backend) if c.kernel.applies(device, dtype)]
        for place, claim in enumerate(candidates):
            bound = claim.kernel.bind(act, device, dtype)
            if bound is None:
                continue
            for rival in candidates[place + 1 :]:
                if rival.kernel.priority == claim.kernel.priority and rival.kernel.bind(act, device, dtype) is not None:
                    raise KernelConflictError(
                        f"{act.info.name} on {backend} ({device}, {dtype}) has two kernels of priority"
                        f" {claim.kernel.priority}: {claim.kernel.provider} of {claim.origin} and"
                        f" {rival.kernel.provider} of {rival.origin}; block one plugin or change a priority"
                    )
            return claim, bound
        return None
