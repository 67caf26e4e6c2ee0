"""What the suite reports: one record for each check of each cell."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

from actreg.conformance.witness import Witness

Verdict = Literal["pass", "fail", "deviation", "stale", "skipped", "expected"]


@dataclass(frozen=True)
class Record:
    """One check of one configuration on one backend in one dtype.

    verdict: ``deviation`` is a listed deviation of a vendor's kernel, ``stale`` a listed one that no longer occurs,
    ``skipped`` names the capability that the backend does not declare, ``expected`` a failure that was announced.
    max_ulp: None where nothing was measured. tolerance: the bound that results were held to, in words.
    capability: what a skipped check needs. witnesses: the worst inputs, the worst first.
    """

    activation: str
    config: str
    backend: str
    device: str
    dtype: str
    check: str
    law: str
    verdict: Verdict
    provider: str = ""
    reason: str = ""
    grade: str = ""
    max_ulp: float | None = None
    points: int = 0
    worst_input_hex: str = ""
    worst_input: str = ""
    expected: str = ""
    got: str = ""
    reproduction: str = ""
    tolerance: str = ""
    capability: str = ""
    witnesses: tuple[Witness, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether this is good: passed, a listed deviation, beyond what the backend declares, or announced."""
        return self.verdict in ("pass", "deviation", "skipped", "expected")

    @property
    def subject(self) -> str:
        """``silu(beta=-1.0)``."""
        return self.activation if self.config == "default" else f"{self.activation}({self.config})"

    def __str__(self) -> str:
        return f"{self.subject} on {self.backend} in {self.dtype}: {self.check}"

    def explain(self) -> str:
        """Everything that a failing check has to say, over several lines."""
        lines = [f"{self}: {self.verdict}", f"  law: {self.law}"]
        facts = {
            "provider": self.provider,
            "reason": self.reason,
            "input": f"{self.worst_input_hex} = {self.worst_input}" if self.worst_input_hex else "",
            "of the line": self._line(),
            "expected": self.expected,
            "got": self.got,
            "error": self._error(),
            "tolerance": self.tolerance,
            "reproduce": self.reproduction,
        }
        return "\n".join(lines + [f"  {name}: {fact}" for name, fact in facts.items() if fact])

    def _line(self) -> str:
        line = self.witnesses[0].line if self.witnesses else ""
        return f"{line} = {', '.join(repr(float.fromhex(word)) for word in line.split())}" if line else ""

    def _error(self) -> str:
        if self.witnesses:
            return f"{self.witnesses[0].ulp:.6g} ulp"
        return f"{self.max_ulp:.6g} ulp" if self.max_ulp is not None else ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON, which has no infinity: that is a string."""
        return {name: plain(value) for name, value in asdict(self).items()}


def plain(value: Any) -> Any:
    """The same without infinities and NaN, which JSON lacks: they become words."""
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return value if not isinstance(value, float) or math.isfinite(value) else repr(value)
