"""``actreg verify SPEC_OR_FILE``: the same weights on several backends, compared layer by layer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from actreg.cli import output
from actreg.cli.settings import Json, Set, pairs

if TYPE_CHECKING:
    import numpy as np

    from actreg.model.verification import Comparison


def command(
    model: Annotated[str, typer.Argument(help="A model spec, or a file that actreg train wrote.")],
    backends: Annotated[
        str, typer.Option("--backends", help="Names with commas, the reference first; torch:cuda names a device.")
    ] = "",
    dtype: Annotated[list[str] | None, typer.Option("--dtype", help="Of the networks; may be repeated.")] = None,
    data: Annotated[str | None, typer.Option("--data", help="Samples, an .npz or .csv file.")] = None,
    inputs: Annotated[str | None, typer.Option("--inputs", help="The array of inputs in an npz; the spec's.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the samples and of a spec's weights.")] = 0,
    settings: Set = None,
    accept_drift: Annotated[bool, typer.Option("--accept-drift", help="Load though activations have changed.")] = False,
    json: Json = False,
) -> int:
    """Compare backends on the same weights, layer by layer; status 1 where one departs."""
    from actreg.model.verifying import verify

    found = verify(
        model,
        backends=[name.strip() for name in backends.split(",") if name.strip()],
        dtypes=dtype or (),
        inputs=_samples(model, data, inputs, settings, accept_drift) if data else None,
        seed=seed,
        overrides=pairs(settings),
        accept_drift=accept_drift,
    )
    if json:
        output.as_json(found.as_dict())
        return 0 if found.ok else 1
    for comparison in found.comparisons:
        _show(comparison)
    return 0 if found.ok else 1


def _samples(
    model: str, data: str, inputs: str | None, settings: list[str] | None, accept_drift: bool
) -> np.ndarray[Any, Any]:
    from actreg.cli.commands.predict import samples_of
    from actreg.cli.settings import spec_of
    from actreg.model.plan import plan_of
    from actreg.model.weights import is_weight_file, open_model

    if is_weight_file(model):
        opened = open_model(model, accept_drift=accept_drift)
        return samples_of(opened.spec, opened.plan, Path(data), inputs)
    spec = spec_of(model, settings)
    return samples_of(spec, plan_of(spec), Path(data), inputs)


def _show(comparison: Comparison) -> None:
    head = ("layer", "kind", "shape", "ULP of scale", "allowed", "sample", "")
    rows = [
        (
            layer.name,
            layer.kind,
            "×".join(map(str, layer.shape)),
            f"{layer.ulp:.3g}",
            f"{layer.allowed:.3g}",
            f"{layer.sample}",
            "" if layer.ok else "departs",
        )
        for layer in comparison.layers
    ]
    output.table(head, rows, right=(3, 4, 5))
    if comparison.ok:
        output.line(str(comparison))
    else:
        output.note(str(comparison))
