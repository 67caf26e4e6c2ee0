"""The journal of a sweep: which ranges are done and what was found there, so that an interrupted sweep goes on.

Requirements:

- A file is whole or was not written: it is replaced at once, never changed in place, and carries its own digest.
- What another sweep wrote is never lost: a damaged journal, or one whose numbers depend on something else, is an error
  that says what differs, and the file stays as it is.
- Small: ranges that meet are merged.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from actreg.conformance.exhaustive.measure import Job, Part
from actreg.conformance.exhaustive.tally import Tally
from actreg.errors import ActregError

FORMAT: Final = "actreg exhaustive sweep 1"


class JournalError(ActregError, ValueError):
    """A journal that is damaged or belongs to something else. path: where it lies."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        super().__init__(f"{path}: {problem}; it was left as it is: name another journal, or remove this one")


class Journal:
    """Finished ranges of any number of jobs; kept in memory alone where there is no path."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._entries: dict[Job, tuple[dict[str, str], list[Part]]] = {}
        if path is not None and path.exists():
            self._entries = dict(_read(path))

    def open(self, job: Job, facts: Mapping[str, str]) -> None:
        """Says that a job begins or goes on; JournalError where what is there depends on other facts."""
        known, _ = self._entries.setdefault(job, (dict(facts), []))
        names = sorted(name for name in {*known, *facts} if known.get(name) != facts.get(name))
        if names:
            assert self.path is not None
            changes = ", ".join(f"{name} was {known.get(name)}, is {facts.get(name)}" for name in names)
            raise JournalError(self.path, f"its sweep of {job} was made with something else ({changes})")

    def parts(self, job: Job) -> list[Part]:
        """The finished ranges, in order, none of which meet."""
        return self._entries[job][1]

    def missing(self, job: Job, size: int) -> Iterator[tuple[int, int]]:
        """What is left to do, cut where a multiple of `size` lies."""
        place = 0
        for part in [*self.parts(job), Part(job.size, job.size)]:
            while place < part.start:
                end = min(part.start, (place // size + 1) * size)
                yield place, end
                place = end
            place = part.stop

    def add(self, job: Job, part: Part) -> None:
        """Keeps a finished range, and writes the file anew."""
        merged: list[Part] = []
        for item in sorted([*self.parts(job), part], key=lambda p: p.start):
            if merged and merged[-1].stop == item.start:
                merged[-1] = merged[-1].merge(item)
            else:
                merged.append(item)
        self._entries[job] = (self._entries[job][0], merged)
        if self.path is not None:
            _write(self.path, [_entry(job, facts, parts) for job, (facts, parts) in self._entries.items()])


def _entry(job: Job, facts: Mapping[str, str], parts: list[Part]) -> dict[str, Any]:
    return {
        "job": {**asdict(job), "config": dict(job.config)},
        "facts": dict(facts),
        "parts": [asdict(p) for p in parts],
    }


def _write(path: Path, entries: list[dict[str, Any]]) -> None:
    data = {"format": FORMAT, "sha256": _digest(entries), "sweeps": entries}
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    beside.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    beside.replace(path)


def _read(path: Path) -> Iterator[tuple[Job, tuple[dict[str, str], list[Part]]]]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        entries = data["sweeps"]
        if data["format"] != FORMAT:
            raise JournalError(path, f"its format is {data['format']!r}, not {FORMAT!r}")
        if data["sha256"] != _digest(entries):
            raise JournalError(path, "its contents do not fit its digest")
        for entry in entries:
            yield job_of(entry["job"]), (entry["facts"], [_part(p) for p in entry["parts"]])
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, JournalError):
            raise
        raise JournalError(path, f"this is no journal, or was cut off ({error})") from error


def job_of(data: Mapping[str, Any]) -> Job:
    """A job from plain data."""
    return Job(**{**data, "config": tuple(sorted(data["config"].items()))})


def _part(data: Mapping[str, Any]) -> Part:
    tallies = {name: Tally.from_dict(data[name]) for name in ("value", "derivative")}
    return Part(**{**data, **tallies})


def _digest(entries: Any) -> str:
    return hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()
