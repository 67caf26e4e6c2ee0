"""Invariance: a value depends on its own inputs, and on nothing else that a call could vary."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from actreg.conformance.checks.finding import Finding, same_bits
from actreg.conformance.formats import Array
from actreg.conformance.subject import Subject

_CUTS = [(0, n) for n in (*range(1, 66), 8191, 8192, 8193)] + [(k, k + 100) for k in (1, 3, 7, 8191)]
_FEW = [(0, n) for n in (1, 2, 3, 7, 15, 17, 31, 33, 65, 8191, 8193)]


def length(s: Subject) -> Finding:
    """A value does not depend on the length of its array, from 1 to 65 and around blocks, nor on its offset in it."""
    if not s.pointwise:
        return _batches(s)
    x = s.sample(20_000)
    native = s.native(x)
    whole = s.back(s.native_value(native))
    wrong = [f"[{a}:{b}]" for a, b in _CUTS if not same_bits(s.value(x[a:b]), whole[a:b])]
    # A view keeps the address, so that vectors begin at every offset.
    views = [(k, k + 65) for k in range(1, 17)]
    wrong += [
        f"[{a}:{b}] as a view" for a, b in views if not same_bits(s.back(s.native_value(native[a:b])), whole[a:b])
    ]
    return _told(wrong, "value")


def length_of_gradients(s: Subject) -> Finding:
    """Nor does a gradient with respect to x."""
    if not s.pointwise:
        return _batches(s, gradient=True)
    x = s.sample(20_000)
    grad = np.where(np.arange(len(x)) % 2 == 0, 1.0, -0.5)
    whole = s.pull(x, grad)["x"]
    wrong = [f"[{a}:{b}]" for a, b in _FEW if not same_bits(s.pull(x[a:b], grad[a:b])["x"], whole[a:b])]
    return _told(wrong, "gradient")


def threads(s: Subject) -> Finding:
    """The number of threads that the library computes with changes no bit, in value and gradient.

    Scope: the first configurations of each activation, on more elements than a library computes by one thread.
    """
    if "threads" not in s.library.capabilities:
        return Finding(skipped="threads")
    x = s.sample(66_003) if s.pointwise else s.along(s.lines(9_001))
    results: dict[int, tuple[Array, Array]] = {}
    for count in (1, 2):
        with s.library.threads(count):
            y = s.value(x)
            results[count] = y, s.pull(x, np.ones(y.shape))["x"]
    broken = [
        f"the {what} with 2 threads has other bits than with 1"
        for k, what in enumerate(("value", "gradient"))
        if not same_bits(results[2][k], results[1][k])
    ]
    return Finding(broken=broken)


def deterministic(s: Subject) -> Finding:
    """The same call gives the same bits, in value and gradient, also after other calls."""
    x = s.sample()
    y = s.value(x)
    grad = np.ones(y.shape)
    first = s.pull(x, grad)["x"]
    s.value(-x)
    s.pull(-x, -grad)
    broken = [] if same_bits(s.value(x), y) else ["the same call gave other bits"]
    return Finding(broken=broken + ([] if same_bits(s.pull(x, grad)["x"], first) else ["its gradient had other bits"]))


def concurrent(s: Subject) -> Finding:
    """One instance called from eight threads, each with inputs of its own, gives each the bits it would get alone."""
    inputs = [s.fmt.round(s.sample() * (1.0 + k / 8)) for k in range(8)]

    def both(x: Array) -> tuple[Any, Any]:
        y = s.value(x)
        return y, s.pull(x, np.ones(y.shape))["x"]

    alone = [both(x) for x in inputs]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda k: both(inputs[k % 8]), range(16)))
    wrong = sum(not (same_bits(a, alone[k % 8][0]) and same_bits(b, alone[k % 8][1])) for k, (a, b) in enumerate(found))
    return Finding(broken=[f"{wrong} of 16 calls from eight threads gave other bits"] if wrong else [])


def _batches(s: Subject, *, gradient: bool = False) -> Finding:
    """Along other axes than its own an activation is split as one likes."""
    lines = s.lines(3_000)

    def rows(part: Array) -> Array:
        x = s.along(part)
        y = s.value(x)
        return s.as_rows(s.pull(x, np.ones(y.shape))["x"] if gradient else y, len(part))

    whole = rows(lines)
    cuts = [(0, n) for n in (1, 2, 3, 5, 8, 17, 64, 1365, 1366)] + [(7, 9), (2_999, 3_000)]
    wrong = [f"lines [{a}:{b}]" for a, b in cuts if not same_bits(rows(lines[a:b]), whole[a:b])]
    return _told(wrong, "gradient" if gradient else "value")


def _told(wrong: list[str], what: str) -> Finding:
    return Finding(broken=[f"the {what} of {', '.join(wrong[:5])} has other bits than in the whole"] if wrong else [])
