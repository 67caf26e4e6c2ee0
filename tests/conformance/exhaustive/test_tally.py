"""Counting errors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actreg.conformance import ulp
from actreg.conformance.exact import from_floats
from actreg.conformance.exhaustive.tally import Tally, errors, tally
from actreg.conformance.formats import FORMATS

FLOAT32 = FORMATS["float32"]


def counted(got, true, x=1.0, value=True):
    return tally(np.float32([x]), np.float32([got]), np.float64([true]), FLOAT32, value=value)


@given(
    got=st.floats(width=32, allow_nan=False),
    true=st.floats(allow_nan=False, allow_infinity=False),
    name=st.sampled_from(["float32", "bfloat16", "float16"]),
)
def test_errors_are_those_of_ulp(got, true, name):
    """The fast measure agrees with the careful one, overflow included."""
    fmt = FORMATS[name]
    given_ = fmt.round(np.array([got]))
    expected = ulp.error(given_.astype(fmt.dtype), from_floats(np.array([true])), fmt)
    if abs(true) <= 2.0 ** (fmt.emax + 1):
        np.testing.assert_allclose(errors(given_, np.array([true]), fmt), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("got", "true", "bins", "fields"),
    [
        (1.0, 1.0, 0, {"max_ulp": 0.5, "worst_bits": -1}),
        (1.0, 1.0 + 2.0**-25, 0, {"max_ulp": 0.5}),
        (1.0 + 2.0**-23, 1.0, 2, {"max_ulp": 1.0, "worst_bits": 0x3F800000}),
        (1.0 + 2.0**-22, 1.0, 3, {"max_ulp": 2.0}),
        (math.inf, 3e38, 5, {"not_inf": 1}),
        (math.inf, 1e300, 0, {"not_inf": 0}),
        (3e38, math.inf, 5, {"not_inf": 1}),
        (-1.0, 1.0, 5, {"sign": 1}),
        (-0.0, 1e-60, 0, {"sign": 1}),
        (-0.0, 0.0, 0, {"sign": 0}),
    ],
)
def test_one_error_is_counted_where_it_belongs(got, true, bins, fields):
    """The histogram's bin, the largest error and its input, infinities and signs."""
    found = counted(got, true)
    assert found.count == 1
    assert found.bins[bins] == 1
    assert {name: getattr(found, name) for name in fields} == fields


def test_a_nan_hides_no_error():
    """NaN for a number and a number for NaN are counted apart."""
    x = np.float32([1, 2, 3, 4])
    got = np.float32([math.nan, 2, math.nan, 9])
    found = tally(x, got, np.array([1.0, math.nan, math.nan, 4.0]), FLOAT32, value=True)
    assert (found.not_nan, found.count, found.worst_bits) == (2, 4, int(np.float32(4).view(np.uint32)))


def test_the_sign_of_zero_counts_at_zero_for_values_alone():
    """silu(-0.0) is -0.0; the sign of a derivative's zero is free."""
    assert counted(0.0, -0.0, x=-0.0).sign == 1
    assert counted(0.0, -0.0, x=-0.0, value=False).sign == 0


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(0.5, 9), st.integers(-1, 99)), min_size=2, max_size=6))
def test_merging_does_not_depend_on_the_order(parts):
    """Any order gives the same tally."""
    made = [Tally((n, 0, 0, 0, 0, 1), size, bits) for n, size, bits in parts]
    forwards, backwards = Tally(), Tally()
    for one, other in zip(made, reversed(made), strict=True):
        forwards, backwards = forwards.merge(one), backwards.merge(other)
    assert forwards == backwards
    assert Tally.from_dict(forwards.as_dict()) == forwards
