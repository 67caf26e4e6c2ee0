"""``actreg check SPEC``: every mistake at once, or the table of layers."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from actreg.cli import output
from actreg.cli.settings import Json, Set, spec_of
from actreg.errors import SpecError


def command(
    spec: Annotated[str, typer.Argument(help="A model spec, a YAML file.")], settings: Set = None, json: Json = False
) -> int:
    """Check a spec without loading an array library."""
    from actreg.cli.summary import summary
    from actreg.model.plan import plan_of

    try:
        plan = plan_of(spec_of(spec, settings))
    except SpecError as error:
        if not json:
            raise
        output.as_json({"ok": False, "errors": [vars(found) for found in error.diagnostics]})
        sys.stdout.flush()
        return 2
    summary(plan, json=json)
    return 0
