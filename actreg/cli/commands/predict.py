"""``actreg predict FILE DATA``: what a trained network says about samples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from actreg.cli import output
from actreg.cli.settings import BackendName, Device, Json

if TYPE_CHECKING:
    import numpy as np

    from actreg.contracts.plan import Plan
    from actreg.model.spec import ModelSpec
    from actreg.model.weights import LoadedModel


def command(
    file: Annotated[str, typer.Argument(help="A file that actreg train wrote.")],
    data: Annotated[str, typer.Argument(help="Samples, an .npz or .csv file.")],
    backend: BackendName = "numpy",
    device: Device = None,
    inputs: Annotated[str | None, typer.Option("--inputs", help="The array of inputs in an npz; the spec's.")] = None,
    accept_drift: Annotated[bool, typer.Option("--accept-drift", help="Load though activations have changed.")] = False,
    json: Json = False,
) -> None:
    """Print one predicted class, or the values of one output, a line."""
    from actreg.model.weights import network_of, open_model
    from actreg.registry import default_registry
    from actreg.training import loop

    registry = default_registry()
    owner = registry.backend(backend)
    model = open_model(file, registry=registry, accept_drift=accept_drift)
    x = samples_of(model.spec, model.plan, Path(data), inputs)
    network = network_of(model, backend=backend, device=device, registry=registry)
    _print(model, loop.predict(owner, network, model.plan, x), json)


def samples_of(spec: ModelSpec, plan: Plan, path: Path, inputs: str | None) -> np.ndarray[Any, Any]:
    """The samples of a data file, as the spec's network takes them; DataError where they do not fit.

    inputs: the array of an npz; the one that the spec names by default.
    """
    from actreg.model.training import DataSpec, TrainSpec
    from actreg.training import prepare
    from actreg.training.data import read

    layout = spec.data or DataSpec(file="data.npz", inputs=inputs or "inputs", targets="targets")
    train = spec.train or TrainSpec()
    raw = read(path, layout, inputs=inputs)
    return prepare.samples(str(path), raw.inputs, plan, layout.scale, train.dtype)


def _print(model: LoadedModel, outputs: np.ndarray[Any, Any], json: bool) -> None:
    from actreg.model.training import TrainSpec
    from actreg.training import metrics

    classes = (model.spec.train or TrainSpec()).loss == "cross_entropy" and outputs.ndim == 2
    found = metrics.predicted(outputs).tolist() if classes else outputs.astype(float).tolist()
    if json:
        output.as_json({"classes" if classes else "values": found})
        return
    for item in found:
        output.line(str(item) if not isinstance(item, list) else " ".join(str(value) for value in item))
