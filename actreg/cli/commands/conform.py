"""``actreg conform [NAME…]``: the conformance matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from actreg.cli import output
from actreg.cli.settings import Json


def command(
    names: Annotated[list[str] | None, typer.Argument(help="Activations; all by default.")] = None,
    backend: Annotated[list[str] | None, typer.Option("--backend", help="Only this backend; may be repeated.")] = None,
    dtype: Annotated[list[str] | None, typer.Option("--dtype", help="Only this dtype; may be repeated.")] = None,
    points: Annotated[int, typer.Option("--sweep", min=0, help="Instead, measure over this many inputs.")] = 0,
    exhaustive: Annotated[bool, typer.Option("--exhaustive", help="Instead, every bit pattern of float32.")] = False,
    jobs: Annotated[int, typer.Option(min=1, help="With --exhaustive: how many processes.")] = 2,
    journal: Annotated[Path | None, typer.Option(help="With --exhaustive: a file that lets it be resumed.")] = None,
    json: Json = False,
) -> int:
    """Check activations against reference values on every backend; status 1 where something fails."""
    from actreg.registry import default_registry

    registry = default_registry()
    chosen = list(names or registry.names())
    for name in chosen:
        registry.find(name)
    for name in backend or ():
        registry.backend(name)

    if exhaustive:
        from actreg.cli.exhaustive import sweep

        return sweep(names or (), backend or ("numpy",), dtype or ("float32",), jobs, journal, json=json)
    if points:
        _sweep(names or (), points, backend or ("numpy",), dtype or ("float32",), json=json)
        return 0

    from actreg.conformance.report import matrix, text
    from actreg.conformance.runner import check

    records = check(chosen, registry, backends=backend or None, dtypes=dtype or None)
    failed = [record for record in records if not record.ok]
    if json:
        output.as_json([record.as_dict() for record in records])
    else:
        output.line(text(matrix(records)))
        for record in failed:
            output.note(f"{record}: {record.verdict}: {record.reason}")
        output.line(f"{len(records)} checks, {len(failed)} failed")
    if not records:
        output.note("actreg: nothing was checked: no such combination of activation, backend and dtype")
    return 1 if failed or not records else 0


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
