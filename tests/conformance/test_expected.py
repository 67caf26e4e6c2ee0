"""Announced failures: they must happen, must have a reason, and must name something."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

import actreg
from actreg.conformance import check
from actreg.conformance.expected import ExpectationError


class Loud(actreg.Elementwise):
    """A range that it leaves."""

    info: ClassVar[Any] = actreg.Info(name="loud")

    def forward(self, xp, x):
        return 2.0 * x

    def reference(self, mp, x):
        return 2 * x

    def laws(self):
        return actreg.Laws(range=(-1.0, 1.0))


def _verdicts(expected: dict[str, str], dtypes: tuple[str, ...] = ("float32",)) -> dict[str, str]:
    found = check(Loud, actreg.Registry(), ["numpy"], dtypes, ["range", "nan"], expected=expected)
    return {str(r).removeprefix("loud on numpy in "): r.verdict for r in found}


def test_an_announced_failure_is_no_failure():
    """By the check's name, the record's, or a pattern; the rest is as it was."""
    assert _verdicts({}) == {"float32: range": "fail", "float32: nan": "pass"}
    for key in ("range", "loud on numpy in float32: range", "loud on * in *: ran*"):
        assert _verdicts({key: "by design"}) == {"float32: range": "expected", "float32: nan": "pass"}
    narrow = _verdicts({"* in float16: range": "by design"}, ("float16", "float32"))
    assert (narrow["float16: range"], narrow["float32: range"]) == ("expected", "fail")


def test_an_unexpected_success_fails():
    """It says which entry to remove."""
    (record,) = check(Loud, actreg.Registry(), ["numpy"], ["float32"], ["nan"], expected={"nan": "upstream"})
    assert record.verdict == "fail"
    assert "upstream" in record.reason
    assert not record.ok


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"rnge": "x"}, "did you mean 'range'"),
        ({"shift": "x"}, "no check of this run"),
        ({"nan": ""}, "needs a reason"),
    ],
)
def test_an_unmatched_or_reasonless_entry_is_an_error(expected, message):
    """Before anything runs."""
    with pytest.raises(ExpectationError, match=message):
        _verdicts(expected)
