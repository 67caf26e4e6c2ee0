"""Declared laws: range, monotonicity, symmetry, and what holds along an axis."""

from __future__ import annotations

import numpy as np

from actreg.conformance.checks.finding import Finding, measured, same_bits
from actreg.conformance.exact import from_floats
from actreg.conformance.formats import Array
from actreg.conformance.subject import Subject
from actreg.conformance.tables import PointTable


def in_range(s: Subject) -> Finding:
    """Every value lies in the declared closed range, up to the rounding of its ends and to what is flushed."""
    lo, hi = s.case.laws.range
    x = s.table.inputs[s.table.within(s.dtype)] if isinstance(s.table, PointTable) else s.sample()
    y = s.value(x).astype(np.float64)
    room, least = 2.0 ** (1 - s.fmt.precision), s.fmt.smallest_normal if s.flushes else 0.0
    low = lo - abs(lo) * room - least if np.isfinite(lo) else lo
    high = hi + abs(hi) * room + least if np.isfinite(hi) else hi
    wrong = ((y < low) | (y > high)).reshape(-1)
    places = x.reshape(-1) if x.size == y.size else np.resize(x, y.size)
    nearest = np.clip(y.reshape(-1), low, high)
    return measured(places, y.reshape(-1), from_floats(nearest), np.where(wrong, np.inf, 0.0), wrong)


def monotone(s: Subject) -> Finding:
    """Where it is claimed: no value is below that of the next smaller number, over adjacent numbers of the dtype.

    In float64, with nothing wider to compute in, neighbours may fall by two ulp.
    """
    x = _adjacent(s)
    y = s.value(x).astype(np.float64)
    with np.errstate(all="ignore"):
        falls = np.append(False, -np.diff(y) > _slack(s) * np.spacing(np.abs(y[1:])))
    return measured(x, y, from_floats(np.maximum.accumulate(y)), np.where(falls, np.inf, 0.0), falls)


def symmetric(s: Subject) -> Finding:
    """Where it is claimed: f(-x) is -f(x) or f(x), to the bit; NaN on one side is NaN on the other."""
    assert isinstance(s.table, PointTable)
    x = s.table.inputs[s.table.within(s.dtype) & ~np.isnan(s.table.inputs)]
    y, mirrored = s.value(x), s.value(-x)
    other = -y if s.case.laws.symmetry == "odd" else y
    wide, across = other.astype(np.float64), mirrored.astype(np.float64)
    wrong = ((wide != across) | (np.signbit(wide) != np.signbit(across))) & ~(np.isnan(wide) & np.isnan(across))
    return measured(x, mirrored, from_floats(other.astype(np.float64)), np.where(wrong, np.inf, 0.0), wrong)


def derivative_from_output(s: Subject) -> Finding:
    """Where it is claimed: the derivative at f(x) is the one at x, as in-place training needs."""
    assert isinstance(s.table, PointTable)
    x = s.table.inputs[s.table.within(s.dtype) & np.isfinite(s.table.inputs)]
    y = s.value(x).astype(np.float64)
    # A number so small that its image is zero, or so large that it is infinite, has lost its sign or its size.
    kept = np.isfinite(y) & ((y != 0) | (x <= 0))
    x, y = x[kept], y[kept]
    here, there = s.derivative(x), s.derivative(y)
    wrong = here.astype(np.float64) != there.astype(np.float64)
    return measured(x, there, from_floats(here.astype(np.float64)), np.where(wrong, np.inf, 0.0), wrong, ".derivative")


def normalised(s: Subject) -> Finding:
    """Where it is claimed: a line, or its exponentials, sums to 1 along the axis, up to the rounding of its terms."""
    y = s.value(s.sample()).astype(np.float64)
    logarithmic = s.case.laws.normalises == "logsumexp"
    terms = np.exp(y) if logarithmic else y
    off = np.abs(terms.sum(axis=s.act.axis) - 1.0).max()
    # The exponential of a rounded logarithm is off by the logarithm's error.
    size = max(1.0, float(np.abs(y * terms).sum(axis=s.act.axis).max())) if logarithmic else 1.0
    allowed = size * y.shape[s.act.axis] * 2.0**-s.fmt.precision
    return Finding(broken=[f"a line sums to 1 ± {off:.3g}, not within {allowed:.3g}"] if off > allowed else [])


