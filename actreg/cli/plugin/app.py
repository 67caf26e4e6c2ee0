"""The sub-commands of ``actreg plugin``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

import typer

from actreg.cli.plugin import check, new
from actreg.cli.plugin import list as listing

app = typer.Typer(
    help="Plugins: what is installed, and everything that is wrong with one.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)
COMMANDS: Final = {"list": listing.command, "new": new.command, "update": new.update, "check": check.command}
for _name, _command in COMMANDS.items():
    app.command(_name)(cast("Callable[..., int | None]", _command))
