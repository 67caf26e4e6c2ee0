"""``actreg check SPEC``: every mistake at once, or the table of layers; ``--diff A B``: what differs between two."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from actreg.cli import output
from actreg.cli.settings import Json, Set, spec_of
from actreg.errors import SpecError

if TYPE_CHECKING:
    from actreg.errors import Diagnostic
    from actreg.model.diff import SpecDiff
    from actreg.model.spec import ModelSpec


def command(
    spec: Annotated[str, typer.Argument(help="A model spec, a YAML file.")],
    other: Annotated[str | None, typer.Argument(help="With --diff: the spec to compare it with.")] = None,
    diff: Annotated[bool, typer.Option("--diff", help="What differs between two specs; status 1 if anything.")] = False,
    settings: Set = None,
    json: Json = False,
) -> int:
    """Check a spec without loading an array library."""
    if diff != (other is not None):
        raise typer.BadParameter("--diff takes two specs: actreg check --diff A B")
    try:
        return _diff(spec, other, settings, json) if other is not None else _check(spec, settings, json)
    except SpecError as error:
        if not json:
            raise
        output.as_json({"ok": False, "errors": [vars(found) for found in error.diagnostics]})
        sys.stdout.flush()
        return 2


def _check(path: str, settings: list[str] | None, json: bool) -> int:
    from actreg.cli.summary import summary
    from actreg.model.plan import plan_of

    spec = spec_of(path, settings)
    summary(plan_of(spec), dtype=spec.train.dtype if spec.train else "float32", json=json)
    return 0


def _diff(first: str, second: str, settings: list[str] | None, json: bool) -> int:
    from actreg.model.diff import compare

    # Both are read before either's mistakes are told.
    specs: list[ModelSpec] = []
    mistakes: list[Diagnostic] = []
    for path in (first, second):
        try:
            specs.append(spec_of(path, settings))
        except SpecError as error:
            mistakes += error.diagnostics
    if mistakes:
        raise SpecError(mistakes)
    found = compare(*specs)
    if json:
        output.as_json({"before": first, "after": second, **found.as_dict()})
    else:
        _show(first, second, found)
    return 0 if found.same else 1


def _show(first: str, second: str, found: SpecDiff) -> None:
    if found.same:
        output.line(f"{first} and {second} describe the same")
        return
    output.line(f"- {first}")
    output.line(f"+ {second}")
    for setting in found.settings:
        output.line(f"  {setting}")
    for layer in found.layers:
        output.line(f"{layer}")
    if found.renamed:
        old, new = next(iter(found.renamed.items()))
        count = len(found.renamed)
        output.line(f"{count} unchanged layer{'s have' if count > 1 else ' has'} another name, as {old} → {new}")
    counts = ", ".join(f"{found.count(change)} {change}" for change in ("added", "removed", "changed"))
    before, after = found.parameters
    output.line(f"layers: {counts}; parameters: {before:,} → {after:,}")
