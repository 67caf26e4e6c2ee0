"""``actreg explain NAME``: how a name resolves."""

from __future__ import annotations

from typing import Annotated

import typer

from actreg.cli import output
from actreg.cli.settings import Json


def command(name: Annotated[str, typer.Argument(help="Name or alias.")], json: Json = False) -> None:
    """Explain how a name resolves: alias, distribution, kernel on each backend, and the losers."""
    from actreg.registry import default_registry

    found = default_registry().explain(name)
    if json:
        output.as_json(found.as_dict())
        return
    for text in found.lines():
        output.line(text)
