"""``actreg plugin new`` and ``actreg plugin update``: a package of one's own, from the template."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from actreg.cli import output
from actreg.cli.settings import Json


def command(
    folder: Annotated[str, typer.Argument(help="Where the package goes: a new or empty folder.")],
    name: Annotated[str | None, typer.Option("--name", help="The distribution's name; the folder's.")] = None,
    activations: Annotated[str | None, typer.Option("--activations", help="Names, separated by commas.")] = None,
    backends: Annotated[
        str | None, typer.Option("--backends", help="Backends to test on, separated by commas.")
    ] = None,
    licence: Annotated[str | None, typer.Option("--licence", help="MIT, BSD-3-Clause or Apache-2.0.")] = None,
    author: Annotated[str | None, typer.Option("--author", help="Your name.")] = None,
    summary: Annotated[str | None, typer.Option("--summary", help="What it provides, in one line.")] = None,
    defaults: Annotated[bool, typer.Option("--defaults", help="Ask nothing; take the defaults.")] = False,
    json: Json = False,
) -> None:
    """Make a new plugin package; what no option says is asked, on a terminal."""
    from actreg.authoring.renewing import new

    given = {
        "distribution": name or (Path(folder).resolve().name if defaults or not sys.stdin.isatty() else None),
        "activations": _list(activations),
        "backends": _list(backends),
        "licence": licence,
        "author": author,
        "summary": summary,
    }
    answers: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    files = new(Path(folder), answers, ask=not defaults and sys.stdin.isatty())
    if json:
        output.as_json({"folder": folder, "files": [path.relative_to(folder).as_posix() for path in files]})
        return
    for path in files:
        output.line(str(path))
    output.note(f"next: cd {folder}; pip install -e '.[test]'; pytest; actreg plugin check .")


def update(folder: Annotated[str, typer.Argument(help="The package's folder.")] = ".") -> int:
    """Bring a package that `new` made up to this version's template; it has to be committed to git.

    Status 1 where you and the template changed the same lines.
    """
    from actreg.authoring.renewing import update as bring

    conflicts = bring(Path(folder))
    for path in conflicts:
        output.line(
            f"{path}: you and the template changed the same lines: settle it between the marks <<<<<<< and >>>>>>>"
        )
    output.note(f"{folder} follows this version's template: look at what changed with git diff")
    return 1 if conflicts else 0


def _list(text: str | None) -> list[str] | None:
    return None if text is None else [word.strip() for word in text.split(",") if word.strip()]
