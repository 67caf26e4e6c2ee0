"""Sums, products and quotients in two parts."""

from __future__ import annotations

import math
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from actreg.activations.compensated import has_spare, quotient, two_product, two_sum
from actreg.backends.numpy.namespace import SPARE, XP

NUMBERS = st.floats(-1e60, 1e60).filter(lambda x: x == 0.0 or abs(x) > 1e-60)
NOT_ZERO = NUMBERS.filter(bool)


@given(NUMBERS, NUMBERS)
def test_a_sum_and_a_product_lose_nothing(a, b):
    """Both parts together are the exact result, and the first is the rounded one."""
    total, lost = two_sum(a, b)
    assert total == a + b
    assert Fraction(total) + Fraction(lost) == Fraction(a) + Fraction(b)
    product, lost = two_product(a, b)
    assert product == a * b
    assert Fraction(product) + Fraction(lost) == Fraction(a) * Fraction(b)


@given(NOT_ZERO, NOT_ZERO, st.floats(-1, 1), st.floats(-1, 1))
def test_a_quotient_of_two_parts_is_rounded_little_more_than_once(a, b, a_share, b_share):
    """0.501 ulp, the rests being up to an ulp of what they belong to."""
    a_rest, b_rest = a_share * math.ulp(a), b_share * math.ulp(b)
    exact = (Fraction(a) + Fraction(a_rest)) / (Fraction(b) + Fraction(b_rest))
    found = quotient(a, a_rest, b, b_rest)
    # Beside a power of two the ulp of one side is twice the other's.
    assert abs(Fraction(found) - exact) <= Fraction(501, 1000) * Fraction(math.ulp(found))


def test_only_a_wider_computation_has_bits_to_spare():
    """float64 has none; what is rounded to float32 afterwards has; other libraries say nothing."""
    assert not has_spare(XP)
    assert has_spare(SPARE)
    assert not has_spare(math)
