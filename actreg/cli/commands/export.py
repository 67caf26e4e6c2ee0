"""``actreg export FILE --onnx OUT``: a network or an activation as an ONNX file, checked before it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from actreg.cli import output
from actreg.cli.settings import BackendName, Json, Set, check_writable, pairs
from actreg.errors import InexactExportError


def command(
    file: Annotated[str, typer.Argument(help="A weight file, a model spec, or the name of an activation.")],
    onnx: Annotated[str, typer.Option("--onnx", metavar="OUT", help="The ONNX file to write.")],
    settings: Set = None,
    native: Annotated[
        bool, typer.Option("--native", help="ONNX's own operators instead of our formulas: faster, less exact.")
    ] = False,
    allow_inexact: Annotated[
        bool, typer.Option("--allow-inexact", help="Write it though it departs from our reference.")
    ] = False,
    accept_drift: Annotated[bool, typer.Option("--accept-drift", help="Load though activations have changed.")] = False,
    backend: BackendName = "torch",
    json: Json = False,
) -> int:
    """Export to ONNX, and run the file in onnxruntime at edge values against our own reference."""
    from actreg.exporting.onnx import SUFFIXES, export_onnx

    target = Path(onnx)
    check_writable(target)
    thing = Path(file) if file.endswith(SUFFIXES) or Path(file).is_file() else file
    try:
        done = export_onnx(
            thing,
            target,
            overrides=pairs(settings),
            native=native,
            allow_inexact=allow_inexact,
            accept_drift=accept_drift,
            backend=backend,
        )
    except InexactExportError as error:
        for finding in error.findings:
            output.note(finding)
        output.note(f"{onnx} was not written; --allow-inexact writes it all the same")
        return 1
    if json:
        output.as_json({"file": onnx, "bytes": len(done.content), **done.to_json()})
    else:
        output.line(str(done))
        output.line(f"{onnx}: {len(done.content):,} bytes")
    return 0
