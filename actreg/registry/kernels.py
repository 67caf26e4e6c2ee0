"""Choosing kernels: the highest priority that applies and does not decline; equal priorities are an error.

A kernel that fails, at import or when it is bound, is left out, as a plugin that fails to import is: the next one runs,
or the formula. Its plugin is broken from then on, which is warned of; in strict mode it is an error.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from actreg.contracts.activation import Activation
from actreg.contracts.kernel import Bound, Kernel
from actreg.contracts.names import normalise
from actreg.errors import BrokenPluginError, KernelConflictError
from actreg.hookspecs import PROJECT
from actreg.registry.faults import said
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
    """Every declared kernel, by activation and backend; what metadata declares is imported when its pair is met."""

    def __init__(self, plugins: Iterable[Plugin], *, strict: bool = False) -> None:
        self._plugins = tuple(plugins)
        self._strict = strict
        self._faults: dict[Origin, dict[str, str]] = {}
        self._untold: list[str] = []
        self._claims: dict[tuple[str, str], list[KernelClaim]] = {}
        self._static: dict[tuple[str, str], list[StaticClaim]] = {}
        for plugin in self._plugins:
            own = {cls.info.name for cls in plugin.activations}
            for kernel in plugin.kernels:
                self._add(kernel, plugin.origin, own)
            for entry in plugin.static:
                if entry.declares == "kernels":
                    backend, _, rest = entry.name.partition(".")
                    self._static.setdefault(_key(rest.partition(".")[0], backend), []).append(entry)
        self._own = {
            plugin.origin.distribution: {e.name for e in plugin.static if e.declares == "activations"}
            for plugin in self._plugins
            if plugin.static
        }

    def _add(self, kernel: Kernel, origin: Origin, own: Iterable[str]) -> None:
        of = kernel.of or (origin.distribution if kernel.activation in own else PROJECT)
        claims = self._claims.setdefault(_key(kernel.activation, kernel.backend), [])
        claims.append(KernelClaim(kernel, origin, of))
        claims.sort(key=lambda claim: (-claim.kernel.priority, claim.origin, claim.kernel.provider))

    def claims(self, cls: type[Activation], backend: str) -> tuple[KernelClaim, ...]:
        """Every claim on a class, highest priority first."""
        key = _key(cls.info.name, backend)
        for entry in self._static.pop(key, ()):
            try:
                self._add(entry.load(), entry.origin, self._own[entry.origin.distribution])
            except BrokenPluginError as error:
                self._leave_out(entry.origin, cls.info.name, f"its kernel {entry.name} can't be had: {error.reason}")
        owner = next((p.origin.distribution for p in self._plugins if p.has(cls)), PROJECT)
        return tuple(claim for claim in self._claims.get(key, ()) if normalise(claim.of) == normalise(owner))

    def choose(self, act: Activation, backend: str, device: str, dtype: str) -> tuple[KernelClaim, Bound] | None:
        """The kernel for this instance, bound; None where the generic formula runs.

        Raises KernelConflictError where two of equal priority accept the work, BrokenPluginError in strict mode where
        one that is asked fails.
        """
        try:
            return self._choose(act, backend, device, dtype)
        finally:
            while self._untold:
                warnings.warn(self._untold.pop(), RuntimeWarning, stacklevel=2)

    def _choose(self, act: Activation, backend: str, device: str, dtype: str) -> tuple[KernelClaim, Bound] | None:
        candidates = [c for c in self.claims(type(act), backend) if c.kernel.applies(device, dtype)]
        for place, claim in enumerate(candidates):
            bound = self._bound(claim, act, device, dtype)
            if bound is None:
                continue
            for rival in candidates[place + 1 :]:
                same = rival.kernel.priority == claim.kernel.priority
                if same and self._bound(rival, act, device, dtype) is not None:
                    raise KernelConflictError(
                        f"{act.info.name} on {backend} ({device}, {dtype}) has two kernels of priority"
                        f" {claim.kernel.priority}: {claim.kernel.provider} of {claim.origin} and"
                        f" {rival.kernel.provider} of {rival.origin}; block one plugin or change a priority"
                    )
            return claim, bound
        return None

    def faults(self, plugin: Plugin) -> list[str]:
        """How kernels of a plugin failed when they were used."""
        places = {plugin.origin, *(claim.origin for claim in plugin.static if not claim.reason)}
        return [text for place in sorted(places) for text in self._faults.get(place, ())]

    def failed(self, cls: type[Activation]) -> list[str]:
        """Which kernels of a class failed when they were used, and how."""
        every = [(text, origin) for origin in sorted(self._faults) for text in self._faults[origin].items()]
        return [f"{origin}: {reason}" for (reason, name), origin in every if name == cls.info.name]

    def _bound(self, claim: KernelClaim, act: Activation, device: str, dtype: str) -> Bound | None:
        what = f"its kernel {claim.kernel.provider} for {act.info.name}"
        try:
            bound: Any = claim.kernel.bind(act, device, dtype)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plugin's code: whatever it raises is its failure
            self._leave_out(claim.origin, act.info.name, f"{what} raised {said(error)}", error)
            return None
        if bound is None or isinstance(bound, Bound):
            return bound
        reason = f"{what} returned {type(bound).__name__}, neither Bound nor None"
        self._leave_out(claim.origin, act.info.name, reason)
        return None

    def _leave_out(self, origin: Origin, name: str, reason: str, cause: BaseException | None = None) -> None:
        if self._strict:
            raise BrokenPluginError(origin.distribution, origin.version, reason) from cause
        known = self._faults.setdefault(origin, {})
        if reason not in known:
            known[reason] = name
            advice = f"another one runs; ACTREG_DISABLE_PLUGINS={origin.distribution} keeps it out"
            self._untold.append(f"broken plugin {origin}: {reason}: {advice}")


def _key(activation: str, backend: str) -> tuple[str, str]:
    return normalise(activation), normalise(backend)
