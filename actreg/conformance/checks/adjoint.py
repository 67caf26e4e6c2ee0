"""Pullbacks judged without a table: by dual numbers, and by finite differences.

Requirements:

- For every kind, x and every parameter, at ordinary points away from kinks.
- The bound follows from how the judge errs, not from what was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from actreg.backends.numpy.namespace import XP
from actreg.conformance.checks.finding import Finding
from actreg.conformance.formats import Array
from actreg.conformance.subject import Subject
from actreg.formula import interpret
from actreg.formula.dual import Dual, plain, tangent
from actreg.formula.dual_lines import LineDualNamespace

Arrays = Mapping[str, Array]
_STEP = 2.0**-8
_SPAN = 8.0 * _STEP
_LEVELS = 5


def dot_product(s: Subject) -> Finding:
    """The pullback is the adjoint of the derivative: ⟨J·v, u⟩ = ⟨v, Jᵀ·u⟩ for x and every parameter, J·v being that of
    the formula on dual numbers in float64."""
    given = _point(s)
    grad, moves = _directions(s, given)
    broken = []
    for name in given:
        moved, size = _along(s, given, {name: moves[name]})
        known = np.isfinite(moved)
        if 2 * int(known.sum()) < known.size:
            broken.append(f"for {name}, dual numbers give no number at most points")
            continue
        # Where the judge overflows there is no judgement, so nothing comes back from there either.
        moved, size, grad = (np.where(known, array, 0.0) for array in (moved, size, grad))
        pulled = s.pull(given["x"], grad)
        back = moves[name] * pulled[name].astype(np.float64)
        terms = float(np.abs(grad * size).sum())
        # Each gradient was rounded once to the dtype; its sums were in float64 or, by a vendor, in the dtype.
        own = 2.0**-s.fmt.precision if s.provider == "vendor" or s.dtype == "float64" else 2.0**-44
        allowed = 2.0 * 2.0**-s.fmt.precision * float(np.abs(back).sum()) + 8.0 * own * terms
        allowed += back.size * s.fmt.smallest
        off = abs(float((grad * moved).sum()) - float(back.sum()))
        if not off <= allowed:
            broken.append(f"for {name}, ⟨J·v, u⟩ and ⟨v, Jᵀ·u⟩ differ by {off:.3g}, more than {allowed:.3g}")
    return Finding(broken=broken)


def finite_differences(s: Subject) -> Finding:
    """In float64 the pullback is what central differences of the value converge to, for x and every parameter.

    Bound: Richardson's table from five steps of 2^-8·2^-k ends with the difference of its last two entries as its own
    error; to that come the rounding of the values, 8 ulp over the smallest step, and a millionth.
    """
    given = _point(s)
    grad, moves = _directions(s, given)
    pulled = s.pull(given["x"], grad)
    broken = []
    for name in given:

        def value(t: float, name: str = name) -> float:
            moved = {**given, name: given[name] + t * moves[name]}
            return float((grad * _value(s, moved)).sum())

        found, error = richardson(value)
        size = float(np.abs(grad * _value(s, given)).sum())
        allowed = error + 8.0 * size * 2.0**-52 / (_STEP * 2.0 ** (1 - _LEVELS)) + 1e-6 * (1.0 + abs(found))
        off = abs(found - float((moves[name] * pulled[name].astype(np.float64)).sum()))
        if not off <= allowed:
            broken.append(f"for {name}, differences give {found!r}, the pullback is off by {off:.3g} > {allowed:.3g}")
    return Finding(broken=broken)


def richardson(value: Callable[[float], float]) -> tuple[float, float]:
    """The derivative at 0 by central differences of halved steps, extrapolated, and the estimate of its error.

    L. F. Richardson, 1911, doi:10.1098/rsta.1911.0009.
    """
    rows: list[list[float]] = []
    for level in range(_LEVELS):
        h = _STEP * 2.0**-level
        row = [(value(h) - value(-h)) / (2.0 * h)]
        for k, before in enumerate(rows[-1] if rows else ()):
            row.append(row[k] + (row[k] - before) / (4.0 ** (k + 1) - 1.0))
        rows.append(row)
    return rows[-1][-1], abs(rows[-1][-1] - rows[-2][-1]) + abs(rows[-1][-1] - rows[-1][-2])


def _point(s: Subject) -> dict[str, Array]:
    """x and the parameters, x moved away from kinks by more than any step goes."""
    x = s.sample()
    if s.kind == "elementwise":
        for kink in s.case.laws.kinks:
            near = np.abs(x - kink) < _SPAN
            x = np.where(near, kink + np.copysign(2.0 * _SPAN, x - kink), x)
    elif s.kind in ("expanding", "projection"):
        # No two values tie, or come near it.
        x = (np.argsort(np.argsort(x.reshape(-1))).reshape(x.shape) - x.size // 2) / 8.0
    return {"x": s.fmt.round(x), **s.case.parameters}


def _directions(s: Subject, given: Arrays) -> tuple[Array, dict[str, Array]]:
    """An incoming gradient, and one direction for each variable: nothing constant, signs mixed, exact in eight bits."""
    shape = s.value(given["x"]).shape

    def pattern(size: tuple[int, ...], step: int) -> Array:
        k = np.arange(int(np.prod(size))) * step
        return np.asarray(((1.0 + (k % 7) / 8.0) * np.where(k % 3 == 1, -1.0, 1.0)).reshape(size))

    return pattern(shape, 5), {name: pattern(array.shape, 11) for name, array in given.items()}


def _value(s: Subject, given: Arrays) -> Array:
    extras = {name: s.native(array) for name, array in given.items() if name != "x"}
    return s.back(s.library.apply(s.act, s.native(given["x"]), extras)).astype(np.float64)


def _along(s: Subject, given: Arrays, moves: Arrays) -> tuple[Array, Array]:
    """The derivative of the value along the moves, and along their magnitudes, by dual numbers in float64."""
    results = []
    for sign in (1, 0):
        lifted = {
            name: Dual(XP, array, (moves[name] if sign else np.abs(moves[name])) if name in moves else 0.0 * array)
            for name, array in given.items()
        }
        x = lifted.pop("x")
        with np.errstate(all="ignore"):
            y = interpret.value(s.act, LineDualNamespace(XP), x, lifted)
        results.append(np.broadcast_to(tangent(y), plain(y).shape))
    return results[0], np.abs(results[1])
