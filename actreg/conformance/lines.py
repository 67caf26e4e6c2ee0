"""Truth for activations whose outputs depend on a whole line: softmax, gated units, maxout.

Requirements:

- A line's values come from the author's `reference`, its gradient from differentiating that, both in arbitrary
  precision; the pullback of one fixed incoming gradient stands for the Jacobian.
- Where the left and the right difference disagree (ties of a maximum) there is no gradient, and none is claimed.
- With every result goes its size, the sum of the magnitudes of its terms: what cancels can't be held to ulps of the
  result.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from actreg.conformance import differentiate
from actreg.conformance.cases import FEATURES, Case
from actreg.conformance.formats import FORMATS, Array
from actreg.conformance.truth import context, word

_BITS: Final = 1600
_STEP: Final = 120


@dataclass(frozen=True)
class LineTruth:
    """Of one line: words for values and gradients, floats for their sizes; no gradients where there are none."""

    value: list[str]
    value_size: list[float]
    gradients: Mapping[str, list[str]]
    sizes: Mapping[str, list[float]]


def line_inputs(case: Case) -> list[Array]:
    """The lines on which a case is judged: of a length that fits, ordinary, far apart, shifted, equal, with -inf."""
    rng = np.random.Generator(np.random.Philox(key=20261123))
    found: list[Array] = []
    for length in _lengths(case):
        for fmt, scale in (("bfloat16", 1.0), ("float16", 8.0), ("float32", 3.0), ("float64", 1.0), ("float64", 40.0)):
            found.append(FORMATS[fmt].round(rng.standard_normal(length) * scale))
    longest = max(_lengths(case))
    steps = np.arange(longest, dtype=np.float64)
    found += [
        np.zeros(longest),
        np.full(longest, 3.0),
        1024.0 + steps,
        -60000.0 + 32.0 * steps,
        FORMATS["float32"].round(1e30 * (steps - 1.5)),
        2.0 ** -(steps + 3),
        -(2.0**-14) * (steps + 1),
        np.where(steps == 1, -np.inf, steps / 4),
        np.where(steps % 2 == 0, 0.0, -100.0 - steps),
        np.where(steps == 0, 30.0, -8.0 * steps),
    ]
    return found


def cotangent(size: int) -> Array:
    """The fixed incoming gradient of that length: not constant, of both signs, exact in every format."""
    return np.array([(1.0 + (k * 5 % 7) / 8) * (-1.0 if k % 3 == 1 else 1.0) for k in range(size)])


def judge_line(case: Case, line: Array) -> LineTruth:
    """The truth about one line."""
    mp = context()
    act = case.act
    arrays = {"x": line, **case.parameters}
    variables = {name: [mp.mpf(v) for v in array.reshape(-1).tolist()] for name, array in arrays.items()}
    reference = _remembering(act.reference) if act.kind == "gated" else act.reference
    digits = 3 * max((differentiate.magnitude(v) for v in variables["x"] if mp.isfinite(v)), default=0)

    def outputs(values: Mapping[str, Sequence[Any]]) -> list[Any]:
        nested = {name: _nest(values[name], array.shape) for name, array in arrays.items()}
        return [mp.mpf(y) for y in line_reference(mp, act, nested.pop("x"), nested, reference)]

    with mp.workprec(_BITS + digits):
        y = outputs(variables)
        values = [word(mp, v) for v in y]
        if not all(mp.isfinite(v) for v in [*y, *variables["x"]]):
            return LineTruth(values, [0.0] * len(y), {}, {})
        rows = {name: _jacobian(mp, outputs, variables, name, y) for name in arrays}
        if any(row is None for found in rows.values() for row in found):
            return LineTruth(values, [0.0] * len(y), {}, {})
        weights = [mp.mpf(g) for g in cotangent(len(y)).tolist()]
        gradients = {n: [word(mp, _dot(mp, row, weights)) for row in found] for n, found in rows.items()}
        sizes = {n: [_size(mp, row, weights) for row in found] for n, found in rows.items()}
        if act.kind == "gated":
            bends = _bends(mp, outputs, variables, weights, act.gate)
            sizes["x"] = [max(pair) for pair in zip(sizes["x"], bends, strict=True)]
        conditions = [
            float(mp.fsum(abs(variables[n][j] * found[j][i]) for n, found in rows.items() for j in range(len(found))))
            for i in range(len(y))
        ]
    return LineTruth(values, conditions, gradients, sizes)


def line_reference(mp: Any, act: Any, xs: Sequence[Any], parameters: Mapping[str, Any], reference: Any) -> list[Any]:
    """The author's reference on one line, whatever the kind; a gated line is split as the host does, and a parameter is
    the number that stands at each place."""
    if act.kind != "gated":
        return list(reference(mp, xs, **parameters))
    half = len(xs) // 2
    if act.gate == "interleaved":
        gates, others = xs[0::2], xs[1::2]
    else:
        first, second = xs[:half], xs[half:]
        gates, others = (first, second) if act.gate == "first" else (second, first)
    return [
        reference(mp, a, b, **{name: along[place % len(along)] for name, along in parameters.items()})
        for place, (a, b) in enumerate(zip(gates, others, strict=True))
    ]


def _remembering(reference: Any) -> Any:
    """The reference at one point of the axis: of a line's points all but one are as they were."""
    known: dict[Any, Any] = {}

    def found(mp: Any, a: Any, b: Any, **parameters: Any) -> Any:
        key = (a, b, *map(_frozen, parameters.values()))
        if key not in known:
            known[key] = reference(mp, a, b, **parameters)
        return known[key]

    return found


