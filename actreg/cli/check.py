"""``actreg check``: validates a spec, without an array library."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from actreg.cli.output import as_json, line, report, split_settings, table
from actreg.errors import SpecError

if TYPE_CHECKING:
    from actreg.model import Row

SETTINGS = typer.Option([], "--set", help="Set a variable of the spec: name=value. Can be given again.")


def command(
    spec: Path = typer.Argument(help="A model spec, YAML."),
    settings: list[str] = SETTINGS,
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Check a model spec: every mistake at once with file:line:column, or the table of layers."""
    from actreg.model import plan_of, read_spec, rows, total_parameters

    try:
        plan = plan_of(read_spec(spec, overrides=split_settings(settings)))
    except SpecError as error:
        if json:
            as_json({"ok": False, "diagnostics": [vars(found) for found in error.diagnostics]})
        else:
            report(error)
        raise typer.Exit(2) from None
    layers = rows(plan)
    if json:
        as_json({"ok": True, "layers": [vars(row) for row in layers], "parameters": total_parameters(plan)})
        return
    show(layers, total_parameters(plan), plan.input_shape)
    line(f"{spec}: fine")


def show(layers: Sequence[Row], total: int, input_shape: tuple[int, ...]) -> None:
    """The table of layers: name, kind, shape, parameters."""
    body = [[row.name, row.kind, _shape(row.shape), f"{row.parameters:,}"] for row in layers]
    table(["layer", "kind", "shape", "parameters"], [["input", "-", _shape(input_shape), "0"], *body], right=[3])
    line(f"{total:,} trainable parameters")


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "scalar"
