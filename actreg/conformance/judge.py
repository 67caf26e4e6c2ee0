"""One check of one cell → one record.

Requirements:

- A check that raises fails: a wrong implementation may raise anything. A skip names a capability.
- Failures inside a listed deviation's region are a deviation, all others a failure; a deviation without any is stale.
- A failure comes with a line that shows it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from actreg.conformance.checks import Check
from actreg.conformance.checks.finding import Finding
from actreg.conformance.deviations import Deviation, applying, known
from actreg.conformance.record import Record, Verdict
from actreg.conformance.reproduce import of_check, of_number
from actreg.conformance.subject import Subject
from actreg.conformance.tolerance import grade
from actreg.conformance.witness import witnesses


def run(s: Subject, check: Check, entries: Sequence[Deviation] | None = None) -> Record:
    """One check of one subject."""
    record = _judged(s, check, entries)
    return record if record.ok or record.reproduction else replace(record, reproduction=of_check(s, check.name))


def _judged(s: Subject, check: Check, entries: Sequence[Deviation] | None) -> Record:
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
    if check.truth and not found.broken and not len(found.ulp):
        found.broken.append("it found nothing to judge")
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
    left = [words for words in found.broken if not any(deviation.excuses(words) for deviation in listed)]
    if len(found.failed):
        left = found.broken
    excused = bool(found.broken) and not left
    numbers = _numbers(found, covered)
    failed = bool((found.failed & ~covered).any()) or bool(left)
    reasons = left if failed else []
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


def _shown(s: Subject, found: Finding, covered: Any) -> dict[str, Any]:
    worst = witnesses(found, covered)
    if not worst:
        return {}
    first = worst[0]
    return {
        "worst_input_hex": first.input_hex,
        "worst_input": first.input,
        "expected": first.expected,
        "got": first.got,
        "witnesses": worst,
        "reproduction": of_number(s, first, found.call),
    }