def _frozen(nested: Any) -> Any:
    return tuple(map(_frozen, nested)) if isinstance(nested, list) else nested


def _lengths(case: Case) -> tuple[int, ...]:
    if case.act.kind == "projection":
        return (FEATURES,)
    if case.act.kind == "axiswise":
        return (1, 2, 5, 9)
    return tuple(n for n in (2, 6, 12) if _fits(case.act, n))


def _fits(act: Any, size: int) -> bool:
    try:
        return bool(act.kind == "gated" or act.output_size(size) >= 1)
    except ValueError:
        return False


def _jacobian(mp: Any, outputs: Any, variables: Mapping[str, list[Any]], name: str, y: Sequence[Any]) -> list[Any]:
    """For each element of one variable: the derivatives of all outputs, or None at a kink."""
    rows: list[Any] = []
    h = mp.ldexp(1, -_STEP)
    for place, middle in enumerate(variables[name]):
        sides = []
        for step in (h, -h):
            moved = [*variables[name][:place], middle + step, *variables[name][place + 1 :]]
            sides.append(outputs({**variables, name: moved}))
        ahead = [(a - b) / h for a, b in zip(sides[0], y, strict=True)]
        behind = [(b - a) / h for a, b in zip(sides[1], y, strict=True)]
        smooth = all(abs(a - b) <= mp.ldexp(1 + abs(a), -40) for a, b in zip(ahead, behind, strict=True))
        rows.append([(a + b) / 2 for a, b in zip(ahead, behind, strict=True)] if smooth else None)
    return rows


def _dot(mp: Any, row: Sequence[Any], weights: Sequence[Any]) -> Any:
    total = mp.fsum(a * b for a, b in zip(row, weights, strict=True))
    # What cancels to nothing is nothing: central differences leave 2^-240.
    size = mp.fsum(abs(a * b) for a, b in zip(row, weights, strict=True))
    return mp.mpf(0) if abs(total) <= mp.ldexp(size, -190) else total


def _bends(mp: Any, outputs: Any, variables: Mapping[str, list[Any]], weights: Sequence[Any], gate: str) -> list[float]:
    """Of a gated line: what a relative change of the inputs makes of each element's gradient, the sum of magnitudes.

    An output depends on one gate and one value, so that all gates can be moved at once, and then all values.
    """
    h, xs = mp.ldexp(1, -_STEP // 2), variables["x"]
    total = [mp.mpf(0)] * len(xs)
    for half in (0, 1):
        moved = [
            [x * (1 + step) if _half(place, len(xs), gate) == half else x for place, x in enumerate(xs)]
            for step in (h, -h)
        ]
        places = [{**variables, "x": line} for line in moved]
        rows = [_jacobian(mp, outputs, found, "x", outputs(found)) for found in places]
        for place, (ahead, behind) in enumerate(zip(*rows, strict=True)):
            if ahead is not None and behind is not None:
                total[place] += abs(_dot(mp, ahead, weights) - _dot(mp, behind, weights)) / (2 * h)
    return [float(size) for size in total]


def _half(place: int, size: int, gate: str) -> int:
    return place % 2 if gate == "interleaved" else int(place >= size // 2)


def _size(mp: Any, row: Sequence[Any], weights: Sequence[Any]) -> float:
    size = float(mp.fsum(abs(a * b) for a, b in zip(row, weights, strict=True)))
    return size if math.isfinite(size) else 0.0


def _nest(values: Sequence[Any], shape: tuple[int, ...]) -> Any:
    if len(shape) <= 1:
        return list(values)
    step = len(values) // shape[0]
    return [_nest(values[k * step : (k + 1) * step], shape[1:]) for k in range(shape[0])]
