"""``actreg conform --exhaustive``: every bit pattern, over processes, resumable."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actreg.cli import output
from actreg.cli.workers import workers

if TYPE_CHECKING:
    from actreg.conformance.exhaustive.results import Record
    from actreg.conformance.exhaustive.run import Progress


def sweep(
    names: Sequence[str], backends: Sequence[str], dtypes: Sequence[str], jobs: int, journal: Path | None, *, json: bool
) -> int:
    """Sweeps the named functions, all of one variable by default; 1 where a bound of our own is broken.

    A journal lets an interrupted sweep go on with the same command.
    """
    from actreg.conformance.exhaustive import truth
    from actreg.conformance.exhaustive.journal import Journal
    from actreg.conformance.exhaustive.measure import Job
    from actreg.conformance.exhaustive.results import record_of
    from actreg.conformance.exhaustive.run import run
    from actreg.registry import default_registry

    registry = default_registry()
    found = [registry.resolve(name) for name in names or sorted({*truth.FORMULAS} & {*registry.names()})]
    chosen = [(r.activation.info.name, tuple(sorted({**r.defaults, **r.pinned}.items()))) for r in found]
    wanted = [Job(*function, backend, dtype) for function in chosen for backend in backends for dtype in dtypes]
    try:
        with workers(jobs) as executor, _progress() as progress:
            sweeps = run(wanted, executor, Journal(journal), progress, ahead=2 * jobs)
    except KeyboardInterrupt:
        # After the bar, which would wrap the line.
        kept = f"{journal} holds what is done; the same command goes on" if journal else "no --journal, nothing kept"
        output.note(f"actreg: interrupted: {kept}")
        return 130
    records = [record_of(swept, _command()) for swept in sweeps]
    if json:
        output.as_json([record.as_dict() for record in records])
    else:
        _table(records)
    return 0 if all(_kept(record) for record in records) else 1


def _kept(record: Record) -> bool:
    # What is promised of the NumPy backend; others' kernels are graded, not judged here.
    if record.backend != "numpy":
        return True
    wrong = sum(t.not_nan + t.not_inf + t.sign for t in (record.value, record.derivative))
    return record.truth.good and not wrong and record.value.max_ulp <= 0.51 and record.derivative.max_ulp <= 1.0


def _table(records: Sequence[Record]) -> None:
    head = (
        "function",
        "backend",
        "dtype",
        "direction",
        "inputs",
        "max ulp",
        "above 0.5",
        "grade",
        "worst input",
        "wrong",
    )
    cells = []
    for record in records:
        for direction, tally, grade in zip(
            ("value", "derivative"), (record.value, record.derivative), record.grades(), strict=True
        ):
            worst = record.worst(direction)
            wrong = {"NaN": tally.not_nan, "inf": tally.not_inf, "sign": tally.sign}
            cells.append(
                (
                    record.activation,
                    record.backend,
                    record.dtype,
                    direction,
                    f"{record.inputs:,}",
                    f"{tally.max_ulp:.7g}",
                    f"{tally.above_half:,}",
                    grade,
                    "" if worst is None else f"{worst.hex()} = {worst!r}",
                    ", ".join(f"{count:,} {what}" for what, count in wrong.items() if count),
                )
            )
    output.table(head, cells, right=(4, 5, 6))


def _command() -> str:
    return " ".join(["actreg", *sys.argv[1:]])


@contextmanager
def _progress() -> Iterator[Progress]:
    bar: Any = None
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
        bar = Progress(*columns, console=Console(stderr=True), transient=True)
    with bar or nullcontext():
        task = bar.add_task("sweeping") if bar else None
        told = 0

        def step(done: int, total: int) -> None:
            nonlocal told
            percent = 100 * done // total
            if bar:
                bar.update(task, completed=done, total=total, description=f"{done:,} of {total:,} inputs")
            elif percent // 10 > told // 10:
                output.note(f"{percent} % of {total:,} inputs")
            told = percent

        yield step
