"""The command line: ``actreg …``.

Requirements:

- Exit 0: fine; 1: the thing checked fell short; 2: bad input. An interrupted training ends with 130.
- A user's mistake is one line on standard error for each finding, never wrapped, without markup, and no traceback.
- Listings go to standard output, are not wrapped or cut when piped, and have ``--json``.
- Nothing heavy is imported before a command needs it: ``list`` and ``check`` load no array library.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from actreg.cli import check, conform, describe, explain, listing, plot, predict, train
from actreg.cli.output import report
from actreg.errors import ActregError, SpecError
from actreg.version import __version__

app = typer.Typer(
    name="actreg",
    help="Activation functions by name: the same, proven mathematics on every backend, from any plugin.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"actreg {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Activation functions by name: the same, proven mathematics on every backend, from any plugin."""


for _name, _command in (
    ("list", listing.command),
    ("describe", describe.command),
    ("explain", explain.command),
    ("check", check.command),
    ("train", train.command),
    ("predict", predict.command),
    ("conform", conform.command),
    ("plot", plot.command),
):
    app.command(_name)(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code. arguments: those of the process when None."""
    try:
        code = typer.main.get_command(app).main(
            list(sys.argv[1:] if arguments is None else arguments), prog_name="actreg", standalone_mode=False
        )
        return code if isinstance(code, int) else 0
    except SpecError as error:
        report(error)
    except ActregError as error:
        report(error)
    except (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError) as error:
        sys.stderr.write(f"actreg: {error.filename}: {(error.strerror or 'cannot be read').lower()}\n")
    except BrokenPipeError:
        # Whoever read us has had enough; the interpreter must not complain at exit either.
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        sys.stderr.write("actreg: interrupted\n")
        return 130
    except Exception as error:
        # typer brings click along under a name of its own, so its usage errors are known by what they can do.
        if not hasattr(error, "format_message"):
            raise
        sys.stderr.write(f"actreg: {error.format_message()}\n")
    return 2
