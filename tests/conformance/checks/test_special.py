"""Signed zeros: what underflows keeps its sign, what cancels beside a root need not."""

from __future__ import annotations

import pytest

import actreg
from actreg.conformance import check


class Thirds(actreg.Elementwise):
    """3x - 1, which is exactly 0 at the number nearest to 1/3 although the truth is -5.6e-17."""

    info = actreg.Info(name="thirds")

    def forward(self, xp, x):
        return 3.0 * x - 1.0

    def reference(self, mp, x):
        return 3 * x - 1


class Flipped(actreg.Elementwise):
    """exp(-x²), which underflows to -0."""

    info = actreg.Info(name="flipped")

    def forward(self, xp, x):
        y = xp.exp(-x * x)
        return xp.where(y == 0.0, -0.0, y)

    def reference(self, mp, x):
        return mp.exp(-x * x)


@pytest.mark.parametrize(("cls", "passes"), [(Thirds, True), (Flipped, False)])
def test_a_zero_has_the_sign_of_what_underflowed(cls, passes):
    """Beside a root the law of values judges, and passes; the sign of a tail is held to."""
    by = {r.check: r for r in check(cls, backends=["numpy"], dtypes=["float64"], checks=["value", "signed zero"])}
    assert by["value"].ok
    assert by["signed zero"].ok == passes
