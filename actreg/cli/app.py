"""The application: every command, and how errors become one line and an exit status."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Final, cast

import typer

from actreg.cli import output
from actreg.cli.commands import build, check, conform, describe, explain, export, plot, predict, schema, train, verify
from actreg.cli.commands import list as listing
from actreg.cli.plugin import app as plugin
from actreg.errors import ActregError, DriftError, SpecError, did_you_mean, suggest
from actreg.version import __version__

app = typer.Typer(
    name="actreg",
    help="Activation functions by name: proven mathematics on every backend, from any plugin.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
COMMANDS: Final = {
    "list": listing.command,
    "describe": describe.command,
    "explain": explain.command,
    "check": check.command,
    "train": train.command,
    "build": build.command,
    "predict": predict.command,
    "schema": schema.command,
    "verify": verify.command,
    "export": export.command,
    "conform": conform.command,
    "plot": plot.command,
}
for _name, _command in COMMANDS.items():
    app.command(_name)(cast("Callable[..., int | None]", _command))
app.add_typer(plugin.app, name="plugin")

# ClickException, wherever this typer keeps it.
_USAGE: Final = cast("type[Exception]", typer.BadParameter.__mro__[2])
_SETTING: Final = re.compile(r"[A-Za-z_][\w.]*=")


def _version(wanted: bool) -> None:
    if wanted:
        output.line(f"actreg {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    pass


def execute(arguments: list[str]) -> int:
    """Runs a command line; the exit status."""
    try:
        status = app(expanded(arguments), prog_name="actreg", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except typer.Exit as done:
        return int(done.exit_code)
    except SpecError as error:
        output.spec_errors(error)
    except DriftError as error:
        output.note(f"actreg: {error}")
        return 1
    except ActregError as error:
        output.note(f"actreg: {error}")
    except (typer.Abort, KeyboardInterrupt):
        output.note("actreg: interrupted")
        return 130
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        output.note(f"actreg: {where}{error.strerror or error}")
    except _USAGE as error:
        output.note(_usage(error))
    return 2


def expanded(arguments: list[str]) -> list[str]:
    """``--set a=1 b=2`` as ``--set a=1 --set b=2``."""
    found: list[str] = []
    setting = False
    for argument in arguments:
        if setting and found[-1] != "--set" and _SETTING.match(argument):
            found.append("--set")
        elif setting and found[-1] != "--set":
            setting = False
        setting = setting or argument == "--set"
        found.append(argument)
    return found


def _usage(error: BaseException) -> str:
    message = str(getattr(error, "format_message", lambda: str(error))()).strip()
    message = re.split(r"\s*\(?(?:Did you mean|Possible options)", message)[0].rstrip(". ")
    unknown = re.search(r"[Nn]o such (?:command|option):?\s*'?([^\s']+)'?", message)
    if not message:
        return "actreg: say what to do: actreg --help lists the commands"
    hint = ""
    if unknown:
        near = getattr(error, "possibilities", None) or suggest(unknown[1], [*COMMANDS, "plugin"])
        hint = did_you_mean(tuple(near)) if near else ""
    return f"actreg: {message[:1].lower()}{message[1:]}{hint}" + ("" if hint else "; see actreg --help")
