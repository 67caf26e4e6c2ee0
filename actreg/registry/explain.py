"""How a name resolves: alias → canonical name → distribution and version → kernel on each backend, with the losers."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from actreg.registry.backends import BackendTable
    from actreg.registry.catalogue import Resolution
    from actreg.registry.kernels import KernelClaim, KernelIndex


@dataclass(frozen=True)
class KernelLine:
    """One implementation on one backend; the first of a backend that accepts a configuration runs it."""

    backend: str
    provider: str
    origin: str
    priority: int
    devices: tuple[str, ...]
    dtypes: tuple[str, ...]
    vendor: bool


@dataclass(frozen=True)
class Explanation:
    """Everything about one name; `lines` says it in words, `as_dict` for machines."""

    asked: str
    path: tuple[str, ...]
    canonical: str
    parameters: dict[str, Any]
    distribution: str
    version: str
    module: str
    file: str
    losers: tuple[str, ...]
    kernels: tuple[KernelLine, ...]

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return {**vars(self), "kernels": [vars(line) for line in self.kernels]}

    def lines(self) -> list[str]:
        """The trace in words, a step a line."""
        pinned = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        found = [f"{' -> '.join(self.path)}" + (f" with {pinned}" if pinned else "")]
        found.append(f"  from {self.distribution} {self.version}".rstrip() + f", {self.module} ({self.file})")
        found.extend(f"  lost: {loser}" for loser in self.losers)
        for line in self.kernels:
            where = f" on {', '.join(line.devices)}" if line.devices else ""
            dtypes = f" for {', '.join(line.dtypes)}" if line.dtypes else ""
            found.append(f"  {line.backend}: {line.provider}{where}{dtypes} (priority {line.priority}, {line.origin})")
        return found

    def __str__(self) -> str:
        return "\n".join(self.lines())


def explain(found: Resolution, backends: BackendTable, kernels: KernelIndex) -> Explanation:
    """Explains a resolution."""
    cls = found.activation
    lines: list[KernelLine] = []
    for name in backends.names():
        lines.extend(_line(name, claim) for claim in kernels.claims(cls, name))
        lines.append(KernelLine(name, "the formula, interpreted", str(backends.claim(name)[1]), 0, (), (), False))
    return Explanation(
        asked=found.asked,
        path=tuple(claim.name for claim in found.path)
        if found.path[-1].name == cls.info.name
        else (*(claim.name for claim in found.path), cls.info.name),
        canonical=cls.info.name,
        parameters={**found.defaults, **found.pinned},
        distribution=found.origin.distribution,
        version=found.origin.version,
        module=f"{cls.__module__}.{cls.__qualname__}",
        file=_file(cls),
        losers=tuple(str(loser) for loser in found.losers),
        kernels=tuple(lines),
    )


def _line(backend: str, claim: KernelClaim) -> KernelLine:
    kernel = claim.kernel
    return KernelLine(
        backend=backend,
        provider=kernel.provider,
        origin=str(claim.origin),
        priority=kernel.priority,
        devices=tuple(sorted(kernel.devices or ())),
        dtypes=tuple(sorted(kernel.dtypes or ())),
        vendor=kernel.vendor,
    )


def _file(cls: type) -> str:
    try:
        return inspect.getfile(cls)
    except (TypeError, OSError):
        return "no file"
