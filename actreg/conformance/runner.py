"""Runs the suite: activation × backend × dtype × check → records.

Requirements:

- Untested is a failure: what was asked for and can't be tested has a failing record.
- One call, without pytest: `check(MyActivation)`; over an executor where one is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

from actreg.conformance.coverage import all_skipped
from actreg.conformance.expected import settle
from actreg.conformance.judge import run
from actreg.conformance.parallel import Request, run_all
from actreg.conformance.plan import cells, plan
from actreg.conformance.record import Record
from actreg.conformance.unmatched import unmatched
from actreg.errors import InputError
from actreg.registry import default_registry

__all__ = ["cells", "check", "run"]


def check(
    what: Any,
    registry: Any = None,
    backends: Sequence[str] | None = None,
    dtypes: Sequence[str] | None = None,
    checks: Sequence[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
    expected: Mapping[str, str] | None = None,
    executor: Executor | None = None,
) -> list[Record]:
    """The records of an activation, a backend, a kernel, a plugin's module (objects or names), or of everything that
    the distribution of that name provides; also of a list of these.

    registry: the default one, extended by what it does not know. backends, dtypes, checks: names; all by
    default (of backends those whose library is installed). progress: called with how many are done, and of how many.
    expected: announced failures, a check's name (or a record's: ``act on torch in float16: nan``) with the reason.
    executor: runs it over its workers, whose default registry is theirs; see `parallel`.
    Raises UnknownNameError, ExpectationError, and InputError for what an executor can't be sent.
    """
    todo = plan(what, registry, backends, dtypes, checks, expected)
    tell = progress if progress is not None else _quiet
    if executor is not None:
        if registry is not None and registry is not default_registry():
            raise InputError("workers know the default registry alone: leave the executor or the registry out")
        picked = [None if names is None else tuple(names) for names in (backends, dtypes, checks)]
        found = run_all(Request(what, *picked), todo, executor, tell)
    else:
        found = []
        for cell in todo.cells:
            found.append(run(*cell))
            tell(len(found), len(todo.cells))
    records = [settle(record, expected or {}) for record in found]
    rest = [*todo.missing, *(all_skipped(records) if checks is None else ())]
    return [*records, *rest, *(unmatched(todo.cells) if checks is None and dtypes is None else ())]


def _quiet(done: int, total: int) -> None:
    pass
