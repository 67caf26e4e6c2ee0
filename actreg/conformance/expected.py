"""Failures that a caller announces: ``expected={"limits": "upstream issue 123"}``.

Requirements:

- A key is a check's name, or the name of one record, ``my_act on torch in float16: limits``; either may have wildcards.
- What is announced must happen: a record that passes although its failure was announced fails.
- A key that matches nothing, and one without a reason, are errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase

from actreg.conformance.record import Record
from actreg.errors import ActregError, did_you_mean, suggest


class ExpectationError(ActregError, ValueError):
    """An announced failure that names no check of this run, or gives no reason."""


def reason_for(name: str, check: str, expected: Mapping[str, str]) -> str:
    """Why this record may fail; empty where that was not announced. name: as `Record` and `named` spell it."""
    return next((why for key, why in expected.items() if _matches(key, name, check)), "")


def settle(record: Record, expected: Mapping[str, str]) -> Record:
    """The record with an announced failure as such, and an unexpected success as a failure."""
    reason = reason_for(str(record), record.check, expected)
    if not reason or record.verdict == "skipped":
        return record
    if record.verdict in ("fail", "stale"):
        return replace(record, verdict="expected", reason=f"{reason} [{record.reason}]" if record.reason else reason)
    return replace(record, verdict="fail", reason=f"it was expected to fail ({reason}), and passes: remove that entry")


def verify(expected: Mapping[str, str], names: Iterable[tuple[str, str]]) -> None:
    """Raises ExpectationError for keys that match none of the (name, check) pairs, or have no reason."""
    pairs = list(names)
    for key, reason in expected.items():
        if not reason or not isinstance(reason, str):
            raise ExpectationError(f"expected failure {key!r} needs a reason")
        if not any(_matches(key, name, check) for name, check in pairs):
            near = suggest(key, [*(check for _, check in pairs), *(name for name, _ in pairs)])
            raise ExpectationError(f"expected failure {key!r} matches no check of this run{did_you_mean(near)}")


def _matches(key: str, name: str, check: str) -> bool:
    # Names hold brackets of their own, which fnmatch would read as a set.
    pattern = key.replace("[", "[[]")
    return fnmatchcase(check, pattern) or fnmatchcase(name, pattern)
