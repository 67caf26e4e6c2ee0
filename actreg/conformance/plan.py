"""The plan of a run: which checks of which cells, and what was asked for and can't be tested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from actreg.conformance.cases import cases_of
from actreg.conformance.checks import CHECKS, Check
from actreg.conformance.coverage import gaps
from actreg.conformance.expected import settle, verify
from actreg.conformance.record import Record
from actreg.conformance.scope import Scope, scopes
from actreg.conformance.subject import Subject
from actreg.errors import UnknownNameError

Cell = tuple[Subject, Check]


@dataclass(frozen=True)
class Plan:
    """What there is to run, and a record for everything that was asked for and has nothing to run."""

    cells: tuple[Cell, ...]
    missing: tuple[Record, ...]


def plan(
    what: Any,
    registry: Any = None,
    backends: Sequence[str] | None = None,
    dtypes: Sequence[str] | None = None,
    checks: Sequence[str] | None = None,
    expected: Mapping[str, str] | None = None,
) -> Plan:
    """The plan for what `runner.check` takes; nothing is run. Where checks are picked, gaps are not looked for.

    Raises UnknownNameError, ExpectationError.
    """
    names = [check.name for check in CHECKS]
    for name in checks or ():
        if name not in names:
            raise UnknownNameError("check", name, names, hint=f"checks: {', '.join(names)}")
    found = scopes(what, registry)
    chosen = tuple(_cells(found, backends, dtypes, checks))
    met = {(s.case.name, s.backend, s.dtype) for s, _ in chosen}
    missing = gaps(found, met, backends, dtypes) if checks is None else []
    named = [(cell_name(*cell), cell[1].name) for cell in chosen]
    verify(expected or {}, [*named, *((str(record), record.check) for record in missing)])
    return Plan(chosen, tuple(settle(record, expected or {}) for record in missing))


def cells(
    what: Any,
    registry: Any = None,
    backends: Sequence[str] | None = None,
    dtypes: Sequence[str] | None = None,
    checks: Sequence[str] | None = None,
) -> Iterator[Cell]:
    """Every (subject, check) that `runner.check` runs, without running any."""
    return _cells(scopes(what, registry), backends, dtypes, checks)


def _cells(
    found: Sequence[Scope],
    backends: Sequence[str] | None,
    dtypes: Sequence[str] | None,
    checks: Sequence[str] | None,
) -> Iterator[Cell]:
    for scope in found:
        for number, case in enumerate(cases_of(scope.cls, scope.registry)):
            first = True
            for name in scope.where(backends):
                library = scope.registry.backend(name)
                if case.act.kind not in library.kinds:
                    continue
                device, kernels = library.devices()[0], scope.only_kernels(name)
                for dtype in library.dtypes(device):
                    subject = Subject(case, scope.registry, library.name, device, dtype, number)
                    if (dtypes is not None and dtype not in dtypes) or (kernels and subject.kernel not in kernels):
                        continue
                    for item_check in CHECKS:
                        wanted = checks is None or item_check.name in checks
                        if wanted and (first or not item_check.once) and item_check.concerns(subject):
                            yield subject, item_check
                    first = False


def cell_name(s: Subject, check: Check) -> str:
    """``silu(beta=-1.0) on numpy in float32: nan``, as the record will be called."""
    return f"{s.case} on {s.backend} in {s.dtype}: {check.name}"
