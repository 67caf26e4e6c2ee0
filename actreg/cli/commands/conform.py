"""``actreg conform [NAME…]``: the conformance matrix."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from actreg.cli import output
from actreg.cli.settings import Json, check_writable


def command(
    names: Annotated[
        list[str] | None, typer.Argument(help="Activations, backends or distributions; everything by default.")
    ] = None,
    backend: Annotated[list[str] | None, typer.Option("--backend", help="Only this backend; may be repeated.")] = None,
    dtype: Annotated[list[str] | None, typer.Option("--dtype", help="Only this dtype; may be repeated.")] = None,
    plugin: Annotated[
        list[str] | None,
        typer.Option("--plugin", metavar="DIST", help="What this distribution provides; may be repeated."),
    ] = None,
    checks: Annotated[list[str] | None, typer.Option("--check", help="Only this check; may be repeated.")] = None,
    each: Annotated[bool, typer.Option("--each", help="A row for every configuration.")] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", min=1, help="How many processes; as many as there are processors, where that is worth it."
        ),
    ] = None,
    page: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write a page: matrix, worst inputs, deviations.")
    ] = None,
    points: Annotated[int, typer.Option("--sweep", min=0, help="Instead, measure over this many inputs.")] = 0,
    exhaustive: Annotated[bool, typer.Option("--exhaustive", help="Instead, every bit pattern of float32.")] = False,
    journal: Annotated[Path | None, typer.Option(help="With --exhaustive: a file that lets it be resumed.")] = None,
    json: Json = False,
) -> int:
    """Check activations against reference values on every backend; status 1 where something fails."""
    from actreg.registry import default_registry

    registry = default_registry()
    for name in backend or ():
        registry.backend(name)
    if exhaustive:
        from actreg.cli.exhaustive import sweep

        processes = jobs or os.cpu_count() or 1
        return sweep(names or (), backend or ("numpy",), dtype or ("float32",), processes, journal, json=json)
    if points:
        for name in names or ():
            registry.find(name)
        _sweep(names or (), points, backend or ("numpy",), dtype or ("float32",), json=json)
        return 0

    from actreg.cli.matrix import Wanted, conform
    from actreg.conformance.scope import Distribution, Everything

    if page is not None:
        check_writable(page)
    what = [*(names or ()), *(Distribution(name) for name in plugin or ())] or [Everything()]
    return conform(Wanted(what, backend, dtype, checks, jobs, each), page, json=json)


def _sweep(names: Sequence[str], points: int, backends: Sequence[str], dtypes: Sequence[str], *, json: bool) -> None:
    from actreg.conformance.sweeps import sweep

    rows = sweep(names, points, backends, dtypes)
    if json:
        output.as_json([asdict(row) for row in rows])
        return
    head = ("activation", "backend", "dtype", "direction", "points", "max ulp", "grade", "worst input")
    cells = [
        (
            r.activation,
            r.backend,
            r.dtype,
            r.direction,
            f"{r.points:,}",
            f"{r.max_ulp:.4f}",
            r.grade,
            f"{r.worst_input!r}",
        )
        for r in rows
    ]
    output.table(head, cells, right=(4, 5))
