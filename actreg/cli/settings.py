"""``--set name=value`` and the reading of specs, as commands share them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from actreg.model.spec import ModelSpec

Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A variable, or a layer by its name: width=64, stem.bias=false; repeat, or list several.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
BackendName = Annotated[str, typer.Option("--backend", help="Which backend runs it.")]
Device = Annotated[str | None, typer.Option("--device", help="Which device, such as cuda; the backend's default.")]


def pairs(given: Iterable[str] | None) -> dict[str, str]:
    """``name=value`` texts as a mapping; typer.BadParameter for anything else."""
    found = {}
    for item in given or ():
        name, equals, value = item.partition("=")
        if not equals or not name.strip():
            raise typer.BadParameter(f"--set takes name=value, not {item!r}")
        found[name.strip()] = value
    return found


def spec_of(path: str, given: Iterable[str] | None) -> ModelSpec:
    """The spec of a file with variables set; SpecError with everything that is wrong."""
    from actreg.model.read import read_spec

    return read_spec(Path(path), overrides=pairs(given), file=path)


def check_writable(path: Path) -> None:
    """Refuses a path that no file can be written to, before the work and not after it; OSError."""
    folder = path.parent
    if path.is_dir():
        raise IsADirectoryError(21, "this is a folder: --output names a file", str(path))
    if not folder.is_dir():
        raise FileNotFoundError(2, "there is no such folder to write into", str(folder))
    if not os.access(folder, os.W_OK):
        raise PermissionError(13, "this folder can't be written to", str(folder))
