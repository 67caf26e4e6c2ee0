"""Errors in ulp: right among subnormals, at overflow, for NaN, and in every format."""

from __future__ import annotations

import numpy as np
import pytest

from actreg.conformance import ulp
from actreg.conformance.exact import from_floats, from_text
from actreg.conformance.formats import FORMATS

CASES = [
    ("float32", 1.0, "1", 0.0),
    ("float32", 1.0 + 2**-23, "1", 1.0),
    ("float32", 1.0, "1.00000005960464477539062500", 0.5),
    ("float32", 0.0, "tiny", 0.0),
    ("float32", 2.0**-149, "0", 1.0),
    ("float32", 0.0, "7.006492321624085e-46", 0.5),
    ("float16", 65504.0, "65520", 0.5),
    ("float16", np.inf, "65520", 0.0),
    ("float16", np.inf, "65504", 1.0),
    ("float16", np.inf, "huge", 0.0),
    ("bfloat16", 1.0, "1.00390625", 0.5),
    ("float64", 5e-324, "2.5e-324", 0.494),
    ("float64", np.inf, "inf", 0.0),
    ("float64", -np.inf, "inf", np.inf),
    ("float64", np.nan, "nan", 0.0),
    ("float64", np.nan, "1", np.inf),
    ("float64", 1.0, "nan", np.inf),
    ("float64", 1.7976931348623157e308, str(2**1024 - 2**971), 0.0),
]


@pytest.mark.parametrize(("fmt", "got", "truth", "expected"), CASES)
def test_error(fmt, got, truth, expected):
    """The error in ulp of the output's format at the unrounded truth."""
    array = np.array([got]).astype(FORMATS[fmt].dtype)
    found = ulp.error(array, from_text([truth]), FORMATS[fmt])[0]
    assert found == pytest.approx(expected, abs=2e-2) if np.isfinite(expected) else found == expected


@pytest.mark.parametrize("fmt", FORMATS)
def test_numbers_of_a_format_have_no_error_and_neighbours_one_ulp(fmt):
    """Every finite number is exact as itself; the next one is an ulp away."""
    form = FORMATS[fmt]
    x = np.array([form.smallest, form.smallest_normal, 1.25, 3.0, form.largest / 2])
    assert not ulp.error(x.astype(form.dtype), from_floats(x), form).any()
    assert (ulp.error(form.next(x, np.inf).astype(form.dtype), from_floats(x), form) == 1.0).all()


def test_wrong_sign_of_zero():
    """A declared zero has a sign, and what underflowed keeps its own; a plain 0 has none."""
    got = np.array([-0.0, 0.0, -0.0, 0.0], dtype=np.float32)
    wrong = ulp.wrong_sign(got, from_text(["0", "-0", "tiny", "+0"]))
    assert wrong.tolist() == [False, True, True, False]
