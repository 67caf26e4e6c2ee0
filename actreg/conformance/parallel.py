"""Running a plan over an `Executor`: processes of this machine, or a cluster's.

Requirements:

- Any `concurrent.futures.Executor` serves whose workers have the same plugins installed. What crosses is a request in
  words and classes, and records back; a worker makes the plan again, and refuses to go on where it is another.
- All cells of one configuration on one backend go to one worker, so that truth computed on the spot is computed there
  only.
- Records come in the order of the plan.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from actreg.conformance.judge import run
from actreg.conformance.plan import Cell, Plan, cell_name, plan
from actreg.conformance.record import Record
from actreg.errors import InputError


@dataclass(frozen=True)
class Request:
    """What `plan` takes, by which a worker finds the same cells. what: names, or classes that can be pickled."""

    what: Any
    backends: tuple[str, ...] | None = None
    dtypes: tuple[str, ...] | None = None
    checks: tuple[str, ...] | None = None


def run_all(request: Request, todo: Plan, executor: Executor, progress: Callable[[int, int], None]) -> list[Record]:
    """The records of the plan's cells. progress: called with how many are done, and of how many.

    Raises InputError where the request can't be sent, or a worker has other plugins.
    """
    try:
        sent = pickle.dumps(request)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise InputError(f"this can't be sent to another process: {error}; leave the executor out") from error
    names = [cell_name(*cell) for cell in todo.cells]
    waiting = {executor.submit(run_part, sent, start, names[start:stop]): start for start, stop in parts(todo.cells)}
    found: dict[int, list[Record]] = {}
    done = 0
    for future in as_completed(waiting):
        records = found[waiting[future]] = future.result()
        done += len(records)
        progress(done, len(names))
    return [record for start in sorted(found) for record in found[start]]


def parts(cells: Sequence[Cell]) -> Iterator[tuple[int, int]]:
    """Bounds of runs of cells that belong to one configuration on one backend."""
    start = 0
    for place in range(1, len(cells) + 1):
        if place == len(cells) or _key(cells[place]) != _key(cells[start]):
            yield start, place
            start = place


def run_part(sent: bytes, start: int, names: Sequence[str]) -> list[Record]:
    """In a worker: the records of some cells of the request."""
    cells = _planned(sent)[start : start + len(names)]
    if [cell_name(*cell) for cell in cells] != list(names):
        raise InputError("a worker has other plugins or backends than the process that sent the work")
    return [run(*cell) for cell in cells]


@lru_cache(maxsize=1)
def _planned(sent: bytes) -> tuple[Cell, ...]:
    request: Request = pickle.loads(sent)
    return plan(request.what, None, request.backends, request.dtypes, request.checks).cells


def _key(cell: Cell) -> tuple[str, str]:
    return str(cell[0].case), cell[0].backend
