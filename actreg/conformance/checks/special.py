"""Special values: limits, NaN, signed zeros, kinks, subnormal numbers."""

from __future__ import annotations

import numpy as np

from actreg.conformance import ulp
from actreg.conformance.checks.accuracy import finite_rows, judge, lines_within
from actreg.conformance.checks.finding import Finding, joined, measured, of_line
from actreg.conformance.exact import from_floats
from actreg.conformance.formats import Array
from actreg.conformance.subject import Subject
from actreg.conformance.tables import PointTable
from actreg.conformance.tolerance import Direction


def limits(s: Subject) -> Finding:
    """At ±inf the value, the derivative and the gradient are the declared limits."""
    assert isinstance(s.table, PointTable)
    found = []
    directions: tuple[tuple[Direction, str], ...] = (
        ("value", ""),
        ("derivative", ".derivative"),
        ("gradient", ".vjp"),
    )
    for direction, call in directions:
        column = "value" if direction == "value" else "derivative"
        rows = np.isinf(s.table.inputs) & s.table.known[column]
        x, truth = s.table.inputs[rows], s.table.columns[column][rows]
        if direction == "gradient":
            got = s.pull(x, np.ones(len(x)))["x"]
        else:
            got = s.value(x) if direction == "value" else s.derivative(x)
        part = judge(s, direction, x, got, truth, np.zeros(len(x)), call)
        part.failed |= ulp.wrong_sign(got, truth)
        found.append(part)
    return joined(found)


def lines_special(s: Subject) -> Finding:
    """A line with infinities has its limit, without NaN where there is one."""
    found = []
    for line in lines_within(s):
        if not np.isfinite(line.x).all():
            y = s.as_rows(s.value(s.along(line.x[None])), 1)[0]
            part = judge(s, "value", np.resize(line.x, len(y)), y, line.value, line.value_size, "")
            found.append(of_line(part, line.x))
    return joined(found)


def kinks(s: Subject) -> Finding:
    """At a declared kink the derivative and the gradient are the declared one."""
    x = kinks_within(s)
    declared = np.array([s.case.laws.kinks[k] for k in x.tolist()])
    truth, none = from_floats(declared), np.zeros(len(x))
    pulled = s.pull(x, np.ones(len(x)))["x"]
    parts = [
        judge(s, "derivative", x, s.derivative(x), truth, none, ".derivative"),
        judge(s, "gradient", x, pulled, truth, none, ".vjp"),
    ]
    return joined(parts)


def kinks_within(s: Subject) -> Array:
    """The kinks of a declared slope that the dtype holds."""
    slopes = s.case.laws.kinks
    places = np.array(sorted(x for x, slope in slopes.items() if not np.isnan(slope)), dtype=np.float64)
    return np.asarray(places[s.fmt.holds(places)])


def nan(s: Subject) -> Finding:
    """NaN in gives NaN out, in the value, the derivative and the gradient, and nowhere else."""
    return _nan_points(s) if s.kind == "elementwise" else _nan_lines(s)


def nan_in_parameters(s: Subject) -> Finding:
    """NaN in gives NaN in the gradient of every parameter that acts on it; along lines, where a bias does not see x,
    of some parameter."""
    x = s.sample()
    x.reshape(-1)[x.size // 2] = np.nan
    y = s.value(x)
    gradients = s.pull(x, np.ones(y.shape))
    lost = [name for name in s.case.parameters if not np.isnan(gradients[name].astype(np.float64)).any()]
    if s.kind != "elementwise" and len(lost) < len(s.case.parameters):
        lost = []
    return Finding(inputs=np.array([np.nan]), broken=[f"the gradient of {name} is not NaN" for name in lost])


def signed_zero(s: Subject) -> Finding:
    """A zero has the declared sign at ±0, and the sign of what underflowed elsewhere."""
    assert isinstance(s.table, PointTable)
    rows = finite_rows(s, s.table)
    x, truth = s.table.inputs[rows], s.table.columns["value"][rows]
    got = s.value(x)
    # Beside a root terms cancel, to a zero of either sign: that is for the law of values to judge, nothing underflowed.
    underflowed = np.abs(truth.as_float()) < s.fmt.smallest_normal
    wrong = ulp.wrong_sign(got, truth) & underflowed
    return measured(x, got, truth, np.where(wrong, np.inf, 0.0), wrong)


def subnormals(s: Subject) -> Finding:
    """Numbers below the smallest normal one are kept, as inputs and as results; or are zeros, where the backend
    declares that it flushes them; or are nothing larger, where it leaves open what they are."""
    assert isinstance(s.table, PointTable)
    rows = s.table.within(s.dtype) & np.isfinite(s.table.inputs)
    x, truth = s.table.inputs[rows], s.table.columns["value"][rows]
    size = np.abs(truth.as_float())
    below = (size >= s.fmt.smallest) & (size < s.fmt.smallest_normal)
    rows = (np.abs(x) < s.fmt.smallest_normal) | below
    x, truth, below = x[rows], truth[rows], below[rows]
    got = s.value(x)
    found = np.abs(got.astype(np.float64))
    if s.flushes:
        wrong = found != 0 if s.subnormals == "flushed" else ~(found < s.fmt.smallest_normal)
        # Where the function jumps at 0, such an input may get what 0 gets.
        as_zero = (np.abs(x) < s.fmt.smallest_normal) & (got == s.value(np.zeros(1))[0])
        wrong &= below & ~as_zero
        return measured(x, got, truth, np.where(wrong, np.inf, 0.0), wrong)
    flushed = (found == 0) & (np.abs(truth.as_float()) >= s.fmt.smallest)
    return measured(x, got, truth, np.where(flushed, np.inf, 0.0), flushed)


def _nan_points(s: Subject) -> Finding:
    broken: list[str] = []
    for x in (s.sample(), s.sample()[:1]):
        flat = x.reshape(-1)
        flat[[0, flat.size // 2, -1]] = np.nan
        results = {"value": s.value(x), "derivative": s.derivative(x), "gradient": s.pull(x, np.ones(x.shape))["x"]}
        for name, result in results.items():
            if (np.isnan(result.astype(np.float64)) != np.isnan(x)).any():
                broken.append(f"the {name} is not NaN at NaN alone")
    return Finding(inputs=np.array([np.nan]), broken=sorted(set(broken)))


def _nan_lines(s: Subject) -> Finding:
    lines = s.lines(5)
    lines[2, 3] = np.nan
    x = s.along(lines)
    y = s.value(x)
    results = {"value": s.as_rows(y, 5)}
    if s.kind in ("axiswise", "gated"):
        results["gradient"] = s.as_rows(s.pull(x, np.ones(y.shape))["x"], 5)
    broken = []
    for name, result in results.items():
        found = np.asarray(np.isnan(result.astype(np.float64)).any(axis=1))
        if not found[2]:
            broken.append(f"no {name} of a line with a NaN in it is NaN")
        if found[[0, 1, 3, 4]].any():
            broken.append(f"a NaN reaches the {name} of other lines")
    return Finding(inputs=np.array([np.nan]), broken=broken)
