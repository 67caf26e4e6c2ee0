"""Known deviations of vendors' kernels: where a library's own mathematics breaks a law, and nothing else.

Requirements:

- Versioned and explained: activation, backend, library, versions, dtypes, check, region of inputs, what, why.
- Outside its region the tolerance holds. A deviation that no longer occurs is reported as stale.
- Only kernels that declare themselves a vendor's can have one: our own mathematics is repaired instead.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from itertools import product
from pathlib import Path
from typing import Any, Final

from actreg.conformance.formats import Array

FILE: Final = Path(__file__).with_name("deviations.toml")
_CLAUSE = re.compile(r"\s*(>=|<=|==|<|>)\s*([0-9.]+)\s*")


@dataclass(frozen=True)
class Deviation:
    """One entry. config: options that the case must have. lo, hi: the closed region of inputs, NaN among them where
    `nan`. says: where a check finds in words, words of which one is in each finding that is excused. varies: it depends
    on the processor, so that its absence is not stale. upstream: a report, where there is one.
    """

    activation: str
    backend: str
    library: str
    versions: str
    dtypes: tuple[str, ...]
    check: str
    what: str
    reason: str
    lo: float = float("-inf")
    hi: float = float("inf")
    nan: bool = False
    says: tuple[str, ...] = ()
    varies: bool = False
    config: Mapping[str, Any] = field(default_factory=dict)
    upstream: str = ""

    def covers(self, inputs: Array) -> Array:
        """Which inputs lie in its region."""
        covered: Array = ((inputs >= self.lo) & (inputs <= self.hi)) | ((inputs != inputs) & self.nan)
        return covered

    def excuses(self, finding: str) -> bool:
        """Whether a finding in words is what it is about."""
        return not self.says or any(words in finding for words in self.says)

    def in_force(self) -> bool:
        """Whether the installed version of the library is in range."""
        try:
            return version_in(metadata.version(self.library), self.versions)
        except metadata.PackageNotFoundError:
            return False


@cache
def known(path: Path = FILE) -> tuple[Deviation, ...]:
    """Every entry of the file, one for each activation and check that it lists; TypeError or ValueError where one is
    malformed."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("deviation", [])
    found = []
    for entry in entries:
        for activation, check in product(_listed(entry["activation"]), _listed(entry["check"])):
            facts = {**entry, "activation": activation, "check": check, "dtypes": tuple(entry["dtypes"])}
            facts["says"] = tuple(_listed(entry.get("says", [])))
            deviation = Deviation(**facts)
            if not (deviation.reason and deviation.what and deviation.versions):
                raise ValueError(f"a deviation of {deviation.activation} says too little")
            version_in("0", deviation.versions)
            found.append(deviation)
    return tuple(found)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def applying(
    entries: Sequence[Deviation], *, activation: str, config: Mapping[str, Any], backend: str, dtype: str, check: str
) -> list[Deviation]:
    """The entries about one cell's check that are in force."""
    return [
        d
        for d in entries
        if (d.activation, d.backend, d.check) == (activation, backend, check)
        and dtype in d.dtypes
        and all(name in config and config[name] == value for name, value in d.config.items())
        and d.in_force()
    ]


def version_in(version: str, versions: str) -> bool:
    """Whether ``2.13.0+cpu`` lies in ``>=2.13,<2.14``; ValueError for a range that can't be read."""
    return all(_clause(version, clause) for clause in versions.split(","))


def _clause(version: str, clause: str) -> bool:
    match = _CLAUSE.fullmatch(clause)
    if match is None:
        raise ValueError(f"{clause!r} is no range of versions: write >=2.13,<2.14")
    have, want = _parts(version), _parts(match[2])
    return {
        ">=": have >= want,
        "<=": have <= want,
        "==": have[: len(want)] == want,
        "<": have < want,
        ">": have > want,
    }[match[1]]


def _parts(version: str) -> tuple[int, ...]:
    match = re.match(r"[0-9.]+", version)
    return tuple(int(part) for part in match[0].split(".") if part) if match else ()
