"""The suite bites: wrong implementations are caught, by the check that should catch them."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from pydantic import Field

import actreg
from actreg.conformance import check


class _Honest(actreg.Elementwise):
    """x·sigmoid(x), as a foreign plugin would write it."""

    info: ClassVar[Any] = actreg.Info(name="honest")

    def forward(self, xp, x):
        return xp.gate(x, xp.sigmoid(x))

    def reference(self, mp, x):
        return x / (1 + mp.exp(-x))

    def laws(self):
        return actreg.Laws(limits=(-0.0, float("inf")), at_zeros=(-0.0, 0.0), derivative_limits=(0.0, 1.0))


class _Naive(_Honest):
    """NaN at -inf."""

    info: ClassVar[Any] = actreg.Info(name="naive")

    def forward(self, xp, x):
        return x * xp.sigmoid(x)


class _Slope(_Honest):
    """A derivative that is off by a millionth."""

    info: ClassVar[Any] = actreg.Info(name="slope")

    def derivative(self, xp, x):
        s, slope = xp.sigmoid_pair(x)
        return (s + xp.gate(x, slope)) * 1.000001


class _Lossy(_Honest):
    """Computed by 1 - sigmoid(-x), which cancels in the tail."""

    info: ClassVar[Any] = actreg.Info(name="lossy")

    def forward(self, xp, x):
        return xp.gate(x, 1.0 - xp.sigmoid(-x))


class _Shifted(_Honest):
    """A reference that disagrees with the formula."""

    info: ClassVar[Any] = actreg.Info(name="shifted")

    def reference(self, mp, x):
        return x / (1 + mp.exp(-x)) + mp.mpf(2) ** -20


class _Sealed(_Honest):
    """Swallows NaN."""

    info: ClassVar[Any] = actreg.Info(name="sealed")

    def forward(self, xp, x):
        return xp.where(xp.isnan(x), 0.0, xp.gate(x, xp.sigmoid(x)))


class _Unsigned(_Honest):
    """Loses the sign of zero."""

    info: ClassVar[Any] = actreg.Info(name="unsigned")

    def forward(self, xp, x):
        return xp.gate(x, xp.sigmoid(x)) + 0.0


class _Boastful(_Honest):
    """Claims to rise everywhere."""

    info: ClassVar[Any] = actreg.Info(name="boastful")

    def laws(self):
        return actreg.Laws(monotone=True)


class _Ranged(_Honest):
    """Claims a range that it leaves."""

    info: ClassVar[Any] = actreg.Info(name="ranged")

    def laws(self):
        return actreg.Laws(range=(-0.25, float("inf")))


class _Odd(_Honest):
    """Claims to be odd."""

    info: ClassVar[Any] = actreg.Info(name="oddly")

    def laws(self):
        return actreg.Laws(symmetry="odd")


class _Long(_Honest):
    """Depends on the length of its array."""

    info: ClassVar[Any] = actreg.Info(name="long")

    def forward(self, xp, x):
        y = xp.gate(x, xp.sigmoid(x))
        return y * (1.0 + 1e-3) if getattr(x, "size", 1) > 5000 else y


class _Raising(_Honest):
    """Fails outright."""

    info: ClassVar[Any] = actreg.Info(name="raising")

    def forward(self, xp, x):
        raise ZeroDivisionError("by design")


class _Choosing(_Honest):
    """Its second choice is wrong: the suite must try it."""

    info: ClassVar[Any] = actreg.Info(name="choosing")
    flip: bool = Field(False, description="turned round")

    def forward(self, xp, x):
        y = xp.gate(x, xp.sigmoid(x))
        return y * 1.5 if self.flip else y


MUTANTS = [
    (_Naive, "limits"),
    (_Slope, "derivative"),
    (_Slope, "gradient"),
    (_Lossy, "value"),
    (_Shifted, "value"),
    (_Sealed, "nan"),
    (_Unsigned, "signed zero"),
    (_Boastful, "monotone"),
    (_Ranged, "range"),
    (_Odd, "symmetry"),
    (_Long, "length"),
    (_Raising, "value"),
    (_Choosing, "value"),
]


@pytest.mark.parametrize(("mutant", "by"), MUTANTS, ids=lambda v: v if isinstance(v, str) else v.__name__)
def test_a_mutant_is_caught(mutant, by):
    """The check that should catch it fails, and says what it expected."""
    failed = [r for r in check(mutant, actreg.Registry(), ["numpy"], ["float32"], [by]) if r.verdict == "fail"]
    assert failed
    assert failed[0].reason or (failed[0].expected and failed[0].got and failed[0].reproduction)


def test_an_honest_foreign_activation_passes_without_tables():
    """Truth is computed on the spot; without a derivative of its own it is differentiated."""
    records = check(_Honest, actreg.Registry(), ["numpy"], ["float32"])
    assert len(records) > 10
    assert [r.explain() for r in records if not r.ok] == []
