"""Records of sweeps, as they are printed, committed and checked again.

Requirements: a record says what was measured, how good the truth was, and everything that the numbers depend on;
plain data, one line of JSON each, so that a change shows as the line that changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from actreg.conformance import tolerance
from actreg.conformance.exhaustive.certify import Certificate, certify
from actreg.conformance.exhaustive.measure import Job, subject_of
from actreg.conformance.exhaustive.run import Sweep
from actreg.conformance.exhaustive.tally import Tally
from actreg.conformance.formats import FORMATS


@dataclass(frozen=True)
class Record:
    """One function on one backend in one dtype. inputs: how many bit patterns were run, all of them where step is 1.
    nanoseconds: processor time an input, everything included."""

    activation: str
    config: dict[str, Any]
    backend: str
    dtype: str
    step: int
    inputs: int
    value: Tally
    derivative: Tally
    truth: Certificate
    facts: dict[str, str]
    nanoseconds: float
    date: str
    command: str

    @property
    def job(self) -> Job:
        """The job that would measure it again."""
        return Job(self.activation, tuple(sorted(self.config.items())), self.backend, self.dtype, self.step)

    @property
    def key(self) -> tuple[str, ...]:
        """What tells records apart: a newer one of the same key replaces an older one."""
        return self.backend, self.activation, json.dumps(self.config, sort_keys=True), self.dtype

    def worst(self, direction: str) -> float | None:
        """The input of the largest error; None where every result is the nearest number."""
        return number(getattr(self, direction).worst_bits, self.dtype)

    def grades(self) -> tuple[str, str]:
        """Of value and derivative."""
        return tolerance.grade(self.value.max_ulp), tolerance.grade(self.derivative.max_ulp)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON, with the worst inputs written out."""
        data = {**asdict(self), "value": self.value.as_dict(), "derivative": self.derivative.as_dict()}
        for direction in ("value", "derivative"):
            worst = self.worst(direction)
            data[direction]["worst_input"] = None if worst is None else worst.hex()
        return data

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Record:
        """The inverse of `as_dict`."""
        parts: dict[str, Any] = {"truth": Certificate(**data["truth"])}
        for direction in ("value", "derivative"):
            parts[direction] = Tally.from_dict({k: v for k, v in data[direction].items() if k != "worst_input"})
        return Record(**{**data, **parts})


def number(bits: int, dtype: str) -> float | None:
    """The number with that bit pattern; None for -1."""
    fmt = FORMATS[dtype]
    if bits < 0:
        return None
    return float(np.array([bits], dtype=f"u{fmt.dtype.itemsize}").view(fmt.dtype)[0])


def record_of(sweep: Sweep, command: str) -> Record:
    """A finished sweep's record; certifies the truth that judged it, which takes seconds."""
    job, part = sweep.job, sweep.part
    return Record(
        activation=job.activation,
        config=dict(job.config),
        backend=job.backend,
        dtype=job.dtype,
        step=job.step,
        inputs=part.stop - part.start,
        value=part.value,
        derivative=part.derivative,
        truth=_certificate(job.activation, job.config),
        facts=sweep.facts,
        nanoseconds=round(part.seconds / (part.stop - part.start) * 1e9, 1),
        date=datetime.now(UTC).date().isoformat(),
        # Where the journal lay concerns nobody else.
        command=re.sub(r" --journal[ =]\S+", "", command),
    )


@lru_cache
def _certificate(activation: str, config: tuple[tuple[str, Any], ...]) -> Certificate:
    return certify(subject_of(Job(activation, config)).case)


def read(path: Path) -> list[Record]:
    """The records of a file, sorted; none where there is no file."""
    if not path.exists():
        return []
    return [Record.from_dict(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def write(path: Path, records: Iterable[Record]) -> None:
    """Replaces a file; of records with one key the last stays."""
    latest = {record.key: record for record in records}
    lines = [json.dumps(latest[key].as_dict()) + "\n" for key in sorted(latest)]
    path.write_text("".join(lines), encoding="utf-8", newline="\n")
