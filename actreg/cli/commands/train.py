"""``actreg train SPEC``: builds the network that a spec describes and trains it on the spec's data."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from actreg.cli import output
from actreg.cli.settings import BackendName, Device, Json, Set, check_writable, spec_of

if TYPE_CHECKING:
    from actreg.model.spec import ModelSpec
    from actreg.training.loop import Score


def command(
    spec: Annotated[str, typer.Argument(help="A model spec, a YAML file.")],
    backend: BackendName = "numpy",
    device: Device = None,
    settings: Set = None,
    epochs: Annotated[int | None, typer.Option("--epochs", min=1, help="Passes over the data; the spec's.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Of weights and batches; the spec's.")] = None,
    target: Annotated[
        str | None, typer.Option("--output", help="The file to write; SPEC's name.safetensors here.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
    json: Json = False,
) -> int:
    """Train a spec's network and write one file with weights, spec and provenance."""
    chosen = _with(spec_of(spec, settings), epochs, seed)
    path = Path(target or f"{Path(spec).stem}.safetensors")
    check_writable(path)
    return _train(chosen, path, backend, device, quiet, json)


def _with(spec: ModelSpec, epochs: int | None, seed: int | None) -> ModelSpec:
    from actreg.model.training import TrainSpec

    update = {name: value for name, value in (("epochs", epochs), ("seed", seed)) if value is not None}
    train = (spec.train or TrainSpec()).model_copy(update=update)
    return dataclasses.replace(spec, train=train, seed=spec.seed if seed is None else seed)


def _train(spec: ModelSpec, path: Path, backend: str, device: str | None, quiet: bool, json: bool) -> int:
    from actreg.cli.progress import Progress
    from actreg.cli.summary import summary
    from actreg.model.initial import initial_weights
    from actreg.model.plan import plan_of
    from actreg.model.provenance import provenance
    from actreg.model.weights import save
    from actreg.registry import default_registry
    from actreg.training.data import load_data
    from actreg.training.loop import DivergedError, train

    assert spec.train is not None
    registry, plan = default_registry(), plan_of(spec)
    owner = registry.backend(backend)
    data = load_data(spec, plan)
    network = owner.network(plan, initial_weights(plan), device=device, dtype=spec.train.dtype)
    if not json:
        summary(plan, dtype=spec.train.dtype)
        output.line()
    facts = {
        "seed": spec.train.seed,
        "weights_seed": spec.seed,
        "data": {"file": spec.data and spec.data.file, "sha256": data.digest},
    }
    try:
        with Progress(spec.train.epochs, quiet=quiet or json) as progress:
            result = train(owner, network, plan, data, spec.train, progress)
    except DivergedError as error:
        save(path, spec, plan, error.weights, provenance(plan, registry, owner.name, **facts, diverged=True))
        output.note(f"actreg: {error}; {path} has the last weights that were finite")
        return 1
    score = result.held_out
    facts |= {"epochs": len(result.epochs), "held_out_loss": score.loss, "held_out_accuracy": score.accuracy}
    save(
        path,
        spec,
        plan,
        result.weights,
        provenance(plan, registry, owner.name, **facts, interrupted=result.interrupted),
    )
    _report(result, path, json)
    if result.interrupted:
        output.note(f"actreg: interrupted after {len(result.epochs)} whole epochs; {path} has the weights so far")
        return 130
    return 0


def _report(result: Any, path: Path, json: bool) -> None:
    score: Score = result.held_out
    facts = {
        "epochs": len(result.epochs),
        "training_loss": result.epochs[-1].loss if result.epochs else None,
        "held_out_loss": score.loss,
        "held_out_accuracy": score.accuracy,
        "seconds": result.seconds,
        "file": str(path),
        "interrupted": result.interrupted,
    }
    if json:
        output.as_json(facts)
        return
    rows = [
        ("epochs", f"{len(result.epochs)}"),
        ("held-out loss", f"{score.loss:.4f}"),
        ("seconds", f"{result.seconds:.1f}"),
    ]
    if result.epochs:
        rows.insert(1, ("training loss", f"{result.epochs[-1].loss:.4f}"))
    output.table(("result", ""), [*rows, ("written to", str(path))])
    if score.accuracy is None:
        output.line(f"held-out loss: {score.loss:.6g}")
    else:
        output.line(f"held-out accuracy: {100 * score.accuracy:.1f} %")
