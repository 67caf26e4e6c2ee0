"""``actreg predict``: uses a weight file, on any backend, whichever trained it."""

from __future__ import annotations

from pathlib import Path

import typer

from actreg.cli.output import as_json, line


def command(
    file: Path = typer.Argument(help="A weight file that train wrote."),
    data: Path = typer.Argument(help="Inputs: an .npz or .csv file."),
    backend: str = typer.Option("numpy", help="The backend that predicts."),
    device: str | None = typer.Option(None, help="Its device."),
    inputs: str | None = typer.Option(None, help="The array of an .npz that holds the inputs; the spec's by default."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Predict: one class, or one line of values, for each sample."""
    from actreg.errors import DataError
    from actreg.model import TrainSpec, open_model
    from actreg.model.training import DataSpec
    from actreg.model.weights import network_of
    from actreg.registry import default_registry
    from actreg.training import data as files
    from actreg.training import metrics, prepare
    from actreg.training.loop import predict

    registry = default_registry()
    model = open_model(file)
    layout: DataSpec | None = model.spec.data
    if layout is None:
        raise DataError(str(file), "its spec has no data: section that says how inputs are laid out")
    raw = files.read(data, layout, inputs=inputs)
    dtype = (model.spec.train or TrainSpec()).dtype
    x = prepare.inputs(str(data), raw.inputs, model.plan.input_shape, layout.scale, dtype)
    network = network_of(model, backend=backend, device=device, dtype=dtype, registry=registry)
    outputs = predict(registry.backend(backend), network, model.plan, x)
    classes = (model.spec.train or TrainSpec()).loss == "cross_entropy"
    found = metrics.predicted(outputs).tolist() if classes else outputs.astype("float64").tolist()
    if json:
        as_json({"classes" if classes else "values": found})
        return
    for item in found:
        line(str(item) if classes else " ".join(map(repr, item if isinstance(item, list) else [item])))
