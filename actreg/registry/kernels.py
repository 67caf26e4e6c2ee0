"""Choosing kernels: the highest priority that applies and does not decline; equal priorities are an error."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from actreg.contracts.activation import Activation
from actreg.contracts.kernel import Bound, Kernel
from actreg.contracts.names import normalise
from actreg.errors import BrokenPluginError, KernelConflictError
from actreg.hookspecs import PROJECT
from actreg.registry.plugin import Plugin
from actreg.registry.sources import Origin
from actreg.registry.static import StaticClaim


@dataclass(frozen=True)
class KernelClaim:
    """A declared kernel, where it comes from, and the distribution whose activation it implements."""

    kernel: Kernel
    origin: Origin
    of: str


class KernelIndex:
    """Every declared kernel, by activation and backend; what metadata declares is imported when its pair is met.

    A static kernel whose import fails is left out, as a plugin that fails to import is; its plugin is broken then.
    """

    def __init__(self, plugins: Iterable[Plugin]) -> None:
        self._plugins = tuple(plugins)
        self._claims: dict[tuple[str, str], list[KernelClaim]] = {}
        self._static: dict[tuple[str, str], list[StaticClaim]] = {}
        for plugin in self._plugins:
            own = {cls.info.name for cls in plugin.activations}
            for kernel in plugin.kernels:
                self._add(kernel, plugin.origin, own)
            for entry in plugin.static:
                if entry.declares == "kernels":
                    backend, _, rest = entry.name.partition(".")
                    self._static.setdefault((rest.partition(".")[0], backend), []).append(entry)
        self._own = {
            plugin.origin.distribution: {e.name for e in plugin.static if e.declares == "activations"}
            for plugin in self._plugins
            if plugin.static
        }

    def _add(self, kernel: Kernel, origin: Origin, own: Iterable[str]) -> None:
        of = kernel.of or (origin.distribution if kernel.activation in own else PROJECT)
        claims = self._claims.setdefault((kernel.activation, kernel.backend), [])
        claims.append(KernelClaim(kernel, origin, of))
        claims.sort(key=lambda claim: (-claim.kernel.priority, claim.origin, claim.kernel.provider))

    def claims(self, cls: type[Activation], backend: str) -> tuple[KernelClaim, ...]:
        """Every claim on a class, highest priority first."""
        key = (cls.info.name, backend)
        for entry in self._static.pop(key, ()):
            try:
                self._add(entry.load(), entry.origin, self._own[entry.origin.distribution])
            except BrokenPluginError:
                continue
        owner = next((p.origin.distribution for p in self._plugins if p.has(cls)), PROJECT)
        return tuple(claim for claim in self._claims.get(key, ()) if normalise(claim.of) == normalise(owner))

    def choose(self, act: Activation, backend: str, device: str, dtype: str) -> tuple[KernelClaim, Bound] | None:
        """The kernel for this instance, bound; None where the generic formula runs.

        Raises KernelConflictError where two of equal priority accept the work, BrokenPluginError where one that is
        asked raises.
        """
        candidates = [c for c in self.claims(type(act), backend) if c.kernel.applies(device, dtype)]
        for place, claim in enumerate(candidates):
            bound = _bound(claim, act, device, dtype)
            if bound is None:
                continue
            for rival in candidates[place + 1 :]:
                if rival.kernel.priority == claim.kernel.priority and _bound(rival, act, device, dtype) is not None:
                    raise KernelConflictError(
                        f"{act.info.name} on {backend} ({device}, {dtype}) has two kernels of priority"
                        f" {claim.kernel.priority}: {claim.kernel.provider} of {claim.origin} and"
                        f" {rival.kernel.provider} of {rival.origin}; block one plugin or change a priority"
                    )
            return claim, bound
        return None


def _bound(claim: KernelClaim, act: Activation, device: str, dtype: str) -> Bound | None:
    try:
        return claim.kernel.bind(act, device, dtype)
    except Exception as error:  # a plugin's code: whatever it raises is its failure
        reason = f"its kernel {claim.kernel.provider} for {act.info.name} raised {type(error).__name__}: {error}"
        raise BrokenPluginError(claim.origin.distribution, claim.origin.version, reason) from error
