"""Sweeping whole dtypes: units handed to an executor, results merged, a journal kept.

Requirements:

- Any `concurrent.futures.Executor` serves: processes here, or a cluster's. None: in this process, one unit after the
  other.
- Stopping loses no more than the units under way: whatever ends the sweep, the journal holds every finished one.
- The same tallies whatever the executor, the order and the interruptions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from functools import reduce
from typing import Final

from actreg.conformance.exhaustive import truth
from actreg.conformance.exhaustive.facts import facts_of
from actreg.conformance.exhaustive.journal import Journal
from actreg.conformance.exhaustive.measure import Job, Part, Unit, measure

UNIT: Final = 1 << 23
"""Inputs a unit: about half a second, so that little is lost and progress moves."""

Progress = Callable[[int, int], None]
"""Called with the inputs done, from this run and earlier ones, and the inputs in all."""


@dataclass(frozen=True)
class Sweep:
    """All bit patterns of a job. facts: what the numbers depend on."""

    job: Job
    facts: dict[str, str]
    part: Part


def run(
    jobs: Sequence[Job],
    executor: Executor | None = None,
    journal: Journal | None = None,
    progress: Progress | None = None,
    ahead: int = 4,
) -> list[Sweep]:
    """Sweeps every job whole. ahead: how many units the executor holds at a time.

    Raises JournalError where the journal belongs to something else, CapabilityError for a function without a fast
    truth; what interrupts it (KeyboardInterrupt) passes through, with the journal written.
    """
    journal = journal or Journal()
    for job in jobs:
        truth.check(job.activation, job.dtype)
    found = {job: facts_of(job) for job in jobs}
    for job, facts in found.items():
        journal.open(job, facts)
    total = sum(job.size for job in jobs)
    done = sum(part.stop - part.start for job in jobs for part in journal.parts(job))
    units = [Unit(job, start, stop) for job in jobs for start, stop in journal.missing(job, UNIT)]
    for unit, part in _finished(units, executor, ahead):
        journal.add(unit.job, part)
        done += part.stop - part.start
        if progress is not None:
            progress(done, total)
    return [Sweep(job, facts, reduce(Part.merge, journal.parts(job))) for job, facts in found.items()]


def _finished(units: Sequence[Unit], executor: Executor | None, ahead: int) -> Iterator[tuple[Unit, Part]]:
    if executor is None:
        yield from ((unit, measure(unit)) for unit in units)
        return
    waiting = iter(units)
    running: dict[Future[Part], Unit] = {}
    try:
        while True:
            for unit in waiting:
                running[executor.submit(measure, unit)] = unit
                if len(running) >= ahead:
                    break
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future.result()
    finally:
        for future in running:
            future.cancel()
