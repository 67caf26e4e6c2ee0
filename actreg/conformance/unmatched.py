"""Listed deviations that a run meets nowhere: an error, because nothing would ever tell that they are stale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from actreg.conformance.checks import Check
from actreg.conformance.deviations import Deviation, applying, known
from actreg.conformance.record import Record
from actreg.conformance.subject import Subject

CHECK = "deviations"
LAW = "Every listed deviation of a kernel that is tested is about some cell of the matrix."


def unmatched(cells: Iterable[tuple[Subject, Check]], entries: Sequence[Deviation] | None = None) -> list[Record]:
    """A failing record for every entry in force about an activation on a backend, of those that a vendor's kernel runs
    in these cells, that none of them matches. cells: whole ones, with every check and dtype."""
    listed = known() if entries is None else entries
    met: set[tuple[str, str]] = set()
    used: set[int] = set()
    for s, check in cells:
        if s.provider != "vendor":
            continue
        met.add((s.case.name, s.backend))
        config = s.act.model_dump()
        facts = {"activation": s.case.name, "backend": s.backend, "dtype": s.dtype, "check": check.name}
        used |= {id(entry) for entry in applying(listed, config=config, **facts)}
    return [
        Record(
            activation=entry.activation,
            config="default",
            backend=entry.backend,
            device="",
            dtype=" ".join(entry.dtypes),
            check=CHECK,
            law=LAW,
            verdict="fail",
            reason=f"matches no cell: {entry.check}, {entry.what}, config {dict(entry.config)}",
        )
        for entry in listed
        if (entry.activation, entry.backend) in met and entry.in_force() and id(entry) not in used
    ]
