"""The matrix: activation × backend × dtype, with grade and largest error, forward and backward."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from actreg.conformance.record import Record
from actreg.conformance.tolerance import GRADES

FORWARD = ("value",)
BACKWARD = ("derivative", "gradient", "parameter gradient")
SLICES = "parameters along an axis"
_ORDER = ("failed", "untested", "ungraded", "by slices", "bounded", *(name for _, name in reversed(GRADES)))


@dataclass(frozen=True)
class Row:
    """One cell of the matrix. forward, backward: largest errors in ulp; None where nothing was measured.

    grade: of the values; ``by slices`` where a parameter runs along an axis and each slice was compared with the
    function of one parameter; ``failed`` where any check failed; ``untested`` where none ran, ``ungraded`` where none
    of them was about values.
    """

    activation: str
    config: str
    backend: str
    dtype: str
    provider: str
    grade: str
    forward: float | None
    backward: float | None
    passed: int
    failed: int
    deviations: int
    skipped: int
    expected: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)


def matrix(records: Iterable[Record], *, each: bool = False) -> list[Row]:
    """One row for each activation, backend and dtype, its worst configuration standing for all, in the order of the
    records. each: one row for each configuration."""
    groups: dict[tuple[str, str, str, str], list[Record]] = {}
    for record in records:
        config = record.config if each else ""
        groups.setdefault((record.activation, config, record.backend, record.dtype), []).append(record)
    return [_row(*key, found) for key, found in groups.items()]


def _row(activation: str, config: str, backend: str, dtype: str, records: Sequence[Record]) -> Row:
    count = {word: sum(r.verdict == word for r in records) for word in ("pass", "deviation", "skipped", "expected")}
    failed = sum(not r.ok for r in records)
    return Row(
        activation=activation,
        config=config,
        backend=backend,
        dtype=dtype,
        provider=", ".join(dict.fromkeys(r.provider for r in records if r.provider)),
        grade="failed" if failed else _grade(records),
        forward=_worst(records, FORWARD),
        backward=_worst(records, BACKWARD),
        passed=count["pass"],
        failed=failed,
        deviations=count["deviation"],
        skipped=count["skipped"],
        expected=count["expected"],
    )


def _grade(records: Sequence[Record]) -> str:
    grades = [r.grade for r in records if r.check in FORWARD and r.grade]
    if grades:
        return min(grades, key=_ORDER.index)
    tested = [r.check for r in records if r.verdict in ("pass", "deviation")]
    if SLICES in tested:
        return "by slices"
    return "ungraded" if tested else "untested"


def _worst(records: Sequence[Record], checks: Sequence[str]) -> float | None:
    return max((r.max_ulp for r in records if r.check in checks and r.max_ulp is not None), default=None)


def closed(records: Iterable[Record]) -> list[str]:
    """What was skipped, a line for each backend: the capabilities that it does not declare, each with its checks."""
    found: dict[str, dict[str, int]] = {}
    for record in records:
        if record.verdict == "skipped":
            counted = found.setdefault(record.backend, {})
            counted[record.capability] = counted.get(record.capability, 0) + 1
    return [
        f"{backend} does not declare {', '.join(f'{name} ({count:,})' for name, count in counted.items())}"
        for backend, counted in found.items()
    ]


def text(rows: Sequence[Row]) -> str:
    """The matrix as plain text, one line a cell."""
    cells = [("activation", "backend", "dtype", "grade", "forward", "backward", "checks")]
    cells += [(_name(r), r.backend, r.dtype, r.grade, ulp(r.forward), ulp(r.backward), counts(r)) for r in rows]
    widths = [max(len(line[k]) for line in cells) for k in range(len(cells[0]))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in cells)


def _name(row: Row) -> str:
    return row.activation if row.config in ("", "default") else f"{row.activation}({row.config})"


def ulp(value: float | None) -> str:
    """An error as reports show it."""
    return "-" if value is None else f"{value if value > 1e-9 else 0:.4g}"


def counts(row: Row) -> str:
    """``31 passed, 1 failed, 2 deviations, 1 skipped``."""
    parts = [f"{row.passed} passed"]
    found = (
        (row.failed, "failed"),
        (row.deviations, "deviations"),
        (row.expected, "announced"),
        (row.skipped, "skipped"),
    )
    return ", ".join(parts + [f"{n} {word}" for n, word in found if n])
