"""Accuracy: values, derivatives and gradients against the truth, in ulp."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from actreg.conformance import tolerance, ulp
from actreg.conformance.checks.finding import Finding, joined, measured, of_line
from actreg.conformance.exact import Exact
from actreg.conformance.formats import Array
from actreg.conformance.subject import Subject
from actreg.conformance.tables import Line, LineTable, PointTable


def value(s: Subject) -> Finding:
    """The value lies within the tolerance of the truth, at every finite input of the table."""
    if isinstance(s.table, LineTable):
        return joined([_line_value(s, line) for line in lines_within(s)])
    rows = finite_rows(s, s.table)
    x = s.table.inputs[rows]
    slope = s.table.columns["derivative"][rows].as_float()
    return judge(s, "value", x, s.value(x), s.table.columns["value"][rows], size_of(x, slope), "")


def derivative(s: Subject) -> Finding:
    """The derivative lies within the tolerance of the truth; at a kink it is the declared one."""
    assert isinstance(s.table, PointTable)
    rows = finite_rows(s, s.table)
    x = s.table.inputs[rows]
    size = size_of(x, s.table.columns["second"][rows].as_float())
    return judge(s, "derivative", x, s.derivative(x), s.table.columns["derivative"][rows], size, ".derivative")


def gradient(s: Subject) -> Finding:
    """The pullback is the true Jacobian's transpose times the incoming gradient."""
    if isinstance(s.table, LineTable):
        return joined([f for line in lines_within(s) if line.gradients for f in _line_gradients(s, line)])
    rows = finite_rows(s, s.table)
    x = s.table.inputs[rows]
    grad = np.where(np.arange(len(x)) % 2 == 0, 1.0, -0.5)
    truth = s.table.columns["derivative"][rows].times(grad)
    size = size_of(x, s.table.columns["second"][rows].as_float())
    return judge(s, "gradient", x, s.pull(x, grad)["x"], truth, size, ".vjp")


def parameter_gradient(s: Subject) -> Finding:
    """The gradient for each learnable parameter is the true one, at single inputs."""
    assert isinstance(s.table, PointTable)
    rows = np.flatnonzero(finite_rows(s, s.table))
    rows = rows[:: max(1, len(rows) // 80)]
    found = []
    for name in s.case.parameters:
        # Two axes, because a parameter may run along the second.
        pulled = [s.pull(np.array([[v]]), np.array([[1.0]]))[name].reshape(-1) for v in s.table.inputs[rows].tolist()]
        truth = s.table.columns[f"d_{name}"][rows]
        x, got = s.table.inputs[rows], np.concatenate(pulled)
        # d/dp of a function of p·x: its terms are of the size of x·d, as far as that is finite.
        found.append(judge(s, "gradient", x, got, truth, size_of(x, truth.as_float()), ".vjp"))
    return joined(found)


def judge(
    s: Subject, direction: tolerance.Direction, x: Array, got: Array, truth: Exact, size: Array, call: str
) -> Finding:
    """Measures results against the truth and holds them to the table of tolerances."""
    # What is exported is our formula, whoever computes it here.
    provider: tolerance.Provider = "own" if direction == "onnx" else s.provider
    row = tolerance.find(provider, direction, s.kind, s.dtype)
    errors = ulp.error(got, truth, s.fmt)
    size_ulp = ulp.in_ulp(np.nan_to_num(size), truth, s.fmt)
    with np.errstate(all="ignore"):
        largest = np.maximum(1.0, np.maximum(np.abs(x), np.abs(truth.as_float())))
    mixed_ulp = ulp.in_ulp(2.0**-s.fmt.precision * largest, truth, s.fmt)
    truth_ulp = ulp.in_ulp(np.abs(truth.as_float()), truth, s.fmt)
    wrong = errors > tolerance.limits(row, size_ulp, truth_ulp, mixed_ulp)
    if provider == "vendor" and s.kind == "elementwise":
        # A mixed bound can't see a tail that is flushed to zero; that is a defect to list, not an error to allow.
        # Beside a root the terms cancel, and a zero there is no tail.
        cancelling = size_ulp > truth_ulp * 2.0**s.fmt.precision
        wrong |= (got == 0.0) & (np.abs(truth.as_float()) >= s.fmt.smallest_normal) & ~cancelling
    if s.flushes:
        # What the backend declares to flush is judged by the check of subnormals. Each of a few terms may go; and some
        # processors flush before they round, so that the smallest normal number itself may.
        room, size = 2.0 * s.fmt.smallest_normal, np.abs(truth.as_float())
        with np.errstate(invalid="ignore"):
            flushed = (size <= room) & (np.abs(got.astype(np.float64) - truth.as_float()) <= room)
        errors, wrong = np.where(flushed, 0.0, errors), wrong & ~flushed
    found = measured(x, got, truth, errors, wrong, call)
    found.tolerance = str(row)
    return found


def finite_rows(s: Subject, table: PointTable) -> Array:
    """The rows with finite inputs that the dtype holds; where subnormal numbers count as zeros, without those."""
    rows = table.within(s.dtype) & np.isfinite(table.inputs)
    if s.flushes:
        rows &= (table.inputs == 0.0) | (np.abs(table.inputs) >= s.fmt.smallest_normal)
    return np.asarray(rows)


def lines_within(s: Subject) -> Iterator[Line]:
    """The lines that the dtype holds."""
    assert isinstance(s.table, LineTable)
    return (line for line in s.table.lines if bool(np.all(s.fmt.holds(line.x))))


def _line_value(s: Subject, line: Line) -> Finding:
    y = s.as_rows(s.value(s.along(line.x[None])), 1)[0]
    return of_line(judge(s, "value", _paired(line.x, len(y)), y, line.value, line.value_size, ""), line.x)


def _line_gradients(s: Subject, line: Line) -> Iterator[Finding]:
    shape = s.value(s.along(line.x[None])).shape
    pulled = s.pull(s.along(line.x[None]), s.along(line.cotangent[None]).reshape(shape))
    for name, truth in line.gradients.items():
        got = s.as_rows(pulled[name], 1)[0] if name == "x" else pulled[name].reshape(-1)
        size = line.sizes[name]
        if s.kind == "axiswise" and name == "x":
            # A normalised line's gradient is a difference of terms of the size of y·grad, however small it is.
            size = size + np.abs(line.value.as_float() * line.cotangent)
        yield of_line(judge(s, "gradient", _paired(line.x, len(got)), got, truth, size, ".vjp"), line.x)


def size_of(a: Array, b: Array) -> Array:
    """|a·b|, as far as that is finite: the size of the terms where an argument's rounding counts."""
    with np.errstate(all="ignore"):
        return np.asarray(np.abs(np.nan_to_num(a * b)))


def _paired(x: Array, size: int) -> Array:
    # Every result needs some input to be named by; a line is named by its elements in turn.
    return np.resize(x, size)
