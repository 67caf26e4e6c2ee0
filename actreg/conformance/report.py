"""The matrix: activation × backend × dtype, with grade and largest error, forward and backward."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from actreg.conformance.record import Record

FORWARD = ("value",)
BACKWARD = ("derivative", "gradient", "parameter gradient")


@dataclass(frozen=True)
class Row:
    """One cell of the matrix. forward, backward: largest errors in ulp; None where nothing was measured."""

    activation: str
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

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)


def matrix(records: Iterable[Record]) -> list[Row]:
    """One row for each configuration, backend and dtype, in the order of the records."""
    groups: dict[tuple[str, str, str], list[Record]] = {}
    for record in records:
        groups.setdefault((record.subject, record.backend, record.dtype), []).append(record)
    return [_row(*key, found) for key, found in groups.items()]


def _row(subject: str, backend: str, dtype: str, records: Sequence[Record]) -> Row:
    value = [r for r in records if r.check in FORWARD]
    count = {verdict: sum(r.verdict == verdict for r in records) for verdict in ("pass", "deviation", "skipped")}
    return Row(
        activation=subject,
        backend=backend,
        dtype=dtype,
        provider=next((r.provider for r in records if r.provider), ""),
        grade=value[0].grade if value else "by slices",
        forward=_worst(value),
        backward=_worst([r for r in records if r.check in BACKWARD]),
        passed=count["pass"],
        failed=sum(not r.ok for r in records),
        deviations=count["deviation"],
        skipped=count["skipped"],
    )


def _worst(records: Sequence[Record]) -> float | None:
    return max((r.max_ulp for r in records if r.max_ulp is not None), default=None)


def text(rows: Sequence[Row]) -> str:
    """The matrix as plain text, one line a cell."""
    cells = [("activation", "backend", "dtype", "grade", "forward", "backward", "checks")]
    cells += [(r.activation, r.backend, r.dtype, r.grade, _ulp(r.forward), _ulp(r.backward), _checks(r)) for r in rows]
    widths = [max(len(line[k]) for line in cells) for k in range(len(cells[0]))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in cells)


def _ulp(value: float | None) -> str:
    return "-" if value is None else f"{value if value > 1e-9 else 0:.4g}"


def _checks(row: Row) -> str:
    parts = [f"{row.passed} passed"]
    parts += [f"{n} {word}" for n, word in ((row.failed, "failed"), (row.deviations, "deviations")) if n]
    return ", ".join([*parts, *([f"{row.skipped} skipped"] if row.skipped else [])])
