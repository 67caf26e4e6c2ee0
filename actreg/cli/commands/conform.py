"""``actreg conform [NAME…]``: the conformance matrix."""

from __future__ import annotations

from typing import Annotated

import typer

from actreg.cli import output
from actreg.cli.settings import Json


def command(
    names: Annotated[list[str] | None, typer.Argument(help="Activations; all by default.")] = None,
    backend: Annotated[list[str] | None, typer.Option("--backend", help="Only this backend; may be repeated.")] = None,
    dtype: Annotated[list[str] | None, typer.Option("--dtype", help="Only this dtype; may be repeated.")] = None,
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
