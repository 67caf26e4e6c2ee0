"""How good the fast truth itself is, measured against arbitrary precision.

Requirements: beside the tables' points, tens of thousands of hard ones; in ulp of float32 at the true value, of which
a thousandth is the most that is admitted; infinities, NaN and kinks included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from actreg.conformance import ulp
from actreg.conformance.cases import Case
from actreg.conformance.exhaustive import truth
from actreg.conformance.exhaustive.points import hard_points
from actreg.conformance.exhaustive.precise import Precise
from actreg.conformance.formats import FORMATS, Array
from actreg.conformance.tables import PointTable, table_of

LIMIT: Final = 1e-3
"""In ulp of float32: what a sweep's verdicts (0.51, 1) don't see."""


@dataclass(frozen=True)
class Certificate:
    """The largest errors of the fast truth, in ulp of float32. points: how many were compared."""

    points: int
    value_ulp: float
    derivative_ulp: float

    @property
    def good(self) -> bool:
        """Whether both are within LIMIT."""
        return max(self.value_ulp, self.derivative_ulp) <= LIMIT


def certify(case: Case, count: int = 20_000, seed: int = 0) -> Certificate:
    """Compares the fast truth of a case with its table and with about `count` hard points. Needs mpmath or gmpy2."""
    fmt = FORMATS["float32"]
    precise = Precise(case.act, case.scalars or {})
    x = hard_points(precise, fmt, count, seed)
    value, slope = truth.evaluate(case.act, x)
    pairs = [(value, precise.values(x)), (slope, precise.derivatives(x))]
    table = table_of(case)
    assert isinstance(table, PointTable)
    found = [float(np.max(ulp.error(ours, theirs, fmt))) for ours, theirs in pairs]
    for place, column in enumerate(("value", "derivative")):
        rows = table.within("float32") & table.known[column]
        ours = truth.evaluate(case.act, table.inputs[rows])[place]
        found[place] = max(found[place], float(np.max(ulp.error(ours, table.columns[column][rows], fmt))))
    return Certificate(len(x) + int(np.count_nonzero(table.within("float32"))), *found)


def worst(case: Case, x: Array) -> tuple[Any, Any]:
    """The errors at each point, for looking closer."""
    precise, fmt = Precise(case.act, case.scalars or {}), FORMATS["float32"]
    value, slope = truth.evaluate(case.act, x)
    return ulp.error(value, precise.values(x), fmt), ulp.error(slope, precise.derivatives(x), fmt)
