"""Curves of functions and derivatives.

Requirements:

- The same call gives the same bytes of an SVG: no date, no random ids.
- Colours differ for the colour-blind (Okabe and Ito, 2008), and line styles repeat the difference in grey.
- matplotlib is an extra: without it the error says how to get it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from actreg.errors import CapabilityError, ConfigError, FieldProblem, MissingExtraError

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
STYLES = ("-", "--", "-.", ":")
POINTS = 1201


def draw(
    acts: Sequence[Any], file: str | Path, *, derivative: bool = True, span: tuple[float, float] = (-4.0, 4.0)
) -> None:
    """Draws elementwise activations over `span` into a .png or .svg file.

    Raises CapabilityError for what is not elementwise, ConfigError for a range or a file name that will not do,
    MissingExtraError without matplotlib.
    """
    (low, high), file = span, Path(file)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ConfigError(
            "plot", [FieldProblem("range", f"should run upwards between finite numbers, not {low} to {high}")]
        )
    if file.suffix not in (".png", ".svg"):
        raise ConfigError("plot", [FieldProblem("output", f"should end in .png or .svg, not {file.name!r}")])
    for act in acts:
        if act.kind != "elementwise":
            raise CapabilityError(f"{act.info.name} is {act.kind}: only elementwise activations have a curve")
    try:
        import matplotlib
    except ModuleNotFoundError as error:
        raise MissingExtraError("plot", "matplotlib", "pip install 'actreg[plot]'") from error
    with matplotlib.rc_context({"svg.hashsalt": "actreg", "font.size": 10, "axes.grid": True, "grid.alpha": 0.3}):
        figure = _figure(acts, np.linspace(low, high, POINTS), derivative)
        figure.savefig(file, dpi=150, metadata={"Date": None} if file.suffix == ".svg" else {"Software": None})


def _figure(acts: Sequence[Any], x: Any, derivative: bool) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0 if derivative else 5.0, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    left, *rest = figure.subplots(1, 2 if derivative else 1, squeeze=False)[0]
    for place, act in enumerate(acts):
        style = {"color": COLOURS[place % len(COLOURS)], "linestyle": STYLES[place % len(STYLES)], "linewidth": 1.8}
        parameters = {name: np.full(p.sized(1), p.init.value) for name, p in act.parameters().items()}
        left.plot(x, act(x, **parameters), label=_label(act), **style)
        for axes in rest:
            axes.plot(x, _without_jumps(act.derivative(x, **parameters)), label=_label(act), **style)
    left.set(title="f(x)", xlabel="x")
    left.legend()
    for axes in rest:
        axes.set(title="f′(x)", xlabel="x")
    return figure


def _without_jumps(y: Any) -> Any:
    # A kink is a jump of the derivative: drawn as a gap, not as a slope that is not there.
    y = y.copy()
    step = np.abs(np.diff(y))
    y[1:][step > 20 * np.median(step) + 0.05] = np.nan
    return y


def _label(act: Any) -> str:
    options = ", ".join(f"{name}={value:g}" for name, value in act.model_dump().items() if isinstance(value, float))
    return f"{act.info.name} ({options})" if options else act.info.name
