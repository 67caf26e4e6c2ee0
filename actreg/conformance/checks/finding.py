"""What a check finds: measured errors at inputs, or a law that does not hold."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from actreg.conformance.exact import Exact
from actreg.conformance.formats import Array


@dataclass
class Finding:
    """Arrays run over the results judged. broken: laws that failed, in words. skipped: the capability lacking.
    call: what was called, for a reproduction. tolerance: the bound, in words. lines: of each result the whole line that
    went in, where it depends on one."""

    inputs: Array = field(default_factory=lambda: np.empty(0))
    ulp: Array = field(default_factory=lambda: np.empty(0))
    failed: Array = field(default_factory=lambda: np.empty(0, dtype=bool))
    expected: Array = field(default_factory=lambda: np.empty(0))
    got: Array = field(default_factory=lambda: np.empty(0))
    broken: list[str] = field(default_factory=list)
    skipped: str = ""
    call: str = ""
    tolerance: str = ""
    lines: list[Array] = field(default_factory=list)

    @property
    def worst(self) -> int | None:
        """The place of the failing result that is furthest off, or of the furthest at all."""
        if not len(self.ulp):
            return None
        if not self.failed.any():
            return int(np.argmax(self.ulp))
        return int(np.argmax(np.where(self.failed, self.ulp + 1e-9, -1.0)))


def measured(inputs: Array, got: Array, truth: Exact, ulp: Array, failed: Array, call: str = "") -> Finding:
    """A finding from arrays of one length."""
    return Finding(inputs, ulp, failed, truth.as_float(), np.asarray(got).astype(np.float64), call=call)


def joined(parts: list[Finding]) -> Finding:
    """One finding of several."""
    if not parts:
        return Finding()
    names = ("inputs", "ulp", "failed", "expected", "got")
    broken = [text for part in parts for text in part.broken]
    found = Finding(broken=broken, call=parts[0].call, tolerance=parts[0].tolerance)
    for name in names:
        setattr(found, name, np.concatenate([getattr(part, name) for part in parts]))
    if all(len(part.lines) == len(part.ulp) for part in parts):
        found.lines = [line for part in parts for line in part.lines]
    return found


def of_line(found: Finding, line: Array) -> Finding:
    """The finding, which is about the results of one line."""
    found.lines = [line] * len(found.ulp)
    return found


def same_bits(a: Array, b: Array) -> bool:
    """Whether two arrays agree in shape, dtype and every bit; NaNs agree with NaNs."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    wide_a, wide_b = a.astype(np.float64), b.astype(np.float64)
    nan = np.isnan(wide_a) & np.isnan(wide_b)
    return bool(np.all(nan | ((wide_a == wide_b) & (np.signbit(wide_a) == np.signbit(wide_b)))))
