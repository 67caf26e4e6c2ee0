"""``actreg schema``: the JSON Schema of specs, for editors."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from actreg.cli import output


def command(
    target: Annotated[str | None, typer.Option("--output", help="The file to write; standard output.")] = None,
    builtins: Annotated[
        bool, typer.Option("--builtins", help="Only with the activations that come with actreg.")
    ] = False,
) -> None:
    """Print the JSON Schema of specs, with every installed activation in it."""
    from actreg.model.schema.spec import schema_text
    from actreg.registry import Registry, default_registry

    registry = Registry() if builtins else default_registry()
    text = schema_text(registry)
    if target is None:
        sys.stdout.write(text)
        return
    Path(target).write_text(text, encoding="utf-8")
    output.line(f"{target}: {len(registry.names())} activations, {len(text):,} characters")
