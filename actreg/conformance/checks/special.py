"""Special values: limits, NaN, signed zeros, subnormal numbers."""

from __future__ import annotations

import numpy as np

from actreg.conformance import ulp
from actreg.conformance.checks.accuracy import finite_rows, judge, lines_within
from actreg.conformance.checks.finding import Finding, joined, measured
from actreg.conformance.subject import Subject
from actreg.conformance.tables import PointTable


def limits(s: Subject) -> Finding:
    """At ±inf the value and the derivative are the declared limits."""
    assert isinstance(s.table, PointTable)
    found = []
    for name, act in (("value", s.value), ("derivative", s.derivative)):
        rows = np.isinf(s.table.inputs) & s.table.known[name]
        x, truth = s.table.inputs[rows], s.table.columns[name][rows]
        got = act(x)
        part = judge(s, "value" if name == "value" else "derivative", x, got, truth, np.zeros(len(x)), "")
        part.failed |= ulp.wrong_sign(got, truth)
        found.append(part)
    return joined(found)


def nan(s: Subject) -> Finding:
    """NaN in gives NaN out, in the value, the derivative and the gradient, and nowhere else."""
    x = s.sample()
    flat = x.reshape(-1)
    flat[flat.size // 2] = np.nan
    broken = []
    y = s.value(x).astype(np.float64)
    gradient = s.pull(x, np.ones(y.shape))["x"].astype(np.float64)
    if s.kind == "elementwise":
        results = {"value": y, "derivative": s.derivative(x).astype(np.float64), "gradient": gradient}
        wrong = [name for name, result in results.items() if (np.isnan(result) != np.isnan(x)).any()]
        broken = [f"the {name} is not NaN at NaN alone" for name in wrong]
    elif not np.isnan(y).any():
        broken = ["no result of a line with a NaN in it is NaN"]
    return Finding(inputs=np.array([np.nan]), broken=broken)


def signed_zero(s: Subject) -> Finding:
    """A zero has the declared sign at ±0, and the sign of what underflowed elsewhere."""
    assert isinstance(s.table, PointTable)
    rows = finite_rows(s, s.table)
    x, truth = s.table.inputs[rows], s.table.columns["value"][rows]
    got = s.value(x)
    wrong = ulp.wrong_sign(got, truth)
    return measured(x, got, truth, np.where(wrong, np.inf, 0.0), wrong)


def subnormals(s: Subject) -> Finding:
    """Subnormal inputs and results are kept, not flushed to zero."""
    assert isinstance(s.table, PointTable)
    rows = finite_rows(s, s.table)
    x, truth = s.table.inputs[rows], s.table.columns["value"][rows]
    size = np.abs(truth.as_float())
    kept = (np.abs(x) < s.fmt.smallest_normal) | ((size >= s.fmt.smallest) & (size < s.fmt.smallest_normal))
    x, truth = x[kept], truth[kept]
    got = s.value(x)
    flushed = (got.astype(np.float64) == 0) & (np.abs(truth.as_float()) >= s.fmt.smallest)
    return measured(x, got, truth, np.where(flushed, np.inf, 0.0), flushed)


def lines_special(s: Subject) -> Finding:
    """A line with infinities has its limit, without NaN where there is one."""
    found = []
    for line in lines_within(s):
        if not np.isfinite(line.x).all():
            y = s.as_rows(s.value(s.along(line.x[None])), 1)[0]
            found.append(judge(s, "value", np.resize(line.x, len(y)), y, line.value, line.value_size, ""))
    return joined(found)
