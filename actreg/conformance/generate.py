"""Generates the reference tables: ``python -m actreg.conformance.generate [NAME…]``.

Requirements: the same bytes every time; one table a case, written only where it changed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from actreg.conformance.cases import Case, cases_of
from actreg.conformance.formats import narrowest
from actreg.conformance.lines import judge_line, line_inputs
from actreg.conformance.points import all_points, landmarks
from actreg.conformance.tables import FOLDER, Rows, hexes, shorts, text_of
from actreg.conformance.truth import Judge


def rows_of(case: Case) -> Rows:
    """The table's rows, the column names first. Needs mpmath."""
    return point_rows(case) if case.act.kind == "elementwise" else line_rows(case)


def point_rows(case: Case, inputs: Sequence[float] | None = None) -> Rows:
    """Truth at the case's points, or at those given."""
    scalars = case.scalars
    if scalars is None:
        raise ValueError(f"{case}: a parameter runs along an axis; points can't be judged alone")
    judge = Judge(case.act, scalars)
    if inputs is None:
        inputs = all_points(judge.laws.kinks, _landmarks(judge)).tolist()
    names = ["dtype", "input", "value", "derivative", "second", *(f"d_{name}" for name in scalars)]
    rows = [names]
    for x in inputs:
        row = [narrowest(x), float(x).hex(), judge.value(x), judge.derivative(x), judge.second(x)]
        row += [judge.parameter_derivative(name, x) for name in scalars]
        if row[2:4] != ["none", "none"]:
            rows.append(row)
    return rows


def line_rows(case: Case) -> Rows:
    """Truth about the case's lines."""
    variables = ["x", *case.parameters]
    rows = [["dtype", "input", "value", "value_size", *(f"{kind}_{n}" for n in variables for kind in ("d", "size"))]]
    for line in line_inputs(case):
        found = judge_line(case, line)
        row = [_common(line), hexes(line), " ".join(found.value), shorts(found.value_size)]
        for name in variables:
            row += [" ".join(found.gradients.get(name, ())), shorts(found.sizes.get(name, ()))]
        rows.append(row)
    return rows


def _common(line: Sequence[float] | Any) -> str:
    order = ("float16", "bfloat16", "float32", "float64")
    return max((narrowest(x) for x in line), key=order.index)


def _landmarks(judge: Judge) -> list[float]:
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


def arithmetic() -> str:
    """What computed the truth."""
    import mpmath

    return f"mpmath {mpmath.__version__}"


def tables(names: Sequence[str] = ()) -> Iterator[tuple[Path, str]]:
    """Path and text of the tables of the built-in activations, or of those named."""
    from actreg.conformance.tables import path_of
    from actreg.registry import Registry

    registry = Registry()
    for name in names or registry.names():
        for case in cases_of(registry.find(name), registry):
            if case.act.kind != "elementwise" or case.scalars is not None:
                yield path_of(case), text_of(case, arithmetic(), rows_of(case))


def main(names: Sequence[str] = ()) -> list[Path]:
    """Writes the tables; the paths of those that changed. What no case claims any more is removed."""
    changed: list[Path] = []
    kept: set[Path] = set()
    for path, text in tables(names):
        kept.add(path)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(path)
    for path in sorted(FOLDER.glob("*/*.tsv")):
        if path not in kept and (not names or path.parent.name in names):
            path.unlink()
            changed.append(path)
    return changed


if __name__ == "__main__":
    sys.stdout.write("".join(f"{path}\n" for path in main(sys.argv[1:])))
