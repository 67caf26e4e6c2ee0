"""``actreg conform``: the conformance matrix."""

from __future__ import annotations

import sys
from dataclasses import asdict

import typer

from actreg.cli.output import as_json, line, warn
from actreg.registry import default_registry


def command(
    names: list[str] = typer.Argument(None, help="Activations; all by default."),
    backend: list[str] = typer.Option([], "--backend", help="Only this backend. Can be given again."),
    dtype: list[str] = typer.Option([], "--dtype", help="Only this dtype. Can be given again."),
    points: int = typer.Option(0, "--sweep", min=0, help="Instead, measure over this many inputs of each dtype."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Check activations on backends against reference values; exit 1 where one falls short."""
    if points:
        _sweep(names, backend, dtype, points, json=json)
        return
    from actreg import conformance

    records = conformance.check(
        names or default_registry().names(),
        backends=backend or None,
        dtypes=dtype or None,
        progress=_progress(quiet=json),
    )
    rows = conformance.matrix(records)
    failed = [record for record in records if not record.ok]
    if json:
        as_json({"matrix": [asdict(row) for row in rows], "records": [record.as_dict() for record in records]})
    else:
        line(conformance.text(rows))
        for record in failed:
            warn(record.explain())
        line(f"{len(records) - len(failed)} passed, {len(failed)} failed")
    if failed:
        raise typer.Exit(1)


def _sweep(names: list[str], backend: list[str], dtype: list[str], points: int, *, json: bool) -> None:
    from actreg.conformance import sweeps

    rows = sweeps.sweep(names or None, points, backends=backend or ("numpy",), **({"dtypes": dtype} if dtype else {}))
    if json:
        as_json([asdict(row) for row in rows])
        return
    line(sweeps.text(rows))


def _progress(*, quiet: bool) -> object:
    if quiet or not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        sys.stderr.write(f"\r{done} of {total} checks" + ("\n" if done == total else ""))
        sys.stderr.flush()

    return show
