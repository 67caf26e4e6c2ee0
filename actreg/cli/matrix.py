"""What ``actreg conform`` does: runs the suite over processes, prints the matrix, writes the page."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actreg.cli import output
from actreg.cli.progress import counting
from actreg.cli.workers import workers

if TYPE_CHECKING:
    from actreg.conformance.run import Run


@dataclass(frozen=True)
class Wanted:
    """What to test; None is everything, and as many jobs as are worth it. each: every configuration has its row.

    Backends are compared with each other where no checks are picked.
    """

    what: Any
    backends: Sequence[str] | None
    dtypes: Sequence[str] | None
    checks: Sequence[str] | None
    jobs: int | None
    each: bool


def conform(wanted: Wanted, page: Path | None, *, json: bool) -> int:
    """Runs, prints and writes; 1 where something fails or nothing was tested, 130 after Ctrl-C."""
    from actreg.conformance.report import closed, matrix, text

    try:
        run = _measured(wanted, compare=(json or page is not None) and wanted.checks is None)
    except KeyboardInterrupt:
        output.note("actreg: interrupted")
        return 130
    if page is not None:
        from actreg.conformance.html_page import html

        page.write_text(html(run), encoding="utf-8")
    failed = [record for record in run.records if not record.ok]
    if json:
        output.as_json(run.as_dict(each=wanted.each))
    else:
        output.line(text(matrix(run.records, each=wanted.each)))
        for record in failed:
            for line in record.explain().splitlines():
                output.note(line)
        for line in closed(run.records):
            output.line(line)
        output.line(f"{len(run.records)} checks, {len(failed)} failed, in {run.seconds:.0f} s")
        if page is not None:
            output.line(f"written to {page}")
    if not run.records:
        output.note("actreg: nothing was checked: no such combination of activation, backend, dtype and check")
    return 1 if failed or not run.records else 0


def _measured(wanted: Wanted, *, compare: bool) -> Run:
    from actreg.conformance.agreement import agreement
    from actreg.conformance.plan import plan
    from actreg.conformance.run import Run, began
    from actreg.conformance.runner import check

    start = began()
    only = (wanted.backends, wanted.dtypes, wanted.checks)
    jobs = wanted.jobs or _worthwhile(len(plan(wanted.what, None, *only).cells))
    with workers(jobs) as executor, counting("checking") as progress:
        records = check(wanted.what, None, *only, progress=progress, executor=executor)
    pairs = []
    if compare:
        with counting("comparing") as progress:
            pairs = agreement(wanted.what, wanted.backends, wanted.dtypes, progress)
    return Run.ended(start, records, pairs, command())


def _worthwhile(checks: int) -> int:
    # A process needs a second or two to begin, and a thousand checks run in that time.
    return max(1, min(os.cpu_count() or 1, checks // 1000))


def command() -> str:
    """The command line as it was given."""
    import shlex

    return shlex.join(["actreg", *sys.argv[1:]])
