"""``actreg plot NAME…``: functions and their derivatives as a picture."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from actreg.cli import output
from actreg.cli.settings import pairs


def command(
    names: Annotated[list[str], typer.Argument(help="Activations; leaky_relu:negative_slope=0.1 sets an option.")],
    target: Annotated[str, typer.Option("--output", help="The picture to write, .png or .svg.")] = "activations.png",
    derivative: Annotated[bool, typer.Option(help="Show the derivatives beside the functions.")] = True,
    span: Annotated[tuple[float, float], typer.Option("--range", help="The inputs, from and to.")] = (-6.0, 6.0),
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME.OPTION=VALUE", help="An option of one of them.")
    ] = None,
) -> None:
    """Draw activations, several in one figure."""
    from actreg.plotting.curves import draw
    from actreg.registry import default_registry

    given: dict[str, dict[str, Any]] = {}
    for key, value in pairs(settings).items():
        name, dot, option = key.rpartition(".")
        if not dot:
            raise typer.BadParameter(f"--set takes name.option=value, not {key}={value}")
        given.setdefault(name, {})[option] = _value(value)
    acts = []
    for item in names:
        name, options = _parsed(item)
        acts.append(default_registry().get(name, **{**given.pop(name, {}), **options}))
    for name in given:
        raise typer.BadParameter(f"--set names {name!r}, which is not drawn")
    draw(acts, target, derivative=derivative, span=span)
    output.line(f"written to {target}")


def _parsed(item: str) -> tuple[str, dict[str, Any]]:
    """``name:option=value,…`` apart; ``keras:leaky_relu`` is a name."""
    before = item.partition("=")[0]
    if "=" not in item or ":" not in before:
        return item, {}
    name = before.rpartition(":")[0]
    return name, {key: _value(text) for key, text in pairs(item[len(name) + 1 :].split(",")).items()}


def _value(text: str) -> Any:
    from actreg.model.scalars import resolve

    return resolve(text)
