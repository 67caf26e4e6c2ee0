"""Runs the suite: activation × backend × dtype × check → records.

Requirements:

- Untested is a failure: a check that raises, or finds nothing to judge, fails. A skip names a capability.
- One call, without pytest: `check(MyActivation)`.
- Failures inside a listed deviation's region are a deviation, all others a failure; a deviation without any is stale.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from actreg.conformance.cases import cases_of
from actreg.conformance.checks import CHECKS, Check
from actreg.conformance.checks.finding import Finding
from actreg.conformance.deviations import Deviation, applying, known
from actreg.conformance.record import Record, Verdict
from actreg.conformance.subject import Subject
from actreg.conformance.tolerance import grade
from actreg.contracts.activation import Activation

Cell = tuple[Subject, Check]


def check(
    what: Any,
    registry: Any = None,
    backends: Sequence[str] | None = None,
    dtypes: Sequence[str] | None = None,
    checks: Sequence[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Record]:
    """The records of one activation: a class, an instance's class, or a name; also a list of these.

    registry: the default one, extended by a class that it does not know. backends, dtypes, checks: names; all by
    default (of backends those whose library is installed). progress: called with how many are done, and of how many.
    Raises UnknownNameError.
    """
    found = list(cells(what, registry, backends, dtypes, checks))
    records = []
    for done, cell in enumerate(found, 1):
        records.append(run(*cell))
        if progress is not None:
            progress(done, len(found))
    return records


def cells(
    what: Any,
    registry: Any = None,
    backends: Sequence[str] | None = None,
    dtypes: Sequence[str] | None = None,
    checks: Sequence[str] | None = None,
) -> Iterator[Cell]:
    """Every (subject, check) that `check` runs, without running any."""
    for item in what if isinstance(what, list | tuple) else [what]:
        cls, known_to = _resolve(item, registry)
        for case in cases_of(cls, known_to):
            first = True
            for name in backends or available(known_to):
                library = known_to.backend(name)
                if case.act.kind not in library.kinds:
                    continue
                device = library.devices()[0]
                for dtype in library.dtypes(device):
                    if dtypes is not None and dtype not in dtypes:
                        continue
                    subject = Subject(case, known_to, library.name, device, dtype)
                    for item_check in CHECKS:
                        wanted = checks is None or item_check.name in checks
                        if wanted and (first or not item_check.once) and item_check.concerns(subject):
                            yield subject, item_check
                    first = False


def available(registry: Any) -> list[str]:
    """The backends whose library is installed."""
    from actreg.errors import MissingExtraError

    found = []
    for name in registry.backend_names():
        try:
            registry.backend(name)
        except MissingExtraError:
            continue
        found.append(name)
    return found


def run(s: Subject, check: Check, entries: Sequence[Deviation] | None = None) -> Record:
    """One check of one subject."""
    facts: dict[str, Any] = {
        "activation": s.case.name,
        "config": s.case.options,
        "backend": s.backend,
        "device": s.device,
        "dtype": s.dtype,
        "check": check.name,
        "law": check.law,
    }
    try:
        provider = s.kernel.provider if s.kernel is not None else "the formula"
        found = check.run(s)
    except Exception as error:  # a wrong implementation may raise anything, and that is a finding
        return Record(**facts, verdict="fail", reason=f"{type(error).__name__}: {error}")
    listed = applying(
        known() if entries is None else entries,
        activation=s.case.name,
        config=s.act.model_dump(),
        backend=s.backend,
        dtype=s.dtype,
        check=check.name,
    )
    if s.provider != "vendor":
        listed = []
    return _verdict(s, found, facts, provider, listed)


def _verdict(s: Subject, found: Finding, facts: Any, provider: str, listed: Sequence[Deviation]) -> Record:
    if found.skipped:
        reason = f"needs the capability {found.skipped!r}"
        return Record(**facts, verdict="skipped", provider=provider, reason=reason, capability=found.skipped)
    covered = np.zeros(len(found.failed), dtype=bool)
    stale: list[str] = []
    for deviation in listed:
        here = deviation.covers(found.inputs[: len(found.failed)]) & found.failed
        covered |= here
        if not here.any() and not found.broken and not deviation.varies:
            stale.append(deviation.what)
    excused = bool(listed) and bool(found.broken) and not len(found.failed)
    numbers = _numbers(found, covered)
    failed = bool((found.failed & ~covered).any()) or (bool(found.broken) and not excused)
    reasons = [*found.broken] if failed else []
    verdict: Verdict = "pass"
    if failed:
        verdict = "fail"
    elif stale:
        verdict, reasons = "stale", [f"no longer occurs: {what}" for what in stale]
    elif covered.any() or excused:
        verdict, reasons = "deviation", sorted({f"{d.what} ({d.reason})" for d in listed})
    shown = _shown(s, found, covered) if len(found.ulp) else {}
    facts = {**facts, "tolerance": found.tolerance, "provider": provider, "reason": "; ".join(reasons)}
    return Record(**facts, verdict=verdict, **{**numbers, **shown})


def _numbers(found: Finding, covered: Any) -> dict[str, Any]:
    if not len(found.ulp):
        return {"points": len(found.inputs)}
    kept = found.ulp[~covered]
    worst = float(np.max(kept)) if len(kept) else 0.0
    passed = not bool((found.failed & ~covered).any())
    return {"max_ulp": worst, "grade": grade(worst, passed), "points": len(found.ulp)}


def _shown(s: Subject, found: Finding, covered: Any) -> dict[str, str]:
    place = found.worst
    if place is None:
        return {}
    x = float(found.inputs[place])
    return {
        "worst_input_hex": x.hex(),
        "worst_input": repr(x),
        "expected": f"{found.expected[place]!r} ({float(found.expected[place]).hex()})",
        "got": f"{found.got[place]!r} ({float(found.got[place]).hex()})",
        "reproduction": s.reproduction(found.call, np.array([x])) if s.kind == "elementwise" else "",
    }


def _resolve(item: Any, registry: Any) -> tuple[Any, Any]:
    from actreg.registry import Registry, default_registry

    base = registry if registry is not None else default_registry()
    if isinstance(item, str):
        return base.find(item), base
    cls = type(item) if isinstance(item, Activation) else item
    known_classes: Iterable[Any] = (c for plugin in base.plugins() for c in plugin.activations)
    if cls in known_classes:
        return cls, base
    from actreg.registry.loading import load
    from actreg.registry.sources import explicit_sources

    return cls, Registry.from_plugins([*base.plugins(), *(load(source) for source in explicit_sources([cls]))])
