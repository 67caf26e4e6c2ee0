"""``actreg plot``: functions and their derivatives, in one figure."""

from __future__ import annotations

from pathlib import Path

import typer

from actreg.cli.output import line
from actreg.errors import ConfigError, FieldProblem
from actreg.registry import default_registry


def command(
    names: list[str] = typer.Argument(help="Elementwise activations, with options if wanted: leaky_relu:negative_slope=0.1"),
    output: Path = typer.Option(Path("activations.png"), "--output", "-o", help="A .png or .svg file."),
    low: float = typer.Option(-4.0, help="Where the axis begins."),
    high: float = typer.Option(4.0, help="Where it ends."),
    derivative: bool = typer.Option(True, help="Draw the derivatives beside the functions."),
) -> None:
    """Plot activations and their derivatives; needs matplotlib: pip install 'actreg[plot]'."""
    from actreg.plotting import plot

    plot([_activation(name) for name in names], output, low, high, derivative=derivative)
    line(str(output))


def _activation(text: str) -> object:
    name, _, settings = text.partition(":")
    if settings and "=" not in settings:
        name, settings = text, ""  # another framework's name: keras:leaky_relu
    config = {}
    for setting in filter(None, settings.split(",")):
        option, _, value = setting.partition("=")
        try:
            config[option] = float(value)
        except ValueError:
            raise ConfigError(name, [FieldProblem(option, f"should be a number, not {value!r}")]) from None
    return default_registry().get(name, **config)
