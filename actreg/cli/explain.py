"""``actreg explain``: how a name resolves."""

from __future__ import annotations

import typer

from actreg.cli.output import as_json, line
from actreg.registry import default_registry


def command(
    name: str = typer.Argument(help="A name, an alias, or name@distribution."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Explain a name: alias, canonical name, distribution and version, kernel on each backend, with the losers."""
    found = default_registry().explain(name)
    if json:
        as_json(found.as_dict())
        return
    for text in found.lines():
        line(text)