def shift_invariant(s: Subject) -> Finding:
    """Where it is claimed: a line shifted by a power of two that loses no bits gives the same bits."""
    x = np.round(s.sample() * 4) / 4
    x = np.clip(x, -15.75, 15.75)
    same = same_bits(s.value(x), s.value(x + 16.0))
    return Finding(broken=[] if same else ["f(x + 16) differs from f(x) although both inputs are exact"])


def permutes(s: Subject) -> Finding:
    """Where it is claimed: permuting a line permutes the result, up to two ulp of the sum's rounding."""
    x = s.sample()
    order = np.random.default_rng(5).permutation(x.shape[s.act.axis])
    ahead = np.take(s.value(x), order, s.act.axis).astype(np.float64)
    after = s.value(np.take(x, order, s.act.axis)).astype(np.float64)
    off = np.abs(ahead - after) > 2.0 ** (2 - s.fmt.precision) * np.abs(ahead) + s.fmt.smallest
    return Finding(broken=["a permuted line gives other values"] if off.any() else [])


def first_winner(s: Subject) -> Finding:
    """Where it is claimed: of equal inputs that a value is picked from, the first alone gets its gradient."""
    size = 12
    ties = np.ones((1, size))
    base = s.as_rows(s.value(s.along(ties)), 1)[0].astype(np.float64)
    raised = s.as_rows(s.value(s.along(ties + np.eye(size))), size).astype(np.float64)
    expected = np.zeros(size)
    for moves in (raised != base).T:
        expected[np.flatnonzero(moves)[:1]] += 1.0
    shape = s.value(s.along(ties)).shape
    got = s.as_rows(s.pull(s.along(ties), np.ones(shape))["x"], 1)[0].astype(np.float64)
    return Finding(broken=[] if np.array_equal(got, expected) else [f"ties give the gradient {got}, not {expected}"])


def gates(s: Subject) -> Finding:
    """Where the gate lies is all that ``gate`` says: halves swapped or interleaved to match give the same bits."""
    x = s.sample()
    axis, half = s.act.axis, x.shape[s.act.axis] // 2
    first, second = np.take(x, range(half), axis), np.take(x, range(half, 2 * half), axis)
    laid = {
        "first": x,
        "second": np.concatenate([second, first], axis=axis),
        "interleaved": _interleaved(first, second, axis),
    }
    results = {}
    for gate, array in laid.items():
        act = s.act.model_copy(update={"gate": gate})
        results[gate] = s.back(s.library.apply(act, s.native(array), s.parameters))
    wrong = [gate for gate, y in results.items() if not same_bits(y, results["first"])]
    return Finding(broken=[f"gate={gate!r} gives other bits on the same halves" for gate in wrong])


def _interleaved(first: Array, second: Array, axis: int) -> Array:
    shape = list(first.shape)
    shape[axis] *= 2
    found = np.empty(shape)
    index: list[slice] = [slice(None)] * found.ndim
    for start, half in ((0, first), (1, second)):
        index[axis] = slice(start, None, 2)
        found[tuple(index)] = half
    return found


def _adjacent(s: Subject) -> Array:
    assert isinstance(s.table, PointTable)
    x = s.table.inputs[s.table.within(s.dtype) & np.isfinite(s.table.inputs)]
    ladder = [x]
    for _ in range(8):
        ladder.append(s.fmt.next(ladder[-1], np.inf))
    found = np.unique(np.concatenate(ladder))
    return np.asarray(found[np.isfinite(found)])


def _slack(s: Subject) -> float:
    return 2.0 if s.dtype == "float64" else 0.0
