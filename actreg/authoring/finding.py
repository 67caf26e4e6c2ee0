"""What a check of a plugin finds: what is wrong, what to do, and where."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing that is, or would go, wrong; as text it is one line.

    rule: which check found it. fix: what to do, an imperative sentence. file, line: where, as far as there is a place;
    line counts from 1, 0 is the whole file. A ``warning`` would annoy somebody, a ``note`` says what was not checked.
    """

    rule: str
    message: str
    fix: str
    severity: Severity = "error"
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.file and self.line else f"{self.file}: " if self.file else ""
        advice = f"; {self.fix}" if self.fix else ""
        return " ".join(f"{place}{self.severity}: {self.rule}: {self.message}{advice}".splitlines())

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)

    def annotation(self) -> str:
        """A workflow command that GitHub shows beside the line."""
        level = "notice" if self.severity == "note" else self.severity
        properties = {"file": self.file, "line": str(self.line) if self.line else "", "title": self.rule}
        given = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
        return f"::{level} {given}::{_data(f'{self.message}; {self.fix}' if self.fix else self.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
