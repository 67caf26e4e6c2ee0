"""Computes the truth of a case, row by row, as its table holds it; mpmath is imported when it is used."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from actreg.conformance import patience
from actreg.conformance.cases import Case
from actreg.conformance.formats import narrowest
from actreg.conformance.lines import judge_line, line_inputs
from actreg.conformance.patience import limited
from actreg.conformance.points import Mark, all_points, landmarks
from actreg.conformance.truth import Judge

Rows = list[list[str]]


def rows_of(case: Case, *, dense: bool = False) -> Rows:
    """The table's rows, the column names first. dense: every exponent of float64. Needs mpmath."""
    return point_rows(case, dense=dense) if case.act.kind == "elementwise" else line_rows(case)


def point_rows(case: Case, inputs: Sequence[float] | None = None, *, dense: bool = False) -> Rows:
    """Truth at the case's points, or at those given."""
    scalars = case.scalars
    if scalars is None:
        raise ValueError(f"{case}: a parameter runs along an axis; points can't be judged alone")
    judge = Judge(case.act, scalars, case.laws)
    if inputs is None:
        # Some thousand points in one go.
        with limited(f"{case}, whose roots and bends are looked for,", 5 * patience.SECONDS):
            marks = _landmarks(judge)
        inputs = all_points(judge.laws.kinks, marks, dense=dense).tolist()
    names = ["dtype", "input", "value", "derivative", "second", *(f"d_{name}" for name in scalars)]
    rows = [names]
    for x in inputs:
        with limited(f"{case} at x = {x!r}"):
            row = [narrowest(x), float(x).hex(), judge.value(x), judge.derivative(x), judge.second(x)]
            row += [judge.parameter_derivative(name, x) for name in scalars]
        # At ±inf one of the two may be claimed alone; a kink whose slope is open is judged nowhere.
        if row[2:4] != ["none", "none"] and not (math.isfinite(x) and row[3] == "none"):
            rows.append(row)
    return rows


def line_rows(case: Case) -> Rows:
    """Truth about the case's lines."""
    variables = ["x", *case.parameters]
    rows = [["dtype", "input", "value", "value_size", *(f"{kind}_{n}" for n in variables for kind in ("d", "size"))]]
    for line in line_inputs(case):
        with limited(f"{case} of the line {line.tolist()}"):
            found = judge_line(case, line)
        row = [_common(line), hexes(line), " ".join(found.value), shorts(found.value_size)]
        for name in variables:
            row += [" ".join(found.gradients.get(name, ())), shorts(found.sizes.get(name, ()))]
        rows.append(row)
    return rows


def _common(line: Sequence[float] | Any) -> str:
    order = ("float16", "bfloat16", "float32", "float64")
    return max((narrowest(x) for x in line), key=order.index)


def _landmarks(judge: Judge) -> list[Mark]:
    mp = judge.mp

    def rough(f: Any) -> Any:
        def at(x: float) -> float:
            with mp.workprec(80):
                try:
                    return float(f(mp.mpf(x)))
                except (OverflowError, ZeroDivisionError):
                    return float("nan")

        return at

    slope = judge._author if hasattr(judge.act, "reference_derivative") else judge._rough
    return [*landmarks(rough(judge._reference)), *landmarks(rough(slope))]


def hexes(x: Iterable[float]) -> str:
    """Floats as hex, separated by spaces."""
    return " ".join(float(value).hex() for value in x)


def shorts(x: Sequence[float]) -> str:
    """Floats to six digits, separated by spaces."""
    return " ".join(f"{value:.6g}" for value in x)
