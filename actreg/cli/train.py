"""``actreg train``: the main job. Builds the network that a spec describes and trains it on the spec's data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from actreg.cli.check import SETTINGS, show
from actreg.cli.output import as_json, line, split_settings, table, warn

if TYPE_CHECKING:
    from actreg.training.loop import Epoch, Result


def command(
    spec: Path = typer.Argument(help="A model spec, YAML, with a data: section."),
    backend: str = typer.Option("numpy", help="The backend that trains."),
    device: str | None = typer.Option(None, help="Its device: cpu, cuda."),
    settings: list[str] = SETTINGS,
    epochs: int | None = typer.Option(None, min=1, help="Instead of the spec's number of epochs."),
    seed: int | None = typer.Option(None, min=0, help="Instead of the spec's seed."),
    output: Path | None = typer.Option(None, "--output", "-o", help="The weight file; SPEC.safetensors by default."),
    quiet: bool = typer.Option(False, "--quiet", "-q", help="Only the result."),
    json: bool = typer.Option(False, "--json", help="Print JSON, without progress."),
) -> None:
    """Train the network of a spec on its data; writes one safetensors file with weights, spec and provenance."""
    from actreg.model import building, plan_of, read_spec, rows, save, total_parameters
    from actreg.model.provenance import provenance
    from actreg.registry import default_registry
    from actreg.training.data import load_data
    from actreg.training.loop import train

    read = read_spec(spec, overrides=split_settings(settings))
    changes = {k: v for k, v in (("epochs", epochs), ("seed", seed)) if v is not None}
    wanted = _settings(read.train, changes)
    plan = plan_of(read)
    data = load_data(read, plan)
    registry = default_registry()
    network = building.build(read, backend=backend, device=device, dtype=wanted.dtype, seed=seed)
    if not quiet and not json:
        show(rows(plan), total_parameters(plan), plan.input_shape)
        line(f"training on {len(data.training):,} samples of {data.file}, {len(data.held_out):,} held out, on {backend}")
    target = output or Path(f"{spec.stem}.safetensors")
    owner = registry.backend(backend)
    with _Progress(wanted.epochs, quiet=quiet or json) as progress:
        result = train(owner, network, plan, data, wanted, progress)
    facts = {"seed": seed if seed is not None else read.seed, "data_sha256": data.digest, "epochs": len(result.epochs)}
    facts |= {"held_out_loss": result.held_out.loss, "held_out_accuracy": result.held_out.accuracy}
    save(target, read, plan, result.weights, provenance(plan, registry, backend, **facts))
    _finish(result, target, json=json)
    if result.interrupted:
        raise typer.Exit(130)


def _settings(given: Any, changes: dict[str, int]) -> Any:
    from actreg.model import TrainSpec

    return (given or TrainSpec()).model_copy(update=changes)


def _finish(result: Result, target: Path, *, json: bool) -> None:
    accuracy = result.held_out.accuracy
    facts = {
        "epochs": len(result.epochs),
        "seconds": round(result.seconds, 2),
        "training_loss": result.epochs[-1].loss if result.epochs else None,
        "held_out_loss": result.held_out.loss,
        "held_out_accuracy": accuracy,
        "file": str(target),
        "interrupted": result.interrupted,
    }
    if json:
        as_json(facts)
        return
    if result.interrupted:
        warn(f"actreg: interrupted after {len(result.epochs)} whole epochs; what there is was written to {target}")
    last = f"{result.epochs[-1].loss:.4f}" if result.epochs else "-"
    table(
        ["epochs", "seconds", "training loss", "held-out loss", "written to"],
        [[str(len(result.epochs)), f"{result.seconds:.1f}", last, f"{result.held_out.loss:.4f}", str(target)]],
    )
    if accuracy is not None:
        line(f"held-out accuracy: {100 * accuracy:.1f} %")


class _Progress:
    """A progress bar on a terminal; silent elsewhere."""

    def __init__(self, epochs: int, *, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("epoch"),
            MofNCompleteColumn(),
            BarColumn(),
            TextColumn("{task.fields[loss]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._task = self._bar.add_task("train", total=epochs, loss="")

    def __enter__(self) -> _Progress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def step(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Moves the bar by a part of an epoch."""
        self._bar.update(self._task, completed=epoch - 1 + done / total)

    def epoch(self, epoch: Epoch) -> None:
        """Shows how the epoch went."""
        score = "" if epoch.held_out.accuracy is None else f", held out {100 * epoch.held_out.accuracy:.1f} %"
        self._bar.update(
            self._task, completed=epoch.number, loss=f"loss {epoch.loss:.4f}{score}, {epoch.rate:,.0f} samples/s"
        )
