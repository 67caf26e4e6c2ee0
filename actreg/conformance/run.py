"""One run of the suite, with what is needed to trust and to repeat it: date, versions, machine, command."""

from __future__ import annotations

import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from typing import Any, Self

from actreg.conformance.agreement import Agreement
from actreg.conformance.record import Record, plain
from actreg.conformance.report import matrix
from actreg.registry import default_registry
from actreg.version import __version__

_LIBRARIES = ("numpy", "ml_dtypes", "mpmath", "torch", "jax", "numba")


@dataclass(frozen=True)
class Run:
    """date: ISO 8601, UTC. versions: of actreg, its plugins, and the libraries that are installed."""

    records: Sequence[Record]
    agreement: Sequence[Agreement]
    command: str
    date: str
    seconds: float
    versions: dict[str, str]
    machine: str

    @classmethod
    def ended(cls, start: float, records: Sequence[Record], agreement: Sequence[Agreement], command: str) -> Self:
        """A run that began at `start` (see `began`) and ends now."""
        return cls(
            records=records,
            agreement=agreement,
            command=command,
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=time.monotonic() - start,
            versions=versions(),
            machine=f"Python {platform.python_version()}, {platform.system()} {platform.machine()}",
        )

    def as_dict(self, *, each: bool = False) -> dict[str, Any]:
        """Plain data, for JSON. each: the matrix has a row for every configuration."""
        return {
            "date": self.date,
            "seconds": round(self.seconds, 3),
            "command": self.command,
            "machine": self.machine,
            "versions": self.versions,
            "matrix": [plain(row.as_dict()) for row in matrix(self.records, each=each)],
            "agreement": [item.as_dict() for item in self.agreement],
            "records": [record.as_dict() for record in self.records],
        }


def began() -> float:
    """Now."""
    return time.monotonic()


def versions() -> dict[str, str]:
    """What the numbers depend on."""
    found = {"actreg": __version__}
    for plugin in default_registry().plugins():
        if plugin.origin.version:
            found[plugin.origin.distribution] = plugin.origin.version
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
