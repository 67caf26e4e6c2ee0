"""What the suite reports: one record for each check of each cell."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["pass", "fail", "deviation", "stale", "skipped"]


@dataclass(frozen=True)
class Record:
    """One check of one configuration on one backend in one dtype.

    verdict: ``deviation`` is a listed deviation of a vendor's kernel, ``stale`` a listed one that no longer occurs,
    ``skipped`` names the capability that the backend does not declare. max_ulp: None where nothing was measured.
    tolerance: the bound that results were held to, in words. capability: what a skipped check needs.
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

    @property
    def ok(self) -> bool:
        """Whether this is good: passed, a listed deviation, or beyond what the backend declares."""
        return self.verdict in ("pass", "deviation", "skipped")

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
            "expected": self.expected,
            "got": self.got,
            "error": f"{self.max_ulp:.6g} ulp" if self.max_ulp is not None else "",
            "tolerance": self.tolerance,
            "reproduce": self.reproduction,
        }
        return "\n".join(lines + [f"  {name}: {fact}" for name, fact in facts.items() if fact])

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)
