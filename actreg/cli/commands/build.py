"""``actreg build SPEC``: a weight file with initial weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from actreg.cli import output
from actreg.cli.settings import Json, Set, check_writable, spec_of


def command(
    spec: Annotated[str, typer.Argument(help="A model spec, a YAML file.")],
    settings: Set = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Of the weights; the spec's.")] = None,
    dtype: Annotated[str | None, typer.Option("--dtype", help="Of the weights; the spec's, or float32.")] = None,
    target: Annotated[
        str | None, typer.Option("--output", help="The file to write; SPEC's name.safetensors here.")
    ] = None,
    json: Json = False,
) -> None:
    """Write a weight file with a spec's initial weights, which predict, verify and load take."""
    from actreg.cli.summary import size_text
    from actreg.model.building import build_file

    read = spec_of(spec, settings)
    path = Path(target or f"{Path(spec).stem}.safetensors")
    check_writable(path)
    count = build_file(path, read, dtype=dtype, seed=seed)
    size = path.stat().st_size
    if json:
        output.as_json({"file": str(path), "parameters": count, "bytes": size})
    else:
        output.line(f"{path}: {count:,} parameters, {size_text(size)}")
