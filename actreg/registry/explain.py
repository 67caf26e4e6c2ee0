"""How a name resolves: alias → canonical name → distribution and version → kernel on each backend, with the losers.

Requirements: whatever is wrong with one backend or kernel is a line of the trace, and takes nothing else from it.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from actreg.errors import ActregError

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
    """Everything about one name; `lines` says it in words, `as_dict` for machines.

    path: the names followed. givers: for each, the distribution and version that has it. losers: other claims on a
    name of the path. kernels: of each backend, what runs it comes first. unusable: backends and kernels that are out,
    and why.
    """

    asked: str
    path: tuple[str, ...]
    givers: tuple[str, ...]
    canonical: str
    parameters: dict[str, Any]
    distribution: str
    version: str
    module: str
    file: str
    losers: tuple[str, ...]
    kernels: tuple[KernelLine, ...]
    unusable: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return {**vars(self), "kernels": [vars(line) for line in self.kernels]}

    def lines(self) -> list[str]:
        """The trace in words, a step a line."""
        pinned = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        home = f"{self.distribution} {self.version}".rstrip()
        steps = [n if giver == home else f"{n} ({giver})" for n, giver in zip(self.path, self.givers, strict=True)]
        found = [" -> ".join(steps) + (f" with {pinned}" if pinned else "")]
        found.append(f"  from {home}, {self.module} ({self.file})")
        found.extend(f"  lost: {loser}" for loser in self.losers)
        told = ""
        for line in self.kernels:
            where = f" on {', '.join(line.devices)}" if line.devices else ""
            dtypes = f" for {', '.join(line.dtypes)}" if line.dtypes else ""
            what = f"{'else ' if line.backend == told else ''}{line.provider}{where}{dtypes}"
            found.append(f"  {line.backend}: {what} (priority {line.priority}, {line.origin})")
            told = line.backend
        found.extend(f"  unusable: {text}" for text in self.unusable)
        return found

    def __str__(self) -> str:
        return "\n".join(self.lines())


def explain(found: Resolution, backends: BackendTable, kernels: KernelIndex) -> Explanation:
    """Explains a resolution."""
    cls = found.activation
    lines: list[KernelLine] = []
    unusable: list[str] = []
    for name in backends.names():
        try:
            backend, origin = backends.claim(name)
        except ActregError as error:
            unusable.append(f"{name}: {error}")
            continue
        if cls.kind not in backend.kinds:
            unusable.append(f"{name}: it runs nothing {cls.kind} ({origin})")
            continue
        lines.extend(_line(name, claim) for claim in kernels.claims(cls, name))
        lines.append(KernelLine(name, "the formula, interpreted", str(origin), 0, (), (), False))
    unusable += kernels.failed(cls)
    path = [(claim.name, str(claim.origin)) for claim in found.path]
    if found.path[-1].name != cls.info.name:
        path.append((cls.info.name, str(found.origin)))
    return Explanation(
        asked=found.asked,
        path=tuple(name for name, _ in path),
        givers=tuple(giver for _, giver in path),
        canonical=cls.info.name,
        parameters={**found.defaults, **found.pinned},
        distribution=found.origin.distribution,
        version=found.origin.version,
        module=f"{cls.__module__}.{cls.__qualname__}",
        file=_file(cls),
        losers=tuple(str(loser) for loser in found.losers),
        kernels=tuple(lines),
        unusable=tuple(unusable),
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
